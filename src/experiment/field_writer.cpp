#include "experiment/field_writer.h"

namespace initbench {

Json json_of(const Activation& activation) {
  const ActivationRow& row = activation_row(activation.kind);
  if (row.parameter.empty()) return std::string(row.name);
  return Json::object(
      {{"name", std::string(row.name)}, {std::string(row.parameter), activation.parameter}});
}

Json json_of(const InitChoice& choice) {
  const Scheme& scheme = *choice.scheme;
  if (scheme.parameters.empty()) return std::string(scheme.name);
  Json json = Json::object({{"scheme", std::string(scheme.name)}});
  for (std::size_t i = 0; i < scheme.parameters.size(); ++i) {
    std::visit([&](const auto& value) { json[std::string(scheme.parameters[i].name)] = value; },
               choice.arguments[i]);
  }
  return json;
}

Json json_of(const Padding& padding) {
  for (const Choice<PaddingMode>& choice : padding_choices()) {
    if (choice.value == padding.mode) return std::string(choice.name);
  }
  return json_of(padding.amount);
}

Json json_of(const std::array<Index, 2>& pair) {
  return pair[0] == pair[1] ? Json(pair[0]) : Json::array({pair[0], pair[1]});
}

Json scale_json(const ResidualSpec& spec) {
  return spec.learned_scale ? Json::object({{"learned", spec.scale}}) : Json(spec.scale);
}

}  // namespace initbench
