/// What the flags that name configs ask for: the trials of a plan.
#pragma once

#include <vector>

#include "cli/arguments.h"
#include "experiment/trial.h"

namespace initbench {

/// The runs of all configs; the same run asked for twice is in the plan once. Throws ConfigError
/// with the errors of all configs.
std::vector<Trial> plan(const RunArguments& arguments);

Verbosity verbosity_of(const RunArguments& arguments);

}  // namespace initbench
