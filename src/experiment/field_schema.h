/// The visitor of experiment/fields.h that describes fields as JSON Schema. Names of activations
/// and schemes are defined once, under "$defs".
#pragma once

#include <string>

#include "experiment/field_writer.h"
#include "experiment/fields.h"
#include "experiment/json_text.h"

namespace initbench {

Json schema_of(const WholeRange& range);
Json schema_of(const RealRange& range);
/// {"$ref": "#/$defs/NAME"}
Json schema_reference(const std::string& name);
/// What `scheme` accepts for a kind of tensor; what `activation` accepts.
Json scheme_schema(Tensor tensor);
Json activation_schema();

/// A field's value in the struct visited is described as its default.
class FieldSchema {
 public:
  static constexpr bool kFills = false;

  template <class T>
  void whole(const Key& key, const T& value, const WholeRange& range) {
    put(key, schema_of(range), value);
  }
  template <class T>
  void real(const Key& key, const T& value, const RealRange& range) {
    put(key, schema_of(range), value);
  }
  template <class T>
  void text(const Key& key, const T&) {
    put(key, Json::object({{"type", "string"}}));
  }
  void seed(const Key& key, std::uint64_t value) {
    put(key, Json::object({{"type", "integer"}, {"minimum", 0}, {"maximum", ~std::uint64_t{0}}}),
        value);
  }
  void flag(const Key& key, bool value) { put(key, Json::object({{"type", "boolean"}}), value); }
  template <class T, class Enum>
  void choice(const Key& key, const T& value, std::span<const Choice<Enum>> choices) {
    Json schema = Json::object({{"enum", Json::array()}});
    for (const Choice<Enum>& choice : choices) {
      schema["enum"].push_back(std::string(choice.name));
      if (value == choice.value && !key.required) schema["default"] = std::string(choice.name);
    }
    put(key, std::move(schema));
  }
  void pair(const Key& key, const std::array<Index, 2>& value, const WholeRange& range) {
    put(key, pair_schema(range), json_of(value));
  }
  void activation(const Key& key, const Activation&) { put(key, schema_reference("activation")); }
  void scheme(const Key& key, const InitChoice&, Tensor tensor) {
    put(key, schema_reference(tensor == Tensor::weights ? "weight_init" : "bias_init"));
  }
  void padding(const Key& key, const Padding& value);
  void scale(const Key& key, const ResidualSpec& spec);
  void betas(const Key& key, const OptimizerSpec& spec);
  void scheme_by_type(const Key& key, const std::map<std::string, InitChoice, std::less<>>&,
                      Tensor tensor);
  template <class Struct>
  void named(const Key& key, const Struct& value) {
    FieldSchema inner;
    visit_fields(inner, value);
    Json object = inner.take();
    Json name = object["properties"]["name"];
    put(key, Json::object({{"anyOf", Json::array({std::move(name), std::move(object)})}}));
  }
  template <class Struct>
  void object(const Key& key, const Struct& value) {
    FieldSchema inner;
    visit_fields(inner, value);
    put(key, inner.take());
  }
  void ignored(const Key& key) { put(key, Json::object()); }
  void layers(const Key& key) {
    put(key,
        Json::object({{"type", "array"}, {"minItems", 1}, {"items", schema_reference("layer")}}));
  }
  void model(const Key& key) { object(key, ModelDefaults{}); }

  /// The schema of an object with these fields and no others.
  Json take();

 private:
  static Json pair_schema(const WholeRange& range);
  void put(const Key& key, Json schema);
  template <class T>
  void put(const Key& key, Json schema, const T& value) {
    if (!key.required) schema["default"] = value;
    put(key, std::move(schema));
  }
  template <class T>
  void put(const Key& key, Json schema, const std::optional<T>& value) {
    if (value) {
      put(key, std::move(schema), *value);
    } else {
      put(key, std::move(schema));
    }
  }

  Json properties_ = Json::object();
  Json required_ = Json::array();
};

}  // namespace initbench
