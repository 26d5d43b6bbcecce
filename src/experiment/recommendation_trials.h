/// What the trainings of a recommendation share.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <vector>

#include "experiment/recommendation.h"
#include "experiment/trial.h"

namespace initbench {

/// A config for `steps` updates without files; the schedule is left to the caller.
ExperimentConfig with_budget(ExperimentConfig config, std::uint64_t seed, double rate,
                             std::int64_t steps);

/// The config's rate times a factor, in digits that can be read.
double scaled_rate(const ExperimentConfig& config, double factor);

/// Losses of the last quarter of the steps: one batch alone may be a lucky one.
class LateLoss : public Observer {
 public:
  explicit LateLoss(std::int64_t steps) : begin_(steps - steps / 4) {}

  void on_step(const StepView& view) override;
  double mean() const;

 private:
  std::int64_t begin_;
  double sum_ = 0;
  int count_ = 0;
};

/// What `work` makes of each trial, on the plan's pool; empty when `plan.stop` said so, which ends
/// a training between two updates.
template <typename Outcome, typename Work>
std::optional<std::vector<Outcome>> outcomes_of(const std::vector<Trial>& trials,
                                                const ProbePlan& plan, DataCache& cache,
                                                const Work& work) {
  std::vector<Outcome> outcomes(trials.size());
  const auto is_stopped = [&] { return plan.stop && plan.stop(); };
  const auto one = [&](const Trial& trial, std::size_t index) {
    const DataCache::Lease data = cache.get(trial.config);
    outcomes[index] = work(trial, *data, [&](const TrialPause&) { return !is_stopped(); });
  };
  for (const TrialOutcome& outcome : run_all(trials, plan.pool, one, plan.stop)) {
    if (outcome.error) std::rethrow_exception(outcome.error);
    if (!outcome.finished) return std::nullopt;
  }
  if (is_stopped()) return std::nullopt;
  return outcomes;
}

}  // namespace initbench
