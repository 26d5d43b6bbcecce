/// What finite widths do to lengths by chance alone (Hanin & Rolnick 2018, arXiv:1803.01719), so
/// that diagnosis does not blame the initialization for it.
#pragma once

#include "probe/snapshot.h"

namespace initbench {

/// Within so many standard deviations a signal, or a gradient, ends between these multiples of what
/// theory of wide layers expects.
struct WidthChance {
  double smallest = 1;
  double largest = 1;
};
WidthChance width_chance(const Snapshot& snapshot, double deviations);

/// The largest multiple of a sensitivity, which a signal and a gradient make together.
double chance_of_sensitivity(const Snapshot& snapshot, double deviations);

}  // namespace initbench
