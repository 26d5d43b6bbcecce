#include "base/moments.h"

#include <array>
#include <limits>

namespace initbench {
namespace {

// Independent lanes let the compiler use vector registers without reordering any sum.
constexpr std::size_t kLanes = 16;

template <typename Term>
double lane_sum(std::span<const Scalar> values, Term term) {
  std::array<double, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += term(static_cast<double>(values[i + lane]));
    }
  }
  double total = 0;
  for (const double sum : sums) total += sum;
  for (; i < values.size(); ++i) total += term(static_cast<double>(values[i]));
  return total;
}

}  // namespace

Moments moments_of(std::span<const Scalar> values) {
  if (values.empty()) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    return {.mean = kUnknown, .variance = kUnknown, .second_moment = kUnknown, .count = 0};
  }
  const auto count = static_cast<double>(values.size());
  const double mean = lane_sum(values, [](double x) { return x; }) / count;
  const double variance =
      lane_sum(values, [mean](double x) { return (x - mean) * (x - mean); }) / count;
  return {.mean = mean,
          .variance = variance,
          .second_moment = variance + mean * mean,
          .count = static_cast<Index>(values.size())};
}

double sum_of_squares(std::span<const Scalar> values) {
  return lane_sum(values, [](double x) { return x * x; });
}

}  // namespace initbench
