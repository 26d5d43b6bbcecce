/// Where figures that change from layer to layer pass a threshold.
#pragma once

#include <optional>
#include <vector>

#include "probe/diagnosis.h"

namespace initbench {

/// Where a figure passes its threshold for good, and what it comes to in the end.
struct Crossing {
  FigureAt begin;
  FigureAt worst;
};

/// Empty unless the last figure is below the threshold and what chance explains.
std::optional<Crossing> last_fall(const std::vector<FigureAt>& figures, double threshold,
                                  double chance);
/// The same above.
std::optional<Crossing> last_rise(const std::vector<FigureAt>& figures, double threshold,
                                  double chance);

}  // namespace initbench
