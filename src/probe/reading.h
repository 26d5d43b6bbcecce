/// How near a network is to each condition: what findings, advice and `recommend` have in common.
#pragma once

#include <string>
#include <vector>

#include "nn/activation.h"
#include "probe/condition.h"
#include "probe/thresholds.h"

namespace initbench {

/// One condition's figure, measured or predicted.
struct Reading {
  Condition condition = Condition::stalled;
  std::string layer;     // where it is nearest, or in the end
  double value = 0;      // ConditionRow::figure
  double threshold = 0;  // that it is held against

  /// How much of the way from the ideal to the threshold has been gone, of ratios in the logarithm:
  /// 0 at the ideal, from 1 on beyond the threshold.
  double share() const;
};

/// Of the conditions that a network can have before it is trained.
double threshold_of(Condition condition, const Thresholds& thresholds, bool residual);

/// Whether an activation has ends of its range to rest at.
bool can_saturate(const Activation& activation);
double saturation_threshold(const Activation& activation, const Thresholds& thresholds);

/// The one of this condition, or nullptr: unknown.
const Reading* reading_of(const std::vector<Reading>& readings, Condition condition);
/// The one with the largest share, the earliest of equals. At least one reading.
const Reading& nearest_of(const std::vector<Reading>& readings);

}  // namespace initbench
