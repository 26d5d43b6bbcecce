/// The axes of a sweep and their product.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "experiment/issues.h"
#include "experiment/json_text.h"
#include "experiment/sweep.h"

namespace initbench {

/// One dimension of a sweep: the settings of each of its points.
struct Axis {
  std::vector<SweepPoint> points;
};

/// The product of all axes without the excluded points. `sweep` is the config's (null: none).
std::vector<SweepPoint> expand_axes(const Json& sweep, const ConfigChanges& changes,
                                    IssueList& issues);

}  // namespace initbench
