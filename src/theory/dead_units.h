/// Chances that rectifiers are silent at initialization (Lu et al. 2019, arXiv:1903.06733).
#pragma once

#include <span>

#include "base/types.h"

namespace initbench {

/// Expected share of units with z <= 0 for every one of `samples` inputs, whose pre-activations
/// have mean 0 and correlation 1 - gap with each other: 1/2 at gap 0, 2^-samples at gap 1.
/// Correlations below 0 count as 0.
double dead_fraction(double gap, Index samples);

/// Chance that in some layer all units have z <= 0 for a given input, widths of the rectifier
/// layers given: 1 - prod(1 - 2^-n), exact for laws symmetric around 0. It bounds from above the
/// chance that the network is constant.
double dead_input_probability(std::span<const Index> widths);

}  // namespace initbench
