/// The visitor of experiment/fields.h that makes JSON of structs. Fields that do not apply, those
/// without a value, and those that are `unwritten` are left out.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "experiment/fields.h"
#include "experiment/json_text.h"

namespace initbench {

Json json_of(const Activation& activation);
Json json_of(const InitChoice& choice);
Json json_of(const Padding& padding);
Json json_of(const std::array<Index, 2>& pair);
/// A residual layer's scale.
Json scale_json(const ResidualSpec& spec);

class FieldWriter {
 public:
  static constexpr bool kFills = false;

  template <class T>
  void whole(const Key& key, const T& value, const WholeRange&) {
    put(key, value);
  }
  template <class T>
  void real(const Key& key, const T& value, const RealRange&) {
    put(key, value);
  }
  template <class T>
  void text(const Key& key, const T& value) {
    put(key, value);
  }
  void seed(const Key& key, std::uint64_t value) { put(key, value); }
  void flag(const Key& key, bool value) { put(key, value); }
  template <class T, class Enum>
  void choice(const Key& key, const T& value, std::span<const Choice<Enum>> choices) {
    for (const Choice<Enum>& choice : choices) {
      if (value == choice.value) put(key, std::string(choice.name));
    }
  }
  void pair(const Key& key, const std::array<Index, 2>& value, const WholeRange&) {
    put(key, json_of(value));
  }
  void activation(const Key& key, const Activation& value) { put(key, json_of(value)); }
  void scheme(const Key& key, const InitChoice& value, Tensor) {
    if (value.scheme != nullptr) put(key, json_of(value));
  }
  void padding(const Key& key, const Padding& value) { put(key, json_of(value)); }
  void scale(const Key& key, const ResidualSpec& spec) { put(key, scale_json(spec)); }
  void betas(const Key& key, const OptimizerSpec& spec) {
    put(key, Json::array({spec.beta1, spec.beta2}));
  }
  void scheme_by_type(const Key&, const std::map<std::string, InitChoice, std::less<>>&, Tensor) {}
  template <class Struct>
  void named(const Key& key, const Struct& value) {
    FieldWriter inner;
    visit_fields(inner, value);
    put(key, inner.json_.size() == 1 ? inner.json_.at("name") : inner.json_);
  }
  template <class Struct>
  void object(const Key& key, const Struct& value) {
    FieldWriter inner;
    visit_fields(inner, value);
    put(key, inner.json_);
  }
  void ignored(const Key&) {}
  void layers(const Key& key) { put(key, Json::array()); }  // filled in by the caller
  void model(const Key& key) { put(key, Json::object()); }  // filled in by the caller

  Json take() { return std::move(json_); }

 private:
  template <class T>
  void put(const Key& key, const T& value) {
    if (key.refusal.empty() && !key.unwritten) json_[std::string(key.name)] = value;
  }
  template <class T>
  void put(const Key& key, const std::optional<T>& value) {
    if (value) put(key, *value);
  }

  Json json_ = Json::object();
};

}  // namespace initbench
