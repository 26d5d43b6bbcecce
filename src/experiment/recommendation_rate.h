/// Whether the config's learning rate suits a recommendation's first choice.
#pragma once

#include "experiment/recommendation.h"

namespace initbench {

/// Trains a healthy first choice with the first three seeds, at the config's learning rate and at
/// lower ones: first a few updates, until these do no harm (else `hopeless_rate` is set), then, as
/// the config trains, up to 200, until every seed learns. Sets `lower_rate` to the rate with which
/// most seeds do, unless it is the config's own. Warm-ups count up to 200 updates, other schedules
/// not at all. False when `plan.stop` said so.
bool check_rate(Recommendation& recommendation, const ExperimentConfig& config,
                const ProbePlan& plan, DataCache& cache);

}  // namespace initbench
