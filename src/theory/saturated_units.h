/// How many units of a bounded activation rest near an end of its range at initialization.
#pragma once

#include "nn/activation.h"

namespace initbench {

/// Of z ~ N(0, q), the share whose activation is outside `unsaturated_range`, but for those of a
/// rectifier that are exactly 0. `activation`: bounded and monotone.
double saturated_share(const Activation& activation, double q);

}  // namespace initbench
