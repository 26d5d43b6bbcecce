#include "probe/width_chance.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "theory/gaussian_moments.h"
#include "theory/mean_field.h"

namespace initbench {
namespace {

// The v of 1 + v / n, E[M^2] / E[M]^2 of one layer: 5 of relu under He's law, forwards and
// backwards, 2 of a linear layer.
constexpr double kReluFluctuation = 5;
constexpr double kLinearFluctuation = 2;

/// Of the signal or of gradients, whichever is larger, for normal weights.
double fluctuation(const LayerSnapshot& layer) {
  const double q = layer.statistics.pre_m2;
  if (is_homogeneous(layer.activation) ||
      !(q > kSmallestAccurateLength && q < kLargestAccurateLength)) {
    return layer.activation.kind == ActivationKind::linear ? kLinearFluctuation : kReluFluctuation;
  }
  const GaussianMoments moments = gaussian_moments(layer.activation, q);
  const double backward = kLinearFluctuation + 3 * moments.slope_spread;
  return std::min(std::max(moments.relative_spread, backward), kReluFluctuation);
}

/// How much the logarithm of a squared length varies between draws of the weights: its mean falls
/// by `drift`.
struct Fluctuations {
  double drift = 0;
  double deviation = 0;
};

template <typename Fluctuation>
Fluctuations over_layers(const Snapshot& snapshot, Fluctuation fluctuation_of) {
  Fluctuations sum;
  double variance = 0;
  for (const LayerSnapshot& layer : snapshot.layers) {
    if (layer.role != LayerRole::hidden) continue;
    const auto units = static_cast<double>(layer.units);
    const double v = fluctuation_of(layer);
    sum.drift += v / 2 / units;
    variance += std::log1p(v / units);
  }
  sum.deviation = std::sqrt(variance);
  return sum;
}

}  // namespace

WidthChance width_chance(const Snapshot& snapshot, double deviations) {
  const Fluctuations square = over_layers(snapshot, fluctuation);
  return {.smallest = std::exp(-(square.drift + deviations * square.deviation) / 2),
          .largest = std::exp(deviations * square.deviation / 2)};
}

double chance_of_sensitivity(const Snapshot& snapshot, double deviations) {
  const auto linear = [](const LayerSnapshot&) { return kLinearFluctuation; };
  const double both_ways = std::numbers::sqrt2 * over_layers(snapshot, linear).deviation;
  return std::exp(deviations * both_ways / 2);
}

}  // namespace initbench
