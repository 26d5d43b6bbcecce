#include "init/gain.h"

#include <vector>

#include "base/errors.h"
#include "init/rows.h"
#include "init/wording.h"

namespace initbench {
namespace {

constexpr std::string_view kAuto = "auto";

std::optional<double> torch_gain(const Activation& activation) {
  const ActivationRow& row = activation_row(activation.kind);
  if (row.torch_gain == nullptr) return std::nullopt;
  return row.torch_gain(activation.parameter);
}

std::vector<std::string_view> names_with_gain() {
  std::vector<std::string_view> names;
  for (const ActivationRow& row : activation_table()) {
    if (torch_gain({.kind = row.kind, .parameter = row.default_parameter})) {
      names.push_back(row.name);
    }
  }
  return names;
}

std::vector<std::string_view> gain_words() {
  std::vector<std::string_view> words = names_with_gain();
  words.push_back(kAuto);
  return words;
}

}  // namespace

SchemeParameter gain_parameter() {
  return {.name = "gain",
          .summary =
              "factor on the standard deviation: a number, an activation's name (PyTorch's "
              "calculate_gain) or auto (the layer's own activation)",
          .default_value = 1.0,
          .minimum = 0,
          .maximum = kLargest,
          .choices = gain_words(),
          .names_activation = true};
}

SchemeParameter nonlinearity_parameter() {
  return {.name = "nonlinearity",
          .summary =
              "the activation whose gain (PyTorch's calculate_gain) is used, or auto (the "
              "layer's own)",
          .default_value = "leaky_relu",
          .choices = gain_words(),
          .number_allowed = false,
          .names_activation = true};
}

std::optional<double> gain_of(const ArgumentValue& argument, const Activation& own) {
  if (const double* number = std::get_if<double>(&argument)) return *number;
  const std::string& word = std::get<std::string>(argument);
  if (word == kAuto) return torch_gain(own);
  const ActivationRow* row = find_activation(word);
  expects(row != nullptr, "gain_of: a word among the parameter's choices");
  return torch_gain({.kind = row->kind, .parameter = row->default_parameter});
}

std::string gain_misfit(std::string_view parameter, const ArgumentValue& argument,
                        const Activation& own) {
  if (gain_of(argument, own)) return "";
  const std::string own_name(activation_row(own.kind).name);
  std::string reason(parameter);
  reason += " is auto, but PyTorch has no gain for the layer's own activation " + own_name;
  reason += "; name one that has (" + activations_with_gain() + ")";
  if (parameter == "gain") reason += " or give a number";
  return reason;
}

std::string activations_with_gain() { return listed(names_with_gain(), "or"); }

}  // namespace initbench
