/// Units of one layer that nothing tells apart.
///
/// Weights alone do not say so: equal rows with different biases, or read by different weights,
/// part at the first update. Two units are copies of each other when weights, bias and the
/// gradients of both agree; then every optimizer keeps them so for ever.
#pragma once

#include "nn/network.h"

namespace initbench {

/// Share of units (channels) with a copy in the same layer, to 6 digits of their values and 5 of
/// their gradients.
double identical_fraction(const Network& network, const Layer& layer, const Vector& gradient);

}  // namespace initbench
