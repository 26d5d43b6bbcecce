/// What a plan would run, without running it.
#pragma once

#include <span>
#include <string>

#include "experiment/trial.h"
#include "experiment/trial_cost.h"

namespace initbench {

/// A line per trial: settings, parameters, steps, memory, directory. `costs` are those of
/// `check_plan`.
std::string describe_plan(std::span<const PlannedRun> runs, std::span<const TrialCost> costs,
                          const std::string& out);

}  // namespace initbench
