#include "experiment/activation_text.h"

#include <optional>
#include <string>

#include "experiment/json_text.h"
#include "experiment/value_reader.h"

namespace initbench {

Activation parse_activation(std::string_view text) {
  const std::string place = "activation";
  Json value = std::string(text);
  if (!is_text(value.get_ref<const std::string&>())) {
    throw ConfigError(place, "a name that is not UTF-8 text");
  }
  if (text.starts_with('{')) {
    JsonText parsed = parse_json(text);
    if (!parsed.issues.empty()) throw ConfigError(std::move(parsed.issues));
    value = std::move(parsed.root);
  }
  IssueList issues;
  const std::optional<Activation> activation = read_activation({value, place}, issues);
  issues.throw_if_any();
  return activation.value();
}

}  // namespace initbench
