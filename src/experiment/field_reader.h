/// The visitor of experiment/fields.h that fills structs from JSON and reports every issue.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "experiment/fields.h"
#include "experiment/issues.h"
#include "experiment/json_text.h"
#include "experiment/value_reader.h"

namespace initbench {

class FieldReader {
 public:
  static constexpr bool kFills = true;

  /// `object` must be one. `blocks`: see read_scale.
  FieldReader(const Json& object, std::string place, IssueList& issues, Index blocks = 0)
      : object_(object), place_(std::move(place)), issues_(issues), blocks_(blocks) {}

  template <class T>
  void whole(const Key& key, T& value, const WholeRange& range) {
    read(key, value, [&](const Located& at) { return read_whole(at, range, issues_); });
  }
  template <class T>
  void real(const Key& key, T& value, const RealRange& range) {
    read(key, value, [&](const Located& at) { return read_real(at, range, issues_); });
  }
  template <class T>
  void text(const Key& key, T& value) {
    read(key, value, [&](const Located& at) { return read_text(at, issues_); });
  }
  void seed(const Key& key, std::uint64_t& value) {
    read(key, value, [&](const Located& at) { return read_seed(at, issues_); });
  }
  void flag(const Key& key, bool& value) {
    read(key, value, [&](const Located& at) -> std::optional<bool> {
      if (at.value.is_boolean()) return at.value.get<bool>();
      issues_.add(at.place, "expected true or false, got " + describe(at.value));
      return std::nullopt;
    });
  }
  template <class T, class Enum>
  void choice(const Key& key, T& value, std::span<const Choice<Enum>> choices) {
    read(key, value, [&](const Located& at) { return read_choice(at, key.name, choices); });
  }
  void pair(const Key& key, std::array<Index, 2>& value, const WholeRange& range) {
    read(key, value, [&](const Located& at) { return read_pair(at, range, issues_); });
  }
  void activation(const Key& key, Activation& value) {
    read(key, value, [&](const Located& at) { return read_activation(at, issues_); });
  }
  void scheme(const Key& key, InitChoice& value, Tensor tensor) {
    read(key, value, [&](const Located& at) { return read_scheme(at, tensor, issues_); });
  }
  void padding(const Key& key, Padding& value) {
    read(key, value, [&](const Located& at) { return read_padding(at, issues_); });
  }
  void scale(const Key& key, ResidualSpec& spec) {
    with(key, [&](const Located& at) { read_scale(at, blocks_, spec, issues_); });
  }
  void betas(const Key& key, OptimizerSpec& spec);
  void scheme_by_type(const Key& key, std::map<std::string, InitChoice, std::less<>>& rules,
                      Tensor tensor);
  /// A struct that may be given by its "name" alone.
  template <class Struct>
  void named(const Key& key, Struct& value) {
    with(key, [&](const Located& at) {
      const Json expanded = at.value.is_string() ? Json::object({{"name", at.value}}) : at.value;
      read_object({expanded, at.place}, value);
    });
  }
  template <class Struct>
  void object(const Key& key, Struct& value) {
    with(key, [&](const Located& at) { read_object(at, value); });
  }
  // Read elsewhere, or not at all; known keys all the same.
  void ignored(const Key& key) { known_.push_back(key.name); }
  void layers(const Key& key) {
    with(key, [](const Located&) {});
  }
  void model(const Key& key) {
    with(key, [](const Located&) {});
  }

  /// Reports the keys that no field has asked for.
  void finish() { report_unknown_keys({object_, place_}, known_, issues_); }

 private:
  std::string place_of(std::string_view key) const {
    return place_.empty() ? std::string(key) : place_ + "." + std::string(key);
  }

  static std::string missing_text(const Key& key);

  /// Calls `use` with the key's value, if it is given.
  template <class Use>
  void with(const Key& key, const Use& use) {
    known_.push_back(key.name);
    const auto found = object_.find(std::string(key.name));
    if (found == object_.end()) {
      if (key.required) issues_.add(place_of(key.name), missing_text(key));
      return;
    }
    const std::string place = place_of(key.name);
    if (!key.refusal.empty()) {
      issues_.add(place, key.refusal);
      return;
    }
    use(Located{*found, place});
  }

  /// Assigns what `parse` returns, if anything.
  template <class T, class Parse>
  void read(const Key& key, T& value, const Parse& parse) {
    with(key, [&](const Located& at) {
      auto parsed = parse(at);
      if (parsed) value = std::move(*parsed);
    });
  }

  template <class Enum>
  std::optional<Enum> read_choice(const Located& at, std::string_view what,
                                  std::span<const Choice<Enum>> choices) {
    const std::optional<std::string> word = read_text(at, issues_);
    if (!word) return std::nullopt;
    std::vector<std::string_view> names;
    std::string all;
    for (const Choice<Enum>& choice : choices) {
      if (choice.name == *word) return choice.value;
      names.push_back(choice.name);
      all += (all.empty() ? "one of: " : ", ") + std::string(choice.name);
    }
    report_unknown(at.place, what, *word, names, all, issues_);
    return std::nullopt;
  }

  template <class Struct>
  void read_object(const Located& at, Struct& value) {
    if (!at.value.is_object()) {
      issues_.add(at.place, "expected an object, got " + describe(at.value));
      return;
    }
    FieldReader reader(at.value, at.place, issues_, blocks_);
    visit_fields(reader, value);
    reader.finish();
  }

  const Json& object_;
  std::string place_;
  IssueList& issues_;
  Index blocks_;
  std::vector<std::string_view> known_;
};

}  // namespace initbench
