#include "experiment/activation_text.h"

#include <optional>
#include <string>

#include "experiment/json_text.h"
#include "experiment/value_reader.h"

namespace initbench {

namespace {

constexpr const char* kForm =
    R"(; give a name, as relu, or an object, as '{"name": "leaky_relu", "a": 0.2}')";

}  // namespace

Activation parse_activation(std::string_view text) {
  const std::string place = "activation";
  Json value = std::string(text);
  if (!is_text(value.get_ref<const std::string&>())) {
    throw ConfigError(place, "a name that is not UTF-8 text");
  }
  if (text.starts_with('{')) {
    JsonText parsed = parse_json(text);
    for (ConfigIssue& issue : parsed.issues) {
      if (issue.place.empty()) issue.message += kForm;
      issue.place = issue.place.empty() ? place : place + "." + issue.place;
    }
    if (!parsed.issues.empty()) throw ConfigError(std::move(parsed.issues));
    value = std::move(parsed.root);
  }
  IssueList issues;
  const std::optional<Activation> activation = read_activation({value, place}, issues);
  issues.throw_if_any();
  return activation.value();
}

}  // namespace initbench
