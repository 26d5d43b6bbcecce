#include "report/catalogue.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "base/errors.h"
#include "base/suggest.h"
#include "data/data_spec.h"
#include "experiment/config_json.h"
#include "experiment/layer_types.h"
#include "init/scheme.h"
#include "nn/activation.h"
#include "report/cell_table.h"
#include "report/columns.h"
#include "report/csv.h"
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
  add_columns("curves.csv", curve_columns(), entries);
  return entries;
}

/// What can be listed. Entries are objects with the same keys, `name` first.
struct Subject {
  std::string_view name;
  Json (*entries)();
};

constexpr std::array kSubjects{
    Subject{"schemes", scheme_entries},       Subject{"activations", activation_entries},
    Subject{"layers", layer_entries},         Subject{"datasets", dataset_entries},
    Subject{"optimizers", optimizer_entries}, Subject{"statistics", statistic_entries},
};

/// "mode = fan_in (fan_in | fan_out)".
std::string parameter_text(const Json& parameter);

/// A value in words; empty for nothing and for "no".
std::string value_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "";
  if (value.is_number_float()) return cell(value.get<double>());
  if (value.is_object()) return parameter_text(value);
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& element : value) {
    if (!text.empty()) text += ", ";
    text += value_text(element);
  }
  return text;
}

std::string parameter_text(const Json& parameter) {
  std::string text = value_text(parameter.at("name"));
  if (parameter.value("required", false)) return text + " (required)";
  text += " = " + value_text(parameter.at("default"));
  if (!parameter.contains("choices") || parameter["choices"].empty()) return text;
  std::string choices = parameter.at("number_allowed").get<bool>() ? "a number" : "";
  bool activations = false;  // all of them are one entry
  for (const Json& choice : parameter.at("choices")) {
    const bool is_activation = find_activation(value_text(choice)) != nullptr;
    if (is_activation && std::exchange(activations, true)) continue;
    choices += choices.empty() ? "" : " | ";
    choices += is_activation ? "an activation" : value_text(choice);
  }
  return text + " (" + choices + ")";
}

/// "key   words", the words broken into lines that all begin in the same column.
std::string wrapped_entry(std::string_view key, std::string_view words) {
  constexpr std::size_t kWordsColumn = 18;
  constexpr std::size_t kLineLength = 100;
  std::string text = "    ";
  text.append(key).append(" ");
  std::size_t column = text.size();
  if (column < kWordsColumn) {
    text.append(kWordsColumn - column, ' ');
    column = kWordsColumn;
  }
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::string_view word = words.substr(begin, words.find(' ', begin) - begin);
    if (begin > 0 && column + 1 + word.size() > kLineLength) {
      text.append("\n").append(kWordsColumn, ' ');
      column = kWordsColumn;
    } else if (begin > 0) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
    begin += word.size() + 1;
  }
  return text += '\n';
}

std::string as_text(const Subject& subject) {
  std::string text(subject.name);
  text += '\n';
  for (const Json& entry : subject.entries()) {
    for (const auto& [key, value] : entry.items()) {
      const std::string words = value_text(value);
      if (words.empty()) continue;
      if (key == "name") {
        text.append("\n  ").append(words).append("\n");
      } else {
        text += wrapped_entry(key, words);
      }
    }
  }
  return text += '\n';
}

std::string as_markdown(const Subject& subject) {
  const Json entries = subject.entries();
  std::string text = "## " + std::string(subject.name) + "\n\n|";
  std::string rule = "|";
  for (const auto& [key, value] : entries.at(0).items()) {
    text += " " + key + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const Json& entry : entries) {
    text += "|";
    for (const auto& [key, value] : entry.items()) {
      const std::string words = markdown_cell(value_text(value));
      text += key == "name" ? " `" + words + "` |" : " " + words + " |";
    }
    text += "\n";
  }
  return text + "\n";
}

std::vector<const Subject*> chosen_subjects(std::string_view name) {
  std::vector<const Subject*> chosen;
  std::vector<std::string_view> names;
  for (const Subject& subject : kSubjects) {
    names.push_back(subject.name);
    if (name.empty() || name == subject.name) chosen.push_back(&subject);
  }
  if (!chosen.empty()) return chosen;
  throw ConfigError("", "unknown subject '" + std::string(name) + "'" + did_you_mean(name, names) +
                            " (there are: " + catalogue_subjects() + ")");
}

}  // namespace

std::string catalogue_subjects() {
  std::string names;
  for (const Subject& subject : kSubjects) {
    if (!names.empty()) names += ", ";
    names += subject.name;
  }
  return names;
}

std::string catalogue(std::string_view subject, CatalogueFormat format) {
  const std::vector<const Subject*> chosen = chosen_subjects(subject);
  if (format == CatalogueFormat::json) {
    Json document = Json::object();
    for (const Subject* one : chosen) document[std::string(one->name)] = one->entries();
    // One subject is a list; all of them are an object of lists.
    return (subject.empty() ? document : document.front()).dump(2) + "\n";
  }
  std::string text;
  for (const Subject* one : chosen) {
    text += format == CatalogueFormat::markdown ? as_markdown(*one) : as_text(*one);
  }
  return text;
}

}  // namespace initbench
