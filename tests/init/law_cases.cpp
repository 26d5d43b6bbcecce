#include "init/law_cases.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace initbench {
namespace {

double normal_cdf(double z) {
  if (std::isinf(z)) return z > 0 ? 1 : 0;
  return boost::math::cdf(boost::math::normal(), z);
}

/// Of an upper tail: 1 - cdf without cancellation.
double normal_tail(double z) { return normal_cdf(-z); }

bool is_truncated(const Law& law) { return !std::isinf(law.low) || !std::isinf(law.high); }

/// E[(X - centre)^power]: the probability of each of many short intervals at its midpoint.
double moment(const Law& law, double centre, int power) {
  const double low = std::max(law.low, law.mean - 12 * law.sigma);
  const double high = std::min(law.high, law.mean + 12 * law.sigma);
  constexpr int kSteps = 4000;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double x0 = low + (high - low) * i / kSteps;
    const double x1 = low + (high - low) * (i + 1) / kSteps;
    sum += std::pow((x0 + x1) / 2 - centre, power) * (cdf(law, x1) - cdf(law, x0));
  }
  return sum;
}

}  // namespace

Law uniform_law(double low, double high) { return {.low = low, .high = high}; }
Law normal_law(double mean, double sigma) { return {.mean = mean, .sigma = sigma}; }
Law two_sigma_law(double sigma) {
  return {.mean = 0, .sigma = sigma, .low = -2 * sigma, .high = 2 * sigma};
}

double cdf(const Law& law, double x) {
  if (x <= law.low) return 0;
  if (x >= law.high) return 1;
  if (law.sigma == 0) return (x - law.low) / (law.high - law.low);
  const double low = (law.low - law.mean) / law.sigma;
  const double high = (law.high - law.mean) / law.sigma;
  const double z = (x - law.mean) / law.sigma;
  if (low > 0) {
    return (normal_tail(low) - normal_tail(z)) / (normal_tail(low) - normal_tail(high));
  }
  return (normal_cdf(z) - normal_cdf(low)) / (normal_cdf(high) - normal_cdf(low));
}

double mean_of(const Law& law) {
  if (law.sigma == 0) return (law.low + law.high) / 2;
  return is_truncated(law) ? moment(law, 0, 1) : law.mean;
}

double std_of(const Law& law) {
  if (law.sigma == 0) return (law.high - law.low) / std::sqrt(12.0);
  return is_truncated(law) ? std::sqrt(moment(law, mean_of(law), 2)) : law.sigma;
}

double kolmogorov_smirnov_p(std::vector<Scalar> sample, const Law& law) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double expected = cdf(law, static_cast<double>(sample[i]));
    distance = std::max({distance, expected - static_cast<double>(i) / n,
                         static_cast<double>(i + 1) / n - expected});
  }
  const double lambda = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
  if (lambda < 0.2) return 1;
  double p = 0;
  for (int k = 1; k <= 100; ++k) {
    p += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * lambda * lambda);
  }
  return p;
}

}  // namespace initbench
