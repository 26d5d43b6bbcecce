#include "experiment/recommendation_rate.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "experiment/recommendation_trials.h"
#include "init/wording.h"

namespace initbench {
namespace {

constexpr std::int64_t kFewUpdates = 60;
constexpr std::int64_t kManyUpdates = 200;
constexpr std::size_t kMostSeeds = 3;
constexpr std::int64_t kLongestWarmup = 200;
constexpr std::array kFactors{1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001};
constexpr std::size_t kMostLongLooks = 3;

enum class Effect : char { harm, none, learning };

/// What updates at the trial's rate did to the network. Harm: it diverged, has dead or saturated
/// units, a loss above the first one and that of guessing (of which some noise is allowed), or one
/// that came back after it had been much lower.
Effect effect_of(const Trial& trial, const DataSplits& data, const TrialControl& control) {
  constexpr double kNoise = 1.05;
  constexpr double kLost = 0.25;  // of the loss of guessing
  LossHistory history;
  const TrialResult result = run_trial(trial.config, data, history, control);
  const auto is_harm = [](const Finding& finding) {
    return finding.step > 0 && finding.condition != Condition::stalled;
  };
  const std::vector<Finding>& findings = result.verdict.findings;
  if (result.diverged() || std::any_of(findings.begin(), findings.end(), is_harm)) {
    return Effect::harm;
  }
  const double late = history.late_mean();
  const double guessing = result.guessing_loss;
  if (!(late <= kNoise * std::max(result.initial_train->loss, guessing))) return Effect::harm;
  if (history.came_back(kLost * guessing)) return Effect::harm;
  return late < trial.config.diagnosis.learned * guessing ? Effect::learning : Effect::none;
}

/// Tries learning rates on one candidate.
class RateTrials {
 public:
  RateTrials(const ExperimentConfig& candidate, const ProbePlan& plan, DataCache& cache)
      : candidate_(candidate),
        plan_(plan),
        cache_(cache),
        warmup_(std::min(candidate.train.schedule.warmup_steps, kLongestWarmup)),
        seeds_(std::min(plan.seeds.size(), kMostSeeds)) {}

  std::size_t seeds() const { return seeds_; }

  /// Of each seed; empty when `plan.stop` said so.
  std::optional<std::vector<Effect>> run(double rate, std::int64_t updates) const {
    std::vector<Trial> trials;
    for (std::size_t i = 0; i < seeds_; ++i) {
      trials.push_back({.config = with_budget(candidate_, plan_.seeds[i], rate, warmup_ + updates),
                        .run_id = "",
                        .swept = {}});
      trials.back().config.train.schedule = {.warmup_steps = warmup_};
      trials.back().config.log.every = 1;
    }
    const std::string work =
        std::to_string(updates) + " updates of the first choice at train.lr " + number_text(rate);
    return outcomes_of<Effect>(
        trials, plan_, cache_, work,
        [](const Trial& trial, const DataSplits& data, const auto& pause) {
          return effect_of(trial, data, {.pause = pause, .advises = false, .tests = false});
        });
  }

 private:
  const ExperimentConfig& candidate_;
  const ProbePlan& plan_;
  DataCache& cache_;
  std::int64_t warmup_;
  std::size_t seeds_;
};

std::size_t count(const std::vector<Effect>& effects, Effect effect) {
  return static_cast<std::size_t>(std::count(effects.begin(), effects.end(), effect));
}

/// The first factor from `begin` on with which most seeds learn; `begin` when none does.
std::optional<std::size_t> best_for_learning(const RateTrials& trials,
                                             const ExperimentConfig& config, std::size_t begin,
                                             std::int64_t updates) {
  std::size_t best = begin;
  std::size_t most = 0;
  const std::size_t end = std::min(begin + kMostLongLooks, kFactors.size());
  for (std::size_t i = begin; i < end && most < trials.seeds(); ++i) {
    const auto effects = trials.run(scaled_rate(config.train.optimizer.lr, kFactors[i]), updates);
    if (!effects) return std::nullopt;
    const std::size_t learning = count(*effects, Effect::learning);
    if (learning > most) best = i;
    most = std::max(most, learning);
  }
  return best;
}

}  // namespace

bool check_rate(Recommendation& recommendation, const ExperimentConfig& config,
                const ProbePlan& plan, DataCache& cache) {
  const Assessment& first = recommendation.ranked.front();
  const std::int64_t planned = train_spec(config, cache.get(config)->train).steps;
  if (planned == 0 || !first.is_healthy()) return true;
  const RateTrials trials(first.candidate.config, plan, cache);
  std::size_t factor = 0;
  for (; factor < kFactors.size(); ++factor) {
    const auto effects =
        trials.run(scaled_rate(config.train.optimizer.lr, kFactors[factor]), kFewUpdates);
    if (!effects) return false;
    if (count(*effects, Effect::harm) == 0) break;
  }
  if (factor == kFactors.size()) {
    recommendation.hopeless_rate = scaled_rate(config.train.optimizer.lr, kFactors.back());
    return true;
  }
  if (planned > kFewUpdates) {
    const auto best = best_for_learning(trials, config, factor, std::min(planned, kManyUpdates));
    if (!best) return false;
    factor = *best;
  }
  if (factor > 0)
    recommendation.lower_rate = scaled_rate(config.train.optimizer.lr, kFactors[factor]);
  return true;
}

}  // namespace initbench
