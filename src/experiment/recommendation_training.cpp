#include "experiment/recommendation_training.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "base/decimal.h"
#include "base/errors.h"
#include "experiment/sample_statistics.h"
#include "experiment/trial.h"

namespace initbench {
namespace {

constexpr std::int64_t kUsualSteps = 200;

double scaled_rate(const ExperimentConfig& config, double factor) {
  constexpr int kDigits = 6;
  return to_digits(config.train.optimizer.lr * factor, kDigits);
}

std::vector<double> rates_around(const ExperimentConfig& config) {
  std::vector<double> rates;
  for (const double factor : {0.1, 0.3, 1.0, 3.0}) rates.push_back(scaled_rate(config, factor));
  return rates;
}

/// Losses of the last quarter of the steps: one batch alone may be a lucky one.
class LateLoss : public Observer {
 public:
  explicit LateLoss(std::int64_t steps) : begin_(steps - steps / 4) {}

  void on_step(const StepView& view) override {
    if (view.step < begin_) return;
    sum_ += view.loss;
    ++count_;
  }
  double mean() const {
    return count_ == 0 ? std::numeric_limits<double>::infinity() : sum_ / count_;
  }

 private:
  std::int64_t begin_;
  double sum_ = 0;
  int count_ = 0;
};

/// One training; a diverged one has infinite losses.
struct Training {
  double final_loss = std::numeric_limits<double>::infinity();
  double best_loss = std::numeric_limits<double>::infinity();
  bool trains = false;
};

Training train_once(const Trial& trial, const DataSplits& data) {
  LateLoss late(*trial.config.train.steps);
  const TrialResult result = run_trial(trial.config, data, late, {.advises = false});
  Training training;
  if (result.diverged() || !result.final_test || !std::isfinite(result.final_test->loss)) {
    return training;
  }
  training.final_loss = result.final_test->loss;
  training.best_loss = result.best_test->loss;
  const double limit = trial.config.diagnosis.stalled * result.guessing_loss;
  training.trains = training.final_loss < limit || late.mean() < limit;
  return training;
}

enum class Haste { none, too_fast };

/// Whether a few updates at the trial's rate left the network worse than it was: diverged, with
/// dead or saturated units, or with a higher loss, of which some noise is allowed.
Haste haste_of(const Trial& trial, const DataSplits& data) {
  constexpr double kNoise = 1.05;
  LateLoss late(*trial.config.train.steps);
  const TrialResult result = run_trial(trial.config, data, late, {.advises = false});
  const auto is_harm = [](const Finding& f) { return f.condition != Condition::stalled; };
  const std::vector<Finding>& findings = result.verdict.findings;
  if (std::any_of(findings.begin(), findings.end(), is_harm)) return Haste::too_fast;
  const bool is_lower =
      late.mean() <= kNoise * std::max(result.initial_train->loss, result.guessing_loss);
  return is_lower ? Haste::none : Haste::too_fast;
}

ExperimentConfig with_budget(ExperimentConfig config, std::uint64_t seed, double rate,
                             std::int64_t steps) {
  constexpr std::int64_t kLoggedSteps = 20;
  config.seed = seed;
  config.train.optimizer.lr = rate;
  config.train.epochs.reset();
  config.train.steps = steps;
  config.log = {.every = std::max<std::int64_t>(1, steps / kLoggedSteps)};
  return config;
}

/// The interquartile mean; empty when it would touch what diverged.
std::optional<double> typical(std::span<const Training> trainings, double Training::*loss) {
  std::vector<double> scores;
  for (const Training& training : trainings) scores.push_back(-(training.*loss));
  const std::optional<double> mean = sample_statistics(scores).interquartile_mean;
  return mean ? std::optional(-*mean) : std::nullopt;
}

TrainedFigures figures_of(std::span<const Training> trainings, double rate) {
  return {.rate = rate,
          .final_loss = typical(trainings, &Training::final_loss),
          .best_loss = typical(trainings, &Training::best_loss),
          .trained = static_cast<std::size_t>(std::count_if(
              trainings.begin(), trainings.end(), [](const Training& t) { return t.trains; })),
          .seeds = trainings.size()};
}

/// The better the smaller.
auto training_key(const TrainedFigures& figures) {
  return std::tuple(figures.seeds - figures.trained,
                    figures.final_loss.value_or(std::numeric_limits<double>::infinity()));
}

/// What is trained: the first ones and the config as it is.
std::vector<std::size_t> chosen(const Recommendation& recommendation, std::size_t count) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < recommendation.ranked.size(); ++i) {
    const Assessment& assessment = recommendation.ranked[i];
    const bool is_first = i < count && !assessment.probes.empty();
    if (is_first || assessment.candidate.is_current) places.push_back(i);
  }
  return places;
}

