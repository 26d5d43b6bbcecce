/// The values that a path of a sweep takes.
#pragma once

#include <string>
#include <vector>

#include "experiment/issues.h"
#include "experiment/json_text.h"

namespace initbench {

/// Of a list, of ranges of whole numbers (experiment/whole_ranges.h), or of {"logspace" or
/// "linspace": [first, last, number]}. Empty after an issue.
std::vector<Json> axis_values(const Json& values, const std::string& place, IssueList& issues);

}  // namespace initbench
