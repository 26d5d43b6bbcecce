/// Trials of a config's text, as the program plans and reads them.
#pragma once

#include <string_view>
#include <vector>

#include "experiment/sweep.h"
#include "experiment/trial.h"

namespace initbench::testing {

inline std::vector<Trial> planned_trials(std::string_view text, const ConfigChanges& changes = {}) {
  const SweepPlan plan = plan_sweep(text, "test.json", changes);
  std::vector<Trial> trials;
  for (const PlannedRun& run : plan.runs) trials.push_back(read_trial(plan.source, run));
  return trials;
}

/// Of a config without a sweep.
inline Trial planned_trial(std::string_view text, const std::vector<Override>& overrides = {}) {
  return planned_trials(text, {.overrides = overrides}).at(0);
}

}  // namespace initbench::testing
