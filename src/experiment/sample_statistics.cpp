#include "experiment/sample_statistics.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <vector>

#include "base/errors.h"

namespace initbench {
namespace {

constexpr double kTail = (1 - kConfidence) / 2;

using Sorted = std::span<const double>;

double mean_of(Sorted values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double squared_deviations(Sorted values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

std::optional<double> if_finite(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

double median_of(Sorted values) {
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

Interval around(double centre, double standard_error, double degrees_of_freedom) {
  const double half = student_quantile(degrees_of_freedom) * standard_error;
  return {.low = centre - half, .high = centre + half};
}

/// The sample with its lowest and highest `trimmed` values replaced by their neighbours.
std::vector<double> winsorized(Sorted values, std::size_t trimmed) {
  std::vector<double> copy(values.begin(), values.end());
  for (std::size_t i = 0; i < trimmed; ++i) {
    copy[i] = values[trimmed];
    copy[copy.size() - 1 - i] = values[values.size() - 1 - trimmed];
  }
  return copy;
}

/// How many values an interquartile mean leaves out on either side.
std::size_t trimmed_of(Sorted values) { return values.size() / 4; }

std::optional<double> mean_of_inner(Sorted values) {
  const std::size_t trimmed = trimmed_of(values);
  return if_finite(mean_of(values.subspan(trimmed, values.size() - 2 * trimmed)));
}

}  // namespace

std::optional<double> mean(std::span<const double> scores) {
  if (scores.empty()) return std::nullopt;
  return if_finite(mean_of(scores));
}

std::optional<double> interquartile_mean(std::span<const double> scores) {
  if (scores.empty()) return std::nullopt;
  std::vector<double> sorted(scores.begin(), scores.end());
  std::sort(sorted.begin(), sorted.end());
  return mean_of_inner(sorted);
}

double student_quantile(double degrees_of_freedom) {
  const boost::math::students_t distribution(degrees_of_freedom);
  return boost::math::quantile(boost::math::complement(distribution, kTail));
}

double student_p(double t, double degrees_of_freedom) {
  const boost::math::students_t distribution(degrees_of_freedom);
  return 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(t)));
}

SampleStatistics sample_statistics(std::span<const double> scores) {
  SampleStatistics result{.n = scores.size()};
  if (scores.empty()) return result;
  std::vector<double> sorted(scores.begin(), scores.end());
  std::sort(sorted.begin(), sorted.end());
  expects(!std::isnan(sorted.back()) && !std::isnan(sorted.front()), "scores are numbers");

  result.mean = if_finite(mean_of(sorted));
  result.median = if_finite(median_of(sorted));
  const std::size_t trimmed = trimmed_of(sorted);
  const std::size_t kept = scores.size() - 2 * trimmed;
  result.interquartile_mean = mean_of_inner(sorted);

  const auto n = static_cast<double>(scores.size());
  if (result.mean && scores.size() > 1) {
    result.deviation = std::sqrt(squared_deviations(sorted) / (n - 1));
    result.mean_interval = around(*result.mean, *result.deviation / std::sqrt(n), n - 1);
  }
  if (result.interquartile_mean && kept > 1) {
    const auto h = static_cast<double>(kept);
    const double error = std::sqrt(squared_deviations(winsorized(sorted, trimmed)) / (h * (h - 1)));
    result.interquartile_interval = around(*result.interquartile_mean, error, h - 1);
  }
  return result;
}

Interval wilson_interval(std::size_t successes, std::size_t trials) {
  expects(trials > 0 && successes <= trials, "a share of something");
  const double z = boost::math::quantile(boost::math::complement(boost::math::normal(), kTail));
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double centre = share + z * z / (2 * n);
  const double half = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // At 0 and at 1 rounding would leave the ends a hair off what they are exactly.
  return {.low = successes == 0 ? 0 : (centre - half) / scale,
          .high = successes == trials ? 1 : (centre + half) / scale};
}

double normal_deviate(double t, double degrees_of_freedom) {
  constexpr double kFarthest = 30;  // beyond, tails underflow
  const boost::math::students_t distribution(degrees_of_freedom);
  const double tail = boost::math::cdf(boost::math::complement(distribution, std::abs(t)));
  const double deviate = tail > 0 ? -boost::math::quantile(boost::math::normal(), tail) : kFarthest;
  return std::copysign(std::min(deviate, kFarthest), t);
}

}  // namespace initbench
