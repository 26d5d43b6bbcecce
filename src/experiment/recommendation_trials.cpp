#include "experiment/recommendation_trials.h"

#include <algorithm>
#include <limits>

#include "base/decimal.h"

namespace initbench {

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

double scaled_rate(const ExperimentConfig& config, double factor) {
  constexpr int kDigits = 6;
  return to_digits(config.train.optimizer.lr * factor, kDigits);
}

void LateLoss::on_step(const StepView& view) {
  if (view.step < begin_) return;
  sum_ += view.loss;
  ++count_;
}

double LateLoss::mean() const {
  return count_ == 0 ? std::numeric_limits<double>::infinity() : sum_ / count_;
}

}  // namespace initbench
