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

/// The values that a path takes: a list, "A..B" (whole numbers, both included), or {"logspace" or
/// "linspace": [first, last, number]}. Empty after an issue.
std::vector<Json> axis_values(const Json& values, const std::string& place, IssueList& issues);

/// The product of all axes without the excluded points. `sweep` is the config's (null: none).
std::vector<SweepPoint> expand_axes(const Json& sweep, const ConfigChanges& changes,
                                    IssueList& issues);

}  // namespace initbench
