/// Whether the config's learning rate suits a recommendation's first choice.
#pragma once

#include "experiment/recommendation.h"

namespace initbench {

/// Makes some updates of a healthy first choice with the first three seeds, at the config's
/// learning rate and, as long as these raise the loss, or kill or saturate units, at lower ones:
/// sets `lower_rate` to the first that does not, or else `hopeless_rate`. Warm-ups count up to 200
/// updates, other schedules not at all. False when `plan.stop` said so.
bool check_rate(Recommendation& recommendation, const ExperimentConfig& config,
                const ProbePlan& plan, DataCache& cache);

}  // namespace initbench
