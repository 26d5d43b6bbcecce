#include "experiment/fields.h"

#include <algorithm>
#include <array>

namespace initbench {

std::span<const Choice<Norm>> norm_choices() {
  static constexpr std::array<Choice<Norm>, 3> kChoices{
      {{"none", Norm::none}, {"batch", Norm::batch}, {"layer", Norm::layer}}};
  return kChoices;
}

std::span<const Choice<PaddingMode>> padding_choices() {
  static constexpr std::array<Choice<PaddingMode>, 3> kChoices{
      {{"same", PaddingMode::same},
       {"valid", PaddingMode::valid},
       {"circular", PaddingMode::circular}}};
  return kChoices;
}

std::span<const Choice<Shortcut>> shortcut_choices() {
  static constexpr std::array<Choice<Shortcut>, 2> kChoices{
      {{"identity", Shortcut::identity}, {"projection", Shortcut::projection}}};
  return kChoices;
}

std::span<const Choice<Normalize>> normalize_choices() {
  static constexpr std::array<Choice<Normalize>, 5> kChoices{
      {{"standardize", Normalize::standardize},
       {"center", Normalize::center},
       {"unit", Normalize::unit},
       {"per_feature", Normalize::per_feature},
       {"none", Normalize::none}}};
  return kChoices;
}

std::span<const Choice<ScheduleKind>> schedule_choices() {
  static constexpr std::array<Choice<ScheduleKind>, 3> kChoices{
      {{"constant", ScheduleKind::constant},
       {"step", ScheduleKind::step},
       {"cosine", ScheduleKind::cosine}}};
  return kChoices;
}

std::span<const Choice<Loss>> loss_choices() {
  static constexpr std::array<Choice<Loss>, 2> kChoices{
      {{"cross_entropy", Loss::cross_entropy}, {"mse", Loss::mse}}};
  return kChoices;
}

std::span<const Choice<LogWeights>> log_weights_choices() {
  static constexpr std::array<Choice<LogWeights>, 4> kChoices{{{"none", LogWeights::none},
                                                               {"init", LogWeights::init},
                                                               {"final", LogWeights::final},
                                                               {"all", LogWeights::all}}};
  return kChoices;
}

std::span<const Choice<LogSpectra>> log_spectra_choices() {
  static constexpr std::array<Choice<LogSpectra>, 3> kChoices{
      {{"off", LogSpectra::off}, {"init", LogSpectra::init}, {"all", LogSpectra::all}}};
  return kChoices;
}

std::span<const Choice<OptimizerKind>> optimizer_choices() {
  static const std::vector<Choice<OptimizerKind>> kChoices = [] {
    std::vector<Choice<OptimizerKind>> choices;
    for (const OptimizerRow& row : optimizer_table()) choices.push_back({row.name, row.kind});
    return choices;
  }();
  return kChoices;
}

std::span<const Choice<std::string>> dataset_choices() {
  static const std::vector<Choice<std::string>> kChoices = [] {
    std::vector<Choice<std::string>> choices;
    for (const DatasetRow& row : dataset_table()) {
      choices.push_back({row.name, std::string(row.name)});
    }
    return choices;
  }();
  return kChoices;
}

std::vector<std::string_view> rule_types(Tensor tensor) {
  std::vector<std::string_view> types;
  for (const LayerType& row : layer_type_table()) {
    if (row.parametrised) types.push_back(row.name);
  }
  if (tensor == Tensor::weights) types.push_back("projection");
  return types;
}

std::string remedy_for_key(std::string_view key) {
  struct Elsewhere {
    std::string_view key;
    std::string_view remedy;
  };
  static constexpr std::array<Elsewhere, 8> kElsewhere{{{"learning_rate", "use 'lr'"},
                                                        {"epsilon", "use 'eps'"},
                                                        {"beta1", "use 'betas': [b1, b2]"},
                                                        {"beta2", "use 'betas': [b1, b2]"},
                                                        {"kernel_size", "use 'kernel'"},
                                                        {"out_channels", "use 'channels'"},
                                                        {"out_features", "use 'units'"},
                                                        {"initializer", "use 'init'"}}};
  for (const Elsewhere& row : kElsewhere) {
    if (row.key == key) return std::string(row.remedy);
  }
  return "";
}

OptimizerSpec default_optimizer(OptimizerKind kind) {
  OptimizerSpec spec;
  spec.kind = kind;
  const bool adaptive = kind == OptimizerKind::adam || kind == OptimizerKind::adamw;
  if (adaptive) spec.lr = 1e-3;
  if (kind == OptimizerKind::adamw) spec.weight_decay = 1e-2;
  return spec;
}

std::string refusal_unless(OptimizerKind kind, std::string_view field,
                           std::initializer_list<OptimizerKind> users) {
  if (std::find(users.begin(), users.end(), kind) != users.end()) return "";
  std::string own;
  std::string others;
  for (const Choice<OptimizerKind>& choice : optimizer_choices()) {
    if (choice.value == kind) own = choice.name;
    if (std::find(users.begin(), users.end(), choice.value) == users.end()) continue;
    others += (others.empty() ? "" : ", ") + std::string(choice.name);
  }
  std::string text = own + " does not use " + std::string(field) + " (used by: " + others + ")";
  const bool adaptive = kind == OptimizerKind::adam || kind == OptimizerKind::adamw;
  if (field == "momentum" && adaptive) text += "; set betas instead";
  return text;
}

}  // namespace initbench
