#include "experiment/field_schema.h"

#include <utility>
#include <vector>

namespace initbench {
namespace {

Json named_object(const Json& names, const char* key, const Json& properties,
                  Json required = Json::array()) {
  required.insert(required.begin(), key);
  Json all = Json::object({{key, Json::object({{"enum", names}})}});
  all.update(properties);
  return Json::object({{"type", "object"},
                       {"properties", std::move(all)},
                       {"required", std::move(required)},
                       {"additionalProperties", false}});
}

Json parameter_schema(const SchemeParameter& parameter) {
  Json kinds = Json::array();
  if (parameter.number_allowed) {
    Json number = Json::object({{"type", parameter.integer ? "integer" : "number"}});
    const char* minimum = parameter.exclusive_minimum ? "exclusiveMinimum" : "minimum";
    if (parameter.minimum) number[minimum] = *parameter.minimum;
    if (parameter.maximum) number["maximum"] = *parameter.maximum;
    kinds.push_back(std::move(number));
  }
  if (!parameter.choices.empty()) {
    Json words = Json::array();
    for (const std::string_view word : parameter.choices) words.push_back(std::string(word));
    kinds.push_back(Json::object({{"enum", std::move(words)}}));
  }
  if (parameter.text) {
    kinds = Json::array({Json::object({{"type", "string"}})});
    if (parameter.required) kinds[0]["minLength"] = 1;
  }
  Json schema = kinds.size() == 1 ? kinds[0] : Json::object({{"anyOf", std::move(kinds)}});
  schema["description"] = std::string(parameter.summary);
  if (parameter.required) return schema;
  std::visit([&](const auto& value) { schema["default"] = value; }, parameter.default_value);
  return schema;
}

}  // namespace

Json schema_of(const WholeRange& range) {
  Json schema = Json::object({{"type", "integer"}, {"minimum", range.minimum}});
  if (range.maximum != WholeRange{}.maximum) schema["maximum"] = range.maximum;
  return schema;
}

Json schema_of(const RealRange& range) {
  return Json::object({{"type", "number"},
                       {range.above_minimum ? "exclusiveMinimum" : "minimum", range.minimum},
                       {range.below_maximum ? "exclusiveMaximum" : "maximum", range.maximum}});
}

Json schema_reference(const std::string& name) {
  return Json::object({{"$ref", "#/$defs/" + name}});
}

Json scheme_schema(Tensor tensor) {
  Json names = Json::array();
  Json kinds = Json::array({nullptr});  // the place of the bare names
  for (const Scheme& row : scheme_table()) {
    if (tensor == Tensor::weights ? !row.for_weights : !row.for_biases) continue;
    Json own_names = Json::array({std::string(row.name)});
    for (const std::string_view alias : row.aliases) own_names.push_back(std::string(alias));
    Json parameters = Json::object();
    Json required = Json::array();
    for (const SchemeParameter& parameter : row.parameters) {
      parameters[std::string(parameter.name)] = parameter_schema(parameter);
      if (parameter.required) required.push_back(std::string(parameter.name));
    }
    Json object = named_object(own_names, "scheme", parameters, std::move(required));
    object["description"] = std::string(row.summary);
    kinds.push_back(std::move(object));
    for (Json& name : own_names) names.push_back(std::move(name));
  }
  kinds[0] = Json::object({{"enum", std::move(names)}});
  return Json::object({{"anyOf", std::move(kinds)}});
}

Json activation_schema() {
  Json names = Json::array();
  Json kinds = Json::array({nullptr});
  for (const ActivationRow& row : activation_table()) {
    names.push_back(std::string(row.name));
    Json parameters = Json::object();
    if (!row.parameter.empty()) {
      parameters[std::string(row.parameter)] =
          Json::object({{"type", "number"}, {"default", row.default_parameter}});
    }
    Json object = named_object(Json::array({names.back()}), "name", parameters);
    object["description"] = std::string(row.formula);
    kinds.push_back(std::move(object));
  }
  kinds[0] = Json::object({{"enum", std::move(names)}});
  return Json::object({{"anyOf", std::move(kinds)}});
}

void FieldSchema::padding(const Key& key, const Padding& value) {
  Json names = Json::array();
  for (const Choice<PaddingMode>& choice : padding_choices()) {
    names.push_back(std::string(choice.name));
  }
  Json schema = pair_schema(WholeRange{0, kLargestExtent});
  schema["anyOf"].push_back(Json::object({{"enum", std::move(names)}}));
  put(key, std::move(schema), json_of(value));
}

void FieldSchema::scale(const Key& key, const ResidualSpec& spec) {
  const RealRange any{.minimum = -RealRange{}.maximum};
  Json learned = Json::object({{"type", "object"},
                               {"properties", Json::object({{"learned", schema_of(any)}})},
                               {"required", Json::array({"learned"})},
                               {"additionalProperties", false}});
  Json by_blocks = Json::object({{"const", std::string(kScaleByBlocks)}});
  put(key,
      Json::object(
          {{"anyOf", Json::array({schema_of(any), std::move(by_blocks), std::move(learned)})}}),
      scale_json(spec));
}

void FieldSchema::betas(const Key& key, const OptimizerSpec& spec) {
  const RealRange decay{.minimum = 0, .maximum = 1, .below_maximum = true};
  put(key,
      Json::object(
          {{"type", "array"}, {"items", schema_of(decay)}, {"minItems", 2}, {"maxItems", 2}}),
      Json::array({spec.beta1, spec.beta2}));
}

void FieldSchema::scheme_by_type(const Key& key,
                                 const std::map<std::string, InitChoice, std::less<>>&,
                                 Tensor tensor) {
  Json properties = Json::object();
  const std::string scheme = tensor == Tensor::weights ? "weight_init" : "bias_init";
  for (const std::string_view type : rule_types(tensor)) {
    properties[std::string(type)] = schema_reference(scheme);
  }
  put(key, Json::object({{"type", "object"},
                         {"properties", std::move(properties)},
                         {"additionalProperties", false}}));
}

Json FieldSchema::take() {
  Json schema = Json::object({{"type", "object"}, {"properties", std::move(properties_)}});
  if (!required_.empty()) schema["required"] = std::move(required_);
  schema["additionalProperties"] = false;
  return schema;
}

Json FieldSchema::pair_schema(const WholeRange& range) {
  Json both = Json::object(
      {{"type", "array"}, {"items", schema_of(range)}, {"minItems", 2}, {"maxItems", 2}});
  return Json::object({{"anyOf", Json::array({schema_of(range), std::move(both)})}});
}

void FieldSchema::put(const Key& key, Json schema) {
  schema["description"] = std::string(key.summary);
  if (key.required) required_.push_back(std::string(key.name));
  properties_[std::string(key.name)] = std::move(schema);
}

}  // namespace initbench
