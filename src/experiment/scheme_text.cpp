#include "experiment/scheme_text.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "experiment/field_writer.h"

namespace initbench {
namespace {

std::string short_text(const InitChoice& choice) {
  const Json json = without_defaults(json_of(choice));
  return json.is_string() ? json.get<std::string>() : json.dump();
}

}  // namespace

Json without_defaults(Json scheme) {
  if (!scheme.is_object() || !scheme.contains("scheme") || !scheme["scheme"].is_string()) {
    return scheme;
  }
  const Scheme* known = find_scheme(scheme["scheme"].get<std::string>());
  if (known == nullptr) return scheme;
  for (const SchemeParameter& parameter : known->parameters) {
    const Json usual =
        std::visit([](const auto& value) { return Json(value); }, parameter.default_value);
    const std::string name(parameter.name);
    if (scheme.contains(name) && scheme[name] == usual) scheme.erase(name);
  }
  return scheme.size() == 1 ? scheme["scheme"] : scheme;
}

std::string schemes_of(const ExperimentConfig& config) {
  std::vector<std::string> schemes;
  for (const LayerInit& layer : config.inits) schemes.push_back(short_text(layer.weight));
  std::sort(schemes.begin(), schemes.end());
  schemes.erase(std::unique(schemes.begin(), schemes.end()), schemes.end());
  std::string text;
  for (const std::string& scheme : schemes) text.append(text.empty() ? "" : ", ").append(scheme);
  return text;
}

}  // namespace initbench