std::int64_t steps_of(const ExperimentConfig& config, const TrainingPlan& plan, DataCache& cache) {
  if (plan.steps > 0) return plan.steps;
  const std::int64_t planned = train_spec(config, cache.get(config)->train).steps;
  return planned == 0 ? kUsualSteps : std::min(planned, kUsualSteps);
}

/// What came of a plan's trials; empty when `probes.stop` said so.
template <typename Outcome>
std::optional<std::vector<Outcome>> outcomes_of(const std::vector<Trial>& trials,
                                                const ProbePlan& probes, DataCache& cache,
                                                Outcome (*work)(const Trial&, const DataSplits&)) {
  std::vector<Outcome> outcomes(trials.size());
  const auto one = [&](const Trial& trial, std::size_t index) {
    const DataCache::Lease data = cache.get(trial.config);
    outcomes[index] = work(trial, *data);
  };
  for (const TrialOutcome& outcome : run_all(trials, probes.pool, one, probes.stop)) {
    if (outcome.error) std::rethrow_exception(outcome.error);
    if (!outcome.finished) return std::nullopt;
  }
  return outcomes;
}

bool ranks_before(const Assessment& a, const Assessment& b) {
  if (!a.trained || !b.trained) return a.trained.has_value() && !b.trained.has_value();
  return training_key(*a.trained) < training_key(*b.trained);
}

}  // namespace

bool train_and_rank(Recommendation& recommendation, const ExperimentConfig& config,
                    const TrainingPlan& plan, const ProbePlan& probes, DataCache& cache) {
  const std::vector<double> rates = plan.rates.empty() ? rates_around(config) : plan.rates;
  const std::vector<std::size_t> places = chosen(recommendation, plan.candidates);
  recommendation.train_steps = steps_of(config, plan, cache);
  std::vector<Trial> trials;
  for (const std::size_t place : places) {
    const ExperimentConfig& candidate = recommendation.ranked[place].candidate.config;
    for (const double rate : rates) {
      for (const std::uint64_t seed : probes.seeds) {
        trials.push_back(
            {.config = with_budget(candidate, seed, rate, recommendation.train_steps)});
      }
    }
  }
  const auto trainings = outcomes_of(trials, probes, cache, train_once);
  if (!trainings) return false;
  const std::size_t seeds = probes.seeds.size();
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::optional<TrainedFigures>& best = recommendation.ranked[places[i]].trained;
    for (std::size_t j = 0; j < rates.size(); ++j) {
      const std::span<const Training> all(*trainings);
      const TrainedFigures figures =
          figures_of(all.subspan((i * rates.size() + j) * seeds, seeds), rates[j]);
      if (!best || training_key(figures) < training_key(*best)) best = figures;
    }
  }
  std::stable_sort(recommendation.ranked.begin(), recommendation.ranked.end(), ranks_before);
  return true;
}

bool check_rate(Recommendation& recommendation, const ExperimentConfig& config,
                const ProbePlan& probes, DataCache& cache) {
  constexpr std::int64_t kUpdates = 30;
  const ExperimentConfig& first = recommendation.ranked.front().candidate.config;
  if (train_spec(config, cache.get(config)->train).steps == 0) return true;  // nothing is trained
  for (const double factor : {1.0, 0.3, 0.1, 0.03}) {
    const double rate = scaled_rate(config, factor);
    std::vector<Trial> trials;
    for (const std::uint64_t seed : probes.seeds) {
      trials.push_back({.config = with_budget(first, seed, rate, kUpdates)});
    }
    const auto outcomes = outcomes_of(trials, probes, cache, haste_of);
    if (!outcomes) return false;
    if (factor < 1) recommendation.lower_rate = rate;
    if (std::count(outcomes->begin(), outcomes->end(), Haste::too_fast) == 0) return true;
  }
  return true;
}

}  // namespace initbench
