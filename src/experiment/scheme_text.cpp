#include "experiment/scheme_text.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "experiment/field_writer.h"

namespace initbench {
namespace {

std::string short_text(const InitChoice& choice) {
  Json json = json_of(choice);
  if (json.is_string()) return json.get<std::string>();
  for (const SchemeParameter& parameter : choice.scheme->parameters) {
    const Json usual =
        std::visit([](const auto& value) { return Json(value); }, parameter.default_value);
    const std::string name(parameter.name);
    if (json.contains(name) && json[name] == usual) json.erase(name);
  }
  return json.size() == 1 ? std::string(choice.scheme->name) : json.dump();
}

}  // namespace

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
