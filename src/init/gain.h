/// Gains of activations as arguments of schemes: a number; an activation's name
/// (torch.nn.init.calculate_gain); a principle for the layer's own activation (torch,
/// second_moment, variance, critical); or auto.
///
/// PyTorch knows gains of seven activations. For any other one, a name and auto mean the gain that
/// keeps the second moment, 1 / sqrt(E[phi^2]) for z ~ N(0, 1), which is what He et al. 2015 derive
/// for ReLU.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "init/scheme.h"

namespace initbench {

/// A parameter `gain`: a number, an activation's name, a principle, or auto.
SchemeParameter gain_parameter(ArgumentValue default_value = 1.0);
/// A parameter `nonlinearity`: the same words. Default leaky_relu, as PyTorch.
SchemeParameter nonlinearity_parameter();

/// The gain that an argument means for a layer whose own activation is `own`; empty when it has
/// none: `gain_misfit` says why. Those from quadrature (theory/gaussian_moments.h, at q = 1) are
/// rounded to ten digits, so that the last bits of a mathematical library do not reach the weights.
std::optional<double> gain_of(const ArgumentValue& argument, const Activation& own);

/// Why there is no such gain, and what to write instead; or empty.
std::string gain_misfit(std::string_view parameter, const ArgumentValue& argument,
                        const Activation& own);

/// `value` to ten significant digits.
double to_ten_digits(double value);

}  // namespace initbench
