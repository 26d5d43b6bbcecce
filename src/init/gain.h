/// Gains of activations as arguments of schemes: torch.nn.init.calculate_gain by name, a number, or
/// "auto" for the layer's own activation.
#pragma once

#include <optional>
#include <string>

#include "init/scheme.h"

namespace initbench {

/// A parameter `gain`: a number, an activation's name, or "auto". Default 1.
SchemeParameter gain_parameter();
/// A parameter `nonlinearity`: an activation's name or "auto". Default leaky_relu, as PyTorch.
SchemeParameter nonlinearity_parameter();

/// The number itself; for a name, PyTorch's gain at the activation's default parameter; for "auto",
/// that of `own` with its parameter, or empty when PyTorch has none.
std::optional<double> gain_of(const ArgumentValue& argument, const Activation& own);

/// Why "auto" finds no gain for the layer's own activation, and what to write instead; or empty.
std::string gain_misfit(std::string_view parameter, const ArgumentValue& argument,
                        const Activation& own);

/// The activations for which PyTorch has a gain, in table order: "linear, relu, ...".
std::string activations_with_gain();

}  // namespace initbench
