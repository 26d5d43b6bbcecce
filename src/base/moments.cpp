#include "base/moments.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/lane_sum.h"

namespace initbench {
namespace {

/// sum + x^2, in one operation where the processor has it. The square of a float is exact in
/// double, so that both ways round once, to the same bits.
double with_square(double sum, Scalar value) {
  const auto x = static_cast<double>(value);
#ifdef FP_FAST_FMA
  if constexpr (std::is_same_v<Scalar, float>) return std::fma(x, x, sum);
#endif
  return sum + x * x;
}

/// Of differences to `mean`, which is close to theirs.
Moments moments_about(double mean, std::span<const Scalar> values) {
  const auto count = static_cast<double>(values.size());
  const auto [sum, squares] = lane_sums(values.size(), [&](std::size_t i, TwoSums sums) -> TwoSums {
    const double x = static_cast<double>(values[i]) - mean;
    return {.first = sums.first + x, .second = sums.second + x * x};
  });
  const double offset = sum / count;
  const double variance = std::max(squares / count - offset * offset, 0.0);
  mean += offset;
  return {.mean = mean,
          .variance = variance,
          .second_moment = variance + mean * mean,
          .count = static_cast<Index>(values.size())};
}

}  // namespace

Moments moments_of(std::span<const Scalar> values) {
  if (values.empty()) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    return {.mean = kUnknown, .variance = kUnknown, .second_moment = kUnknown, .count = 0};
  }
  const auto count = static_cast<double>(values.size());
  const auto [sum, squares] = lane_sums(values.size(), [&](std::size_t i, TwoSums sums) -> TwoSums {
    return {.first = sums.first + static_cast<double>(values[i]),
            .second = with_square(sums.second, values[i])};
  });
  const double mean = sum / count;
  const double second_moment = squares / count;
  const double variance = second_moment - mean * mean;
  constexpr double kMuchSmaller = 1e-2;
  if (variance < kMuchSmaller * second_moment) return moments_about(mean, values);
  return {.mean = mean,
          .variance = variance,
          .second_moment = second_moment,
          .count = static_cast<Index>(values.size())};
}

double sum_of_squares(std::span<const Scalar> values) {
  return lane_sum(values.size(),
                  [&](std::size_t i, double sum) { return with_square(sum, values[i]); });
}

}  // namespace initbench
