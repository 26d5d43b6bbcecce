#include "init/scheme.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/suggest.h"
#include "init/wording.h"

namespace initbench {
namespace {

using Names = std::vector<std::string_view>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string quoted(std::string_view text) { return std::string("'").append(text).append("'"); }

/// The place of a parameter in its row, by name or alias; parameters.size() when there is none.
std::size_t parameter_index(const Scheme& scheme, std::string_view name) {
  const auto& parameters = scheme.parameters;
  const auto found = std::find_if(parameters.begin(), parameters.end(), [&](const auto& row) {
    return row.name == name || contains(row.aliases, name);
  });
  return static_cast<std::size_t>(found - parameters.begin());
}

std::string range_text(const SchemeParameter& parameter) {
  std::string text = parameter.integer ? "a whole number" : "a number";
  if (parameter.minimum) {
    text += (parameter.exclusive_minimum ? " above " : " from ") + number_text(*parameter.minimum);
  }
  if (parameter.maximum) {
    text +=
        (parameter.exclusive_minimum ? " and at most " : " to ") + number_text(*parameter.maximum);
  }
  return text;
}

std::string expected_text(const SchemeParameter& parameter) {
  if (parameter.text) return "a text";
  if (parameter.choices.empty()) return range_text(parameter);
  const std::string words = listed(parameter.choices, "or");
  return parameter.number_allowed ? range_text(parameter) + ", or one of " + words
                                  : "one of " + words;
}

bool in_range(const SchemeParameter& parameter, double number) {
  if (!std::isfinite(number)) return false;
  if (parameter.integer && number != std::floor(number)) return false;
  if (parameter.maximum && number > *parameter.maximum) return false;
  if (!parameter.minimum) return true;
  return parameter.exclusive_minimum ? number > *parameter.minimum : number >= *parameter.minimum;
}

/// What is wrong with an argument, or empty. An activation's alias becomes its name.
std::string correct(const SchemeParameter& parameter, ArgumentValue& value) {
  const std::string must = quoted(parameter.name) + " must be " + expected_text(parameter);
  if (const double* number = std::get_if<double>(&value)) {
    const bool fits = parameter.number_allowed && in_range(parameter, *number);
    return fits ? "" : must + ", not " + number_text(*number);
  }
  const std::string word = std::get<std::string>(value);
  if (parameter.text) return word.empty() && parameter.required ? must + " that is not empty" : "";
  if (contains(parameter.choices, word)) return "";
  const ActivationRow* activation = parameter.names_activation ? find_activation(word) : nullptr;
  if (activation != nullptr && contains(parameter.choices, activation->name)) {
    value = std::string(activation->name);
    return "";
  }
  return must + ", not " + quoted(word) + did_you_mean(word, parameter.choices);
}

std::string unknown_parameter(const Scheme& scheme, std::string_view name) {
  Names names;
  for (const SchemeParameter& parameter : scheme.parameters) names.push_back(parameter.name);
  const std::string text = "has no parameter " + quoted(name) + did_you_mean(name, names);
  if (names.empty()) return text + " (it takes none)";
  return text + " (it takes " + listed(names, "and") + ")";
}

const Scheme& known_scheme(std::string_view name) {
  const Scheme* scheme = find_scheme(name);
  if (scheme != nullptr) return *scheme;
  Names names;
  for (const Scheme& row : scheme_table()) {
    names.push_back(row.name);
    names.insert(names.end(), row.aliases.begin(), row.aliases.end());
  }
  throw ConfigError("", "unknown initialization scheme " + quoted(name) +
                            did_you_mean(name, names) + " (see: initbench list schemes)");
}

std::string names_for_biases() {
  Names names;
  for (const Scheme& row : scheme_table()) {
    if (row.for_biases && !row.brings_biases) names.push_back(row.name);
  }
  return listed(names, "or");
}

std::string role_misfit(const Scheme& scheme, ParameterRole role) {
  const std::string name(scheme.name);
  if (role == ParameterRole::bias && !scheme.for_biases) {
    return name + " is for weights only; for biases use " + names_for_biases();
  }
  if (role == ParameterRole::weight && !scheme.for_weights) return name + " is for biases only";
  return "";
}

std::string shape_misfit(const Scheme& scheme, const TensorContext& context) {
  const std::size_t rank = context.parameter.dims.size();
  const std::string name(scheme.name);
  const std::string instead(scheme.instead);
  if (scheme.weight_shape == WeightShape::matrix && rank != 2) {
    return name + " needs a dense layer; for convolutions use " + instead;
  }
  if (scheme.weight_shape == WeightShape::kernel && rank != 4) {
    return name + " needs a convolution; for dense layers use " + instead;
  }
  return "";
}

}  // namespace

double InitChoice::number(std::string_view parameter) const {
  return std::get<double>(argument(parameter));
}

const std::string& InitChoice::word(std::string_view parameter) const {
  return std::get<std::string>(argument(parameter));
}

const ArgumentValue& InitChoice::argument(std::string_view parameter) const {
  expects(scheme != nullptr, "an InitChoice has a scheme");
  const std::size_t index = parameter_index(*scheme, parameter);
  expects(index < arguments.size(), "the scheme has this parameter");
  return arguments[index];
}

const Scheme* find_scheme(std::string_view name) {
  for (const Scheme& row : scheme_table()) {
    if (row.name == name || contains(row.aliases, name)) return &row;
  }
  return nullptr;
}

std::string misfit_of(const InitChoice& choice, const TensorContext& context) {
  expects(choice.scheme != nullptr, "an InitChoice has a scheme");
  const Scheme& scheme = *choice.scheme;
  const ParameterRole role = context.parameter.role;
  std::string reason = role_misfit(scheme, role);
  if (reason.empty() && role == ParameterRole::weight) reason = shape_misfit(scheme, context);
  if (reason.empty() && scheme.misfit != nullptr) reason = scheme.misfit(choice, context);
  return reason;
}

InitChoice choose(std::string_view scheme) { return choose(scheme, {}); }

InitChoice choose(std::string_view scheme, std::span<const NamedArgument> arguments) {
  const Scheme& row = known_scheme(scheme);
  InitChoice choice{.scheme = &row, .arguments = {}};
  for (const SchemeParameter& parameter : row.parameters) {
    choice.arguments.push_back(parameter.default_value);
  }
  std::vector<ConfigIssue> issues;
  const auto report = [&](const std::string& message) {
    issues.push_back({.place = "", .message = std::string(row.name) + ": " + message});
  };
  std::vector<bool> given(row.parameters.size(), false);
  for (const NamedArgument& argument : arguments) {
    const std::size_t index = parameter_index(row, argument.name);
    if (index == row.parameters.size()) {
      report(unknown_parameter(row, argument.name));
      continue;
    }
    if (given[index]) report(quoted(row.parameters[index].name) + " is given twice");
    given[index] = true;
    choice.arguments[index] = argument.value;
    const std::string wrong = correct(row.parameters[index], choice.arguments[index]);
    if (!wrong.empty()) report(wrong);
  }
  for (std::size_t i = 0; i < row.parameters.size(); ++i) {
    if (row.parameters[i].required && !given[i]) {
      report("needs " + quoted(row.parameters[i].name) + ": " +
             std::string(row.parameters[i].summary));
    }
  }
  if (issues.empty() && row.conflict != nullptr) {
    const std::string wrong = row.conflict(choice);
    if (!wrong.empty()) report(wrong);
  }
  if (!issues.empty()) throw ConfigError(std::move(issues));
  return choice;
}

std::string problem_of(const Scheme& scheme, const NamedArgument& argument) {
  const std::size_t index = parameter_index(scheme, argument.name);
  expects(index < scheme.parameters.size(), "the scheme has this parameter");
  ArgumentValue value = argument.value;
  const std::string wrong = correct(scheme.parameters[index], value);
  return wrong.empty() ? "" : std::string(scheme.name) + ": " + wrong;
}

}  // namespace initbench
