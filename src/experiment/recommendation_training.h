/// Short trainings of a recommendation's candidates, each at the best of a few learning rates.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "experiment/recommendation.h"

namespace initbench {

struct TrainingPlan {
  std::size_t candidates = 4;  // from the top; the config as it is comes in any case
  std::vector<double> rates;   // empty: `rates_around`
  std::int64_t steps = 0;      // 0: the config's, at most 200
};

inline constexpr std::array kRateFactors{0.1, 0.3, 1.0, 3.0};
/// These times the config's rate, or the lower one that the first choice needs.
std::vector<double> rates_around(const Recommendation& recommendation,
                                 const ExperimentConfig& config);

/// Trains candidates x rates x seeds, the seeds of all paired, and ranks anew: what trains with
/// most seeds first, of that what leaves the network as it is, then by test loss. Each half of the
/// seeds counts at the rate that is best on the other half (from four seeds on). The config as it
/// is stays first when it trains and the best is not significantly better. Warm-ups and steps of
/// the schedule shrink with the training. False when `probes.stop` said so.
bool train_and_rank(Recommendation& recommendation, const ExperimentConfig& config,
                    const TrainingPlan& plan, const ProbePlan& probes, DataCache& cache);

}  // namespace initbench
