#include "experiment/recommendation_rate.h"

#include <algorithm>

#include "experiment/recommendation_trials.h"

namespace initbench {
namespace {

constexpr std::int64_t kUpdates = 60;
constexpr std::size_t kMostSeeds = 3;
constexpr std::int64_t kLongestWarmup = 200;

/// Whether a few updates at the trial's rate left the network worse than it was: diverged, with
/// dead or saturated units, or with a higher loss, of which some noise is allowed.
bool is_too_fast(const Trial& trial, const DataSplits& data, const TrialControl& control) {
  constexpr double kNoise = 1.05;
  LateLoss late(*trial.config.train.steps);
  const TrialResult result = run_trial(trial.config, data, late, control);
  const auto is_harm = [](const Finding& finding) {
    return finding.step > 0 && finding.condition != Condition::stalled;
  };
  const std::vector<Finding>& findings = result.verdict.findings;
  if (result.diverged() || std::any_of(findings.begin(), findings.end(), is_harm)) return true;
  return !(late.mean() <= kNoise * std::max(result.initial_train->loss, result.guessing_loss));
}

std::vector<Trial> trials_at(double rate, const ExperimentConfig& config, const ProbePlan& plan) {
  const std::int64_t warmup = std::min(config.train.schedule.warmup_steps, kLongestWarmup);
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < std::min(plan.seeds.size(), kMostSeeds); ++i) {
    trials.push_back({.config = with_budget(config, plan.seeds[i], rate, warmup + kUpdates)});
    trials.back().config.train.schedule = {.warmup_steps = warmup};
  }
  return trials;
}

}  // namespace

bool check_rate(Recommendation& recommendation, const ExperimentConfig& config,
                const ProbePlan& plan, DataCache& cache) {
  const Assessment& best = recommendation.ranked.front();
  const bool is_trained = train_spec(config, cache.get(config)->train).steps > 0;
  if (!is_trained || !best.is_healthy()) return true;
  for (const double factor : {1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001}) {
    const double rate = scaled_rate(config, factor);
    const auto too_fast = outcomes_of<char>(
        trials_at(rate, best.candidate.config, plan), plan, cache,
        [](const Trial& trial, const DataSplits& data, const auto& pause) -> char {
          return is_too_fast(trial, data, {.pause = pause, .advises = false, .tests = false});
        });
    if (!too_fast) return false;
    recommendation.hopeless_rate = rate;
    if (std::count(too_fast->begin(), too_fast->end(), 1) > 0) continue;
    recommendation.hopeless_rate.reset();
    if (factor < 1) recommendation.lower_rate = rate;
    return true;
  }
  return true;
}

}  // namespace initbench
