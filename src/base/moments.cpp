#include "base/moments.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/lane_sum.h"

namespace initbench {

Moments moments_of(std::span<const Scalar> values) {
  if (values.empty()) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    return {.mean = kUnknown, .variance = kUnknown, .second_moment = kUnknown, .count = 0};
  }
  const auto count = static_cast<double>(values.size());
  const double shift = std::isfinite(values.front()) ? static_cast<double>(values.front()) : 0.0;
  const SumAndSquares shifted = lane_sum_and_squares(
      values.size(), [&](std::size_t i) { return static_cast<double>(values[i]) - shift; });
  const double offset = shifted.sum / count;
  const double mean = shift + offset;
  const double variance = std::max(shifted.squares / count - offset * offset, 0.0);
  return {.mean = mean,
          .variance = variance,
          .second_moment = variance + mean * mean,
          .count = static_cast<Index>(values.size())};
}

double sum_of_squares(std::span<const Scalar> values) {
  return lane_sum(values.size(), [&](std::size_t i) {
    const auto x = static_cast<double>(values[i]);
    return x * x;
  });
}

}  // namespace initbench
