#include "experiment/recommendation_trials.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/decimal.h"
#include "experiment/sample_statistics.h"

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

double scaled_rate(double rate, double factor) {
  constexpr int kDigits = 6;
  return to_digits(rate * factor, kDigits);
}

double LossHistory::late_mean() const {
  const std::size_t count = std::min(losses_.size(), losses_.size() / 4 + 1);
  return mean(std::span(losses_).last(count)).value_or(std::numeric_limits<double>::infinity());
}

bool LossHistory::came_back(double amount) const {
  constexpr double kDeviations = 3;
  const std::size_t size = losses_.size() / 8;
  if (size == 0) return false;
  const std::span<const double> losses = losses_;
  for (std::size_t begin = 0; begin + size <= losses.size(); begin += size) {
    const SampleStatistics part = sample_statistics(losses.subspan(begin, size));
    if (!part.mean) continue;
    const double noise =
        kDeviations * part.deviation.value_or(0) / std::sqrt(static_cast<double>(size));
    if (late_mean() > *part.mean + std::max(amount, noise)) return true;
  }
  return false;
}

}  // namespace initbench
