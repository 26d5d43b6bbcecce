#include "experiment/recommendation_rate.h"

#include <algorithm>
#include <string>

#include "experiment/rate_search.h"
#include "experiment/recommendation_trials.h"
#include "init/wording.h"

namespace initbench {
namespace {

constexpr std::size_t kMostSeeds = 3;

/// Trains the first choice with each of the first seeds, on the plan's pool.
RateTrials trials_of(const ExperimentConfig& candidate, const ProbePlan& plan, DataCache& cache) {
  return [&candidate, &plan, &cache](double rate, std::int64_t updates) {
    std::vector<Trial> trials;
    for (std::size_t i = 0; i < std::min(plan.seeds.size(), kMostSeeds); ++i) {
      trials.push_back({.config = rate_trial(candidate, plan.seeds[i], rate, updates),
                        .run_id = "",
                        .swept = {}});
    }
    const std::string work =
        std::to_string(updates) + " updates of the first choice at train.lr " + number_text(rate);
    return outcomes_of<Effect>(trials, plan, cache, work,
                               [](const Trial& trial, const DataSplits& data, const auto& pause) {
                                 return effect_of(trial.config, data, pause);
                               });
  };
}

}  // namespace

bool check_rate(Recommendation& recommendation, const ExperimentConfig& config,
                const ProbePlan& plan, DataCache& cache) {
  const Assessment& first = recommendation.ranked.front();
  const std::int64_t planned = train_spec(config, cache.get(config)->train).steps;
  if (planned == 0 || !first.is_healthy()) return true;
  const double present = config.train.optimizer.lr;
  const auto answer = search_rate({.rate = present, .many = std::min(planned, kManyUpdates)},
                                  trials_of(first.candidate.config, plan, cache));
  if (!answer) return false;
  const bool is_hopeless = answer->updates == kFewUpdates && answer->harmed > 0;
  if (is_hopeless) {
    recommendation.hopeless_rate = answer->rate;
  } else if (answer->rate < scaled_rate(present, 1)) {
    recommendation.lower_rate = answer->rate;
  }
  return true;
}

}  // namespace initbench
