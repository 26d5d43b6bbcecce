#include "probe/reading.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"

namespace initbench {

double Reading::share() const {
  using enum Condition;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (std::isnan(value)) return kInfinity;
  if (condition == symmetric || condition == dead_units || condition == saturated) {
    return value / threshold;
  }
  const double whole = std::log(threshold);
  return whole == 0 ? kInfinity : std::max(0.0, std::log(value) / whole);
}

double threshold_of(Condition condition, const Thresholds& thresholds, bool residual) {
  switch (condition) {
    using enum Condition;
    case symmetric: return thresholds.symmetric;
    case dead_units: return thresholds.dead_units;
    case chaotic: return thresholds.chaotic;
    case saturated: return thresholds.saturated;
    case exploding_activations:
      return residual ? thresholds.exploding_residual_activations
                      : thresholds.exploding_activations;
    case vanishing_activations: return thresholds.vanishing_activations;
    case exploding_gradients: return thresholds.exploding_gradients;
    case vanishing_gradients: return thresholds.vanishing_gradients;
    case rank_collapse: return thresholds.rank_collapse;
    case diverged:
    case stalled: break;
  }
  expects(false, "a condition of networks that are not trained");
  return 0;
}

bool can_saturate(const Activation& activation) {
  return is_bounded(activation) && activation_row(activation.kind).period == 0;
}

double saturation_threshold(const Activation& activation, const Thresholds& thresholds) {
  // One that is linear up to its bounds may be flat for as many again: the rest passes gradients in
  // full, and at the edge of chaos half of it is beyond them.
  const bool clips = !is_rectifier(activation) && !activation_row(activation.kind).kinks.empty();
  return clips ? (1 + thresholds.saturated) / 2 : thresholds.saturated;
}

const Reading* reading_of(const std::vector<Reading>& readings, Condition condition) {
  const auto found = std::find_if(readings.begin(), readings.end(), [&](const Reading& reading) {
    return reading.condition == condition;
  });
  return found == readings.end() ? nullptr : &*found;
}

const Reading& nearest_of(const std::vector<Reading>& readings) {
  expects(!readings.empty(), "at least one reading");
  return *std::max_element(
      readings.begin(), readings.end(),
      [](const Reading& a, const Reading& b) { return a.share() < b.share(); });
}

}  // namespace initbench
