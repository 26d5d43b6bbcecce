/// What a plan would run, without running it.
#pragma once

#include <span>
#include <string>

#include "experiment/data_cache.h"
#include "experiment/trial.h"

namespace initbench {

/// A line per trial: directory, parameters, steps, memory. Throws ConfigError or DataError when one
/// of them could not run.
std::string describe_plan(std::span<const Trial> trials, const std::string& out, DataCache& cache);

}  // namespace initbench
