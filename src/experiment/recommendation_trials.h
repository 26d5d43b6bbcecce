/// What the trainings of a recommendation share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "experiment/recommendation.h"
#include "experiment/trial.h"

namespace initbench {

/// A config for `steps` updates without files; the schedule is left to the caller.
ExperimentConfig with_budget(ExperimentConfig config, std::uint64_t seed, double rate,
                             std::int64_t steps);

/// A learning rate times a factor, in digits that can be read.
double scaled_rate(double rate, double factor);

/// The losses of logged steps. What is told of them rests on parts: one batch may be a lucky one.
class LossHistory : public Observer {
 public:
  void on_step(const StepView& view) override { losses_.push_back(view.loss); }

  /// Over the last quarter; infinite when nothing finite was logged.
  double late_mean() const;
  /// Whether that is by more than `amount`, and than noise explains, above an earlier eighth.
  bool came_back(double amount) const;

 private:
  std::vector<double> losses_;
};

/// What `work` makes of each trial, on the plan's pool, under a name for `plan.progress`; empty
/// when `plan.stop` said so, which ends a training between two updates.
template <typename Outcome, typename Work>
std::optional<std::vector<Outcome>> outcomes_of(const std::vector<Trial>& trials,
                                                const ProbePlan& plan, DataCache& cache,
                                                const std::string& name, const Work& work) {
  std::vector<Outcome> outcomes(trials.size());
  WorkCounter counter(plan, name, trials.size());
  const auto is_stopped = [&] { return plan.stop && plan.stop(); };
  const auto one = [&](const Trial& trial, std::size_t index) {
    const DataCache::Lease data = cache.get(trial.config);
    outcomes[index] = work(trial, *data, [&](const TrialPause&) { return !is_stopped(); });
    counter.count();
  };
  for (const TrialOutcome& outcome : run_all(trials, plan.pool, one, plan.stop)) {
    if (outcome.error) std::rethrow_exception(outcome.error);
    if (!outcome.finished) return std::nullopt;
  }
  if (is_stopped()) return std::nullopt;
  return outcomes;
}

}  // namespace initbench
