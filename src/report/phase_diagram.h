/// Where a layer with given variances of weights and biases leads, repeated for ever: over a grid
/// of both, with the line on which gradients keep their size.
#pragma once

#include <span>
#include <string>

#include "nn/activation.h"

namespace initbench {

/// CSV: a row per point of the grid, sigma_b2 by sigma_b2, then a row per critical point: that of
/// each sigma_b2 which has one.
std::string phase_diagram(const Activation& activation, std::span<const double> sigma_w2,
                          std::span<const double> sigma_b2);

}  // namespace initbench
