#include "experiment/field_reader.h"

namespace initbench {

std::string FieldReader::missing_text(const Key& key) {
  std::string meaning(key.summary);
  if (!meaning.empty() && meaning.back() == '.') meaning.pop_back();
  return "is missing; add \"" + std::string(key.name) + "\": " + meaning;
}

void FieldReader::betas(const Key& key, OptimizerSpec& spec) {
  with(key, [&](const Located& at) {
    if (!at.value.is_array() || at.value.size() != 2) {
      issues_.add(at.place, "expected two numbers, [b1, b2], got " + describe(at.value));
      return;
    }
    const RealRange range{.minimum = 0, .maximum = 1, .below_maximum = true};
    const std::string first_place = at.place + ".0";
    const std::string second_place = at.place + ".1";
    const std::optional<double> first = read_real({at.value[0], first_place}, range, issues_);
    const std::optional<double> second = read_real({at.value[1], second_place}, range, issues_);
    if (first) spec.beta1 = *first;
    if (second) spec.beta2 = *second;
  });
}

void FieldReader::scheme_by_type(const Key& key,
                                 std::map<std::string, InitChoice, std::less<>>& rules,
                                 Tensor tensor) {
  with(key, [&](const Located& at) {
    if (!at.value.is_object()) {
      issues_.add(at.place, "expected an object of schemes by type, got " + describe(at.value));
      return;
    }
    const std::vector<std::string_view> types = rule_types(tensor);
    report_unknown_keys(at, types, issues_);
    for (const std::string_view type : types) {
      const auto found = at.value.find(std::string(type));
      if (found == at.value.end()) continue;
      const std::string place = at.place + "." + std::string(type);
      const std::optional<InitChoice> scheme = read_scheme({*found, place}, tensor, issues_);
      if (scheme) rules.insert_or_assign(std::string(type), *scheme);
    }
  });
}

}  // namespace initbench
