#include "report/catalogue_entries.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <variant>
#include <vector>

#include "data/data_spec.h"
#include "experiment/config_json.h"
#include "experiment/layer_types.h"
#include "init/scheme.h"
#include "nn/activation.h"
#include "report/columns.h"
#include "report/compare_tables.h"
#include "report/run_columns.h"
#include "train/optimizer.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

template <class Number>
Json known(const std::optional<Number>& number) {
  return number ? Json(*number) : Json(nullptr);
}

std::string_view class_name(SchemeClass scheme_class) {
  switch (scheme_class) {
    case SchemeClass::plain: return "plain";
    case SchemeClass::architecture_aware: return "architecture-aware";
    case SchemeClass::data_dependent: return "data-dependent";
    case SchemeClass::optimization_based: return "optimization-based";
  }
  throw std::logic_error("a class of schemes without a name");
}

/// What a form asks for.
std::string_view parameter_kind(const SchemeParameter& parameter) {
  if (parameter.text) return "text";
  if (parameter.choices.empty()) return parameter.integer ? "integer" : "number";
  return parameter.number_allowed ? "number or choice" : "choice";
}

Json parameter_entry(const SchemeParameter& parameter) {
  const auto as_json = [](const auto& value) { return Json(value); };
  const Json default_value = std::visit(as_json, parameter.default_value);
  return {{"name", parameter.name},
          {"summary", parameter.summary},
          {"kind", parameter_kind(parameter)},
          {"required", parameter.required},
          {"default", parameter.required ? Json(nullptr) : default_value},
          {"number_allowed", parameter.number_allowed},
          {"integer", parameter.integer},
          {"minimum", known(parameter.minimum)},
          {"exclusive_minimum", parameter.exclusive_minimum},
          {"maximum", known(parameter.maximum)},
          {"choices", parameter.choices},
          {"aliases", parameter.aliases}};
}

std::string_view fitting_layers(WeightShape shape) {
  switch (shape) {
    case WeightShape::any: return "any";
    case WeightShape::matrix: return "dense";
    case WeightShape::kernel: return "convolution";
  }
  throw std::logic_error("a shape of weights without a name");
}

Json scheme_entries() {
  Json entries = Json::array();
  for (const Scheme& scheme : scheme_table()) {
    Json parameters = Json::array();
    for (const SchemeParameter& parameter : scheme.parameters) {
      parameters.push_back(parameter_entry(parameter));
    }
    std::vector<std::string_view> tensors;
    if (scheme.for_weights) tensors.emplace_back("weights");
    if (scheme.for_biases) tensors.emplace_back("biases");
    entries.push_back({{"name", scheme.name},
                       {"aliases", scheme.aliases},
                       {"class", class_name(scheme.scheme_class)},
                       {"for", tensors},
                       {"layers", fitting_layers(scheme.weight_shape)},
                       {"brings_biases", scheme.brings_biases},
                       {"summary", scheme.summary},
                       {"formula", scheme.formula},
                       {"parameters", parameters},
                       {"source", scheme.source}});
  }
  return entries;
}

Json activation_entries() {
  Json entries = Json::array();
  for (const ActivationRow& row : activation_table()) {
    Json parameters = Json::array();
    if (!row.parameter.empty()) {
      parameters.push_back({{"name", row.parameter}, {"default", row.default_parameter}});
    }
    entries.push_back({{"name", row.name},
                       {"aliases", row.aliases},
                       {"formula", row.formula},
                       {"parameters", parameters},
                       {"lower_bound", known(row.lower)},
                       {"upper_bound", known(row.upper)},
                       {"torch_gain", known(row.torch_gain(row.default_parameter))},
                       {"source", row.source}});
  }
  return entries;
}

/// The keys of each type of layer, as the schema has them: "type" itself is left out.
Json layer_keys(const Json& layer_schema) {
  Json keys = Json::array();
  for (const auto& [key, description] : layer_schema.at("properties").items()) {
    if (key != "type") keys.push_back(key);
  }
  return keys;
}

Json layer_entries() {
  const Json schema = config_schema();
  const Json& layer_schemas = schema.at("$defs").at("layer").at("oneOf");
  Json entries = Json::array();
  for (const LayerType& type : layer_type_table()) {
    entries.push_back({{"name", type.name},
                       {"prefix", type.prefix},
                       {"parametrised", type.parametrised},
                       {"summary", type.summary},
                       {"keys", layer_keys(layer_schemas.at(entries.size()))}});
  }
  return entries;
}

Json dataset_entries() {
  Json entries = Json::array();
  for (const DatasetRow& row : dataset_table()) {
    entries.push_back({{"name", row.name},
                       {"summary", row.summary},
                       {"source", row.synthetic ? "generated" : "IDX files"},
                       {"task", row.classification ? "classification" : "regression"},
                       {"images", row.images},
                       {"features", known(row.features)},
                       {"classes", known(row.classes)},
                       {"noise", known(row.noise)},
                       {"image_size", known(row.image_size)},
                       {"train_size", row.train_size > 0 ? Json(row.train_size) : Json(nullptr)},
                       {"test_size", row.test_size > 0 ? Json(row.test_size) : Json(nullptr)}});
  }
  return entries;
}

Json optimizer_entries() {
  Json entries = Json::array();
  for (const OptimizerRow& row : optimizer_table()) {
    entries.push_back({{"name", row.name}, {"formula", row.formula}, {"source", row.source}});
  }
  return entries;
}

template <class Row>
void add_columns(std::string_view file, std::span<const Column<Row>> columns, Json& entries) {
  for (const Column<Row>& column : columns) {
    entries.push_back({{"name", column.name}, {"file", file}, {"summary", column.documentation}});
  }
}

Json statistic_entries() {
  Json entries = Json::array();
  add_columns("layers.csv", layer_columns(), entries);
  add_columns("spectra.csv", spectrum_columns(), entries);
  add_columns("curves.csv", curve_columns(), entries);
  add_columns("compare.csv", scheme_columns(), entries);
  add_columns("compare_pairs.csv", pair_columns(), entries);
  add_columns("merged/runs.csv", run_identity_columns(), entries);
  add_columns("merged/runs.csv", run_figure_columns(), entries);
  add_columns("merged/runs.csv", run_time_columns(), entries);
  add_columns("theory.csv", theory_columns(), entries);
  return entries;
}

constexpr std::array kSubjects{
    CatalogueSubject{"schemes", scheme_entries},
    CatalogueSubject{"activations", activation_entries},
    CatalogueSubject{"layers", layer_entries},
    CatalogueSubject{"datasets", dataset_entries},
    CatalogueSubject{"optimizers", optimizer_entries},
    CatalogueSubject{"statistics", statistic_entries},
};

}  // namespace

std::span<const CatalogueSubject> catalogue_subject_table() { return kSubjects; }

}  // namespace initbench
