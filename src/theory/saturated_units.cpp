#include "theory/saturated_units.h"

#include <cmath>
#include <numbers>

#include "base/errors.h"

namespace initbench {
namespace {

/// The least z at which a monotone activation is beyond `value`.
double argument_of(const Activation& activation, double value) {
  const ActivationRow& row = activation_row(activation.kind);
  constexpr double kFarthest = 1e3;
  constexpr int kHalvings = 64;
  double low = -kFarthest;
  double high = kFarthest;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (row.value(middle, activation.parameter) > value ? high : low) = middle;
  }
  return high;
}

}  // namespace

double saturated_share(const Activation& activation, double q) {
  expects(is_bounded(activation) && activation_row(activation.kind).period == 0,
          "a bounded and monotone activation");
  const ActivationRange range = unsaturated_range(activation);
  const bool rests = is_rectifier(activation);
  if (q == 0) {
    const double value = activation_row(activation.kind).value(0, activation.parameter);
    return !rests && (value < range.low || value > range.high) ? 1 : 0;
  }
  const auto share_below = [&](double z) {
    return std::erfc(-z / std::sqrt(q) / std::numbers::sqrt2) / 2;
  };
  const double below = share_below(argument_of(activation, range.low)) - (rests ? 0.5 : 0);
  return below + share_below(-argument_of(activation, range.high));
}

}  // namespace initbench
