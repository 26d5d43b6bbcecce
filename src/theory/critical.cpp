#include "theory/critical.h"

#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <vector>

#include "base/errors.h"
#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

/// sigma_b2 comes from a difference of numbers near q.
constexpr double kRelativeNoise = 1e-13;
constexpr double kSmallestLength = 1e-8;
constexpr double kLargestLength = 1e8;
constexpr int kStepsPerDecade = 8;

/// sigma_b2 / q of the critical point at q; negative: there is none.
double relative_bias(const Activation& activation, double q) {
  const GaussianMoments moments = gaussian_moments(activation, q);
  const double bias = 1 - moments.second_moment / q / moments.slope_second_moment;
  return std::abs(bias) < kRelativeNoise ? 0 : bias;
}

struct Sample {
  double q = 0;
  double sigma_b2 = 0;
};

/// sigma_b2 along the critical line, negative where it does not exist.
std::vector<Sample> sample_line(const Activation& activation) {
  std::vector<Sample> line;
  const int steps =
      static_cast<int>(std::lround(kStepsPerDecade * std::log10(kLargestLength / kSmallestLength)));
  for (int i = 0; i <= steps; ++i) {
    const double q = kSmallestLength * std::pow(10.0, static_cast<double>(i) / kStepsPerDecade);
    line.push_back({q, q * relative_bias(activation, q)});
  }
  return line;
}

std::string negative_bias_reason(const Activation& activation, const std::string& where) {
  return "no critical point exists for " + std::string(activation_row(activation.kind).name) +
         where +
         ": sigma_w^2 = 1 / E[phi'^2] brings more than q back, so sigma_b^2 = q - sigma_w^2 "
         "E[phi^2] would have to be negative";
}

/// At the end q -> 0 of the line there is no bias.
CriticalResult critical_without_bias(const Activation& activation) {
  const GaussianMoments moments = gaussian_moments(activation, 0);
  if (moments.second_moment != 0) {
    return {.point = {}, .reason = negative_bias_reason(activation, " with sigma_b^2 = 0")};
  }
  return {.point = CriticalPoint{.q = 0, .scale = {1 / moments.slope_second_moment, 0}},
          .reason = {}};
}

}  // namespace

CriticalResult critical_at_length(const Activation& activation, double q) {
  expects(q > 0 && std::isfinite(q), "a finite length q > 0");
  const double bias = relative_bias(activation, q);
  if (!(bias >= 0)) return {.point = {}, .reason = negative_bias_reason(activation, " at this q*")};
  const double sigma_w2 = 1 / gaussian_moments(activation, q).slope_second_moment;
  return {.point = CriticalPoint{.q = q, .scale = {sigma_w2, q * bias}}, .reason = {}};
}

CriticalResult critical_at_bias(const Activation& activation, double sigma_b2) {
  expects(sigma_b2 >= 0 && std::isfinite(sigma_b2), "a finite sigma_b2 >= 0");
  const std::vector<Sample> line = sample_line(activation);
  double largest = -1;
  for (const Sample& sample : line) largest = std::max(largest, sample.sigma_b2);
  if (largest < 0) {
    return {.point = {}, .reason = negative_bias_reason(activation, " at any q*")};
  }
  if (sigma_b2 == 0) return critical_without_bias(activation);
  const auto excess = [&](double log_q) {
    const double q = std::exp(log_q);
    return q * relative_bias(activation, q) / sigma_b2 - 1;
  };
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    if (line[i].sigma_b2 > sigma_b2 || line[i + 1].sigma_b2 <= sigma_b2) continue;
    std::uintmax_t iterations = 100;
    const auto bracket = boost::math::tools::toms748_solve(
        excess, std::log(line[i].q), std::log(line[i + 1].q),
        boost::math::tools::eps_tolerance<double>(50), iterations);
    return critical_at_length(activation, std::exp((bracket.first + bracket.second) / 2));
  }
  if (largest == 0) {
    return {.point = {},
            .reason = "the only critical point of " +
                      std::string(activation_row(activation.kind).name) +
                      " has sigma_b^2 = 0: E[phi^2] = q E[phi'^2] for every q"};
  }
  return {.point = {},
          .reason = "no critical point of " + std::string(activation_row(activation.kind).name) +
                    " with q* from 1e-8 to 1e8 has such a bias variance; along the line it reaches "
                    "at most " +
                    std::to_string(largest)};
}

Gains gains_of(const Activation& activation, double q) {
  const GaussianMoments moments = gaussian_moments(activation, q);
  Gains gains{.torch = activation_row(activation.kind).torch_gain(activation.parameter),
              .second_moment = std::sqrt(q / moments.second_moment),
              .variance = std::sqrt(q / moments.variance),
              .critical = 1 / std::sqrt(moments.slope_second_moment),
              .critical_point = critical_at_length(activation, q)};
  gains.chi = gains.second_moment * gains.second_moment * moments.slope_second_moment;
  if (!gains.critical_point.point) {
    // Which lengths have one is more useful than that this one has none.
    const CriticalResult any = critical_at_bias(activation, 0);
    if (!any.point) gains.critical_point.reason = any.reason;
  }
  return gains;
}

}  // namespace initbench
