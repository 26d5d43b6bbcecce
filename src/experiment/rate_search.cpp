#include "experiment/rate_search.h"

#include <algorithm>
#include <array>
#include <utility>

#include "experiment/recommendation_trials.h"

namespace initbench {
namespace {

constexpr std::array kFactors{1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001};
constexpr std::size_t kMostLongLooks = 3;

std::size_t count(const std::vector<Effect>& effects, Effect effect) {
  return static_cast<std::size_t>(std::count(effects.begin(), effects.end(), effect));
}

RateAnswer answer_of(double rate, std::int64_t updates, const std::vector<Effect>& effects) {
  return {.rate = rate,
          .updates = updates,
          .learning = count(effects, Effect::learning),
          .harmed = count(effects, Effect::harm)};
}

bool is_better(const RateAnswer& a, const RateAnswer& b) {
  return a.learning > b.learning || (a.learning == b.learning && a.harmed < b.harmed);
}

}  // namespace

ExperimentConfig rate_trial(const ExperimentConfig& config, std::uint64_t seed, double rate,
                            std::int64_t updates) {
  constexpr std::int64_t kLongestWarmup = 200;
  const std::int64_t warmup = std::min(config.train.schedule.warmup_steps, kLongestWarmup);
  ExperimentConfig trial = with_budget(config, seed, rate, warmup + updates);
  trial.train.schedule = {.warmup_steps = warmup};
  trial.log.every = 1;
  return trial;
}

Effect effect_of(const ExperimentConfig& trial, const DataSplits& data,
                 const std::function<bool(const TrialPause&)>& pause) {
  constexpr double kNoise = 1.05;
  constexpr double kLost = 0.25;  // of the loss of guessing
  LossHistory history;
  const TrialResult result =
      run_trial(trial, data, history, {.pause = pause, .advises = false, .tests = false});
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
  return late < trial.diagnosis.learned * guessing ? Effect::learning : Effect::none;
}

std::optional<RateAnswer> search_rate(const RateSearch& search, const RateTrials& trials) {
  const auto rate_of = [&](std::size_t i) { return scaled_rate(search.rate, kFactors[i]); };
  RateAnswer answer;
  std::vector<double> worse;
  std::size_t i = search.first;
  for (; i < kFactors.size(); ++i) {
    const auto effects = trials(rate_of(i), search.few);
    if (!effects) return std::nullopt;
    answer = answer_of(rate_of(i), search.few, *effects);
    if (answer.harmed == 0) break;
    worse.push_back(rate_of(i));
  }
  if (answer.harmed == 0 && search.many > search.few) {
    const std::size_t end = std::min(i + kMostLongLooks, kFactors.size());
    std::optional<RateAnswer> best;
    for (bool all_learn = false; i < end && !all_learn; ++i) {
      const auto effects = trials(rate_of(i), search.many);
      if (!effects) return std::nullopt;
      const RateAnswer look = answer_of(rate_of(i), search.many, *effects);
      if (!best || is_better(look, *best)) best = look;
      all_learn = look.learning == effects->size();
    }
    answer = *best;
  }
  answer.worse = std::move(worse);
  return answer;
}

}  // namespace initbench
