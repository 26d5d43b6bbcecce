/// Short trainings of a recommendation's candidates: of the best over a few learning rates, and a
/// few updates of the first choice to see whether the config's rate suits it.
#pragma once

#include <cstdint>
#include <vector>

#include "experiment/recommendation.h"

namespace initbench {

struct TrainingPlan {
  std::size_t candidates = 4;  // from the top; the config as it is comes in any case
  std::vector<double> rates;   // empty: a tenth, three tenths, one and three times the config's
  std::int64_t steps = 0;      // 0: the config's, at most 200
};

/// Trains candidates x rates x seeds, the seeds of all paired, and ranks what was trained first: by
/// the share of seeds that train, then by the test loss, each candidate at its best rate. False
/// when `probes.stop` said so.
bool train_and_rank(Recommendation& recommendation, const ExperimentConfig& config,
                    const TrainingPlan& plan, const ProbePlan& probes, DataCache& cache);

/// Tries the first choice for a few updates with every seed, at the config's learning rate and, as
/// long as these raise the loss, or kill or saturate units, at lower ones: `lower_rate`. False when
/// `probes.stop` said so.
bool check_rate(Recommendation& recommendation, const ExperimentConfig& config,
                const ProbePlan& probes, DataCache& cache);

}  // namespace initbench
