#include "init/gain.h"

#include <array>
#include <cmath>

#include "base/decimal.h"
#include "base/errors.h"
#include "init/rows.h"
#include "init/wording.h"
#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

/// What a gain may be chosen for, besides an activation's name.
struct Principle {
  std::string_view name;
  std::optional<double> (*gain)(const Activation& own);
};

std::optional<double> torch_gain(const Activation& activation) {
  const ActivationRow& row = activation_row(activation.kind);
  if (row.torch_gain == nullptr) return std::nullopt;
  return row.torch_gain(activation.parameter);
}

std::optional<double> usable(double gain) {
  if (!std::isfinite(gain) || gain > kLargest) return std::nullopt;
  return to_ten_digits(gain);
}

std::optional<double> second_moment_gain(const Activation& activation) {
  return usable(1 / std::sqrt(gaussian_moments(activation, 1).second_moment));
}

std::optional<double> variance_gain(const Activation& activation) {
  return usable(1 / std::sqrt(gaussian_moments(activation, 1).variance));
}

std::optional<double> critical_gain(const Activation& activation) {
  return usable(1 / std::sqrt(gaussian_moments(activation, 1).slope_second_moment));
}

/// PyTorch's where it has one, else the one that keeps the second moment.
std::optional<double> preferred_gain(const Activation& activation) {
  const std::optional<double> torch = torch_gain(activation);
  return torch ? torch : second_moment_gain(activation);
}

constexpr std::array kPrinciples{
    Principle{"auto", preferred_gain},
    Principle{"torch", torch_gain},
    Principle{"second_moment", second_moment_gain},
    Principle{"variance", variance_gain},
    Principle{"critical", critical_gain},
};

std::vector<std::string_view> gain_words() {
  std::vector<std::string_view> words;
  for (const ActivationRow& row : activation_table()) words.push_back(row.name);
  for (const Principle& principle : kPrinciples) words.push_back(principle.name);
  return words;
}

std::vector<std::string_view> names_with_torch_gain() {
  std::vector<std::string_view> names;
  for (const ActivationRow& row : activation_table()) {
    if (torch_gain({.kind = row.kind, .parameter = row.default_parameter})) {
      names.push_back(row.name);
    }
  }
  return names;
}

}  // namespace

SchemeParameter gain_parameter(ArgumentValue default_value) {
  return {.name = "gain",
          .summary =
              "factor on the standard deviation: a number; an activation's name (PyTorch's "
              "calculate_gain, else the one that keeps the second moment); for the layer's own "
              "activation auto (the same), torch, or by quadrature second_moment, variance, "
              "critical",
          .default_value = std::move(default_value),
          .minimum = 0,
          .maximum = kLargest,
          .choices = gain_words(),
          .names_activation = true};
}

SchemeParameter nonlinearity_parameter() {
  return {.name = "nonlinearity",
          .summary =
              "the activation whose gain is used (PyTorch's calculate_gain, else the one that "
              "keeps the second moment); or for the layer's own activation auto (the same), torch, "
              "or by quadrature second_moment, variance, critical",
          .default_value = "leaky_relu",
          .choices = gain_words(),
          .number_allowed = false,
          .names_activation = true};
}

std::optional<double> gain_of(const ArgumentValue& argument, const Activation& own) {
  if (const double* number = std::get_if<double>(&argument)) return *number;
  const std::string& word = std::get<std::string>(argument);
  for (const Principle& principle : kPrinciples) {
    if (principle.name == word) return principle.gain(own);
  }
  const ActivationRow* row = find_activation(word);
  expects(row != nullptr, "gain_of: a word among the parameter's choices");
  return preferred_gain({.kind = row->kind, .parameter = row->default_parameter});
}

std::string gain_misfit(std::string_view parameter, const ArgumentValue& argument,
                        const Activation& own) {
  if (gain_of(argument, own)) return "";
  const std::string& word = std::get<std::string>(argument);
  const std::string own_name(activation_row(own.kind).name);
  std::string reason(parameter);
  reason += " is " + word + ", but ";
  if (word != "torch") {
    return reason + "that of the layer's own activation " + own_name + " with parameter " +
           number_text(own.parameter) + " is not finite; give a number";
  }
  reason += "PyTorch has no gain for the layer's own activation " + own_name;
  return reason + "; use second_moment, auto or one of those that have (" +
         listed(names_with_torch_gain(), "or") + ")";
}

double to_ten_digits(double value) {
  constexpr int kDigits = 10;
  return to_digits(value, kDigits);
}

}  // namespace initbench
