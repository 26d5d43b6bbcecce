#include "theory/critical.h"

#include <algorithm>
#include <array>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

/// sigma_b2 comes from a difference of numbers near q.
constexpr double kRelativeNoise = 1e-13;
constexpr int kStepsPerDecade = 8;

/// sigma_b2 / q of the critical point at q; negative: there is none.
double relative_bias(const Activation& activation, double q) {
  const GaussianMoments moments = gaussian_moments(activation, q);
  const double bias = 1 - moments.second_moment / q / moments.slope_second_moment;
  return std::abs(bias) < kRelativeNoise ? 0 : bias;
}

struct Sample {
  double q = 0;
  double relative_bias = 0;
};

std::vector<Sample> sample_line(const Activation& activation) {
  std::vector<Sample> line;
  const int steps = static_cast<int>(
      std::lround(kStepsPerDecade * std::log10(kLargestAccurateLength / kSmallestAccurateLength)));
  for (int i = 0; i <= steps; ++i) {
    const double q =
        kSmallestAccurateLength * std::pow(10.0, static_cast<double>(i) / kStepsPerDecade);
    line.push_back({q, relative_bias(activation, q)});
  }
  return line;
}

/// The smallest length between samples of the line at which sigma_b2 rises through the given one.
std::optional<double> length_with_bias(const Activation& activation, double sigma_b2,
                                       const std::vector<Sample>& line) {
  const auto excess = [&](double log_q) {
    const double q = std::exp(log_q);
    return relative_bias(activation, q) - sigma_b2 / q;
  };
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const double left = line[i].relative_bias - sigma_b2 / line[i].q;
    const double right = line[i + 1].relative_bias - sigma_b2 / line[i + 1].q;
    if (left >= 0 || right < 0) continue;
    std::uintmax_t iterations = 100;
    const auto bracket = boost::math::tools::toms748_solve(
        excess, std::log(line[i].q), std::log(line[i + 1].q), left, right,
        boost::math::tools::eps_tolerance<double>(50), iterations);
    return std::exp(bracket.second);  // the end where the excess is not negative
  }
  return std::nullopt;
}

std::string name_of(const Activation& activation) {
  return std::string(activation_row(activation.kind).name);
}

std::string rounded(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

CriticalResult none(std::string reason) { return {.point = {}, .reason = std::move(reason)}; }

std::string negative_bias_reason(const Activation& activation, const std::string& where) {
  return "no critical point exists for " + name_of(activation) + where +
         ": at sigma_w^2 = 1 / E[phi'^2] the activations alone bring back more than q*, so "
         "sigma_b^2 = q* - sigma_w^2 E[phi^2] would be negative";
}

/// Empty for an activation that changes with its input.
std::optional<CriticalResult> none_of_a_constant(const Activation& activation, double q) {
  if (gaussian_moments(activation, q).slope_second_moment > 0) return std::nullopt;
  return none("no critical point exists for " + name_of(activation) +
              " with this parameter: it is constant, so no gradient passes");
}

CriticalPoint point_at(const Activation& activation, double q, double bias_over_q) {
  const GaussianMoments moments = gaussian_moments(activation, q);
  const double sigma_w2 = 1 / moments.slope_second_moment;
  return {.q = q,
          .scale = {.sigma_w2 = sigma_w2, .sigma_b2 = q * bias_over_q},
          .growth = sigma_w2 * moments.growth};
}

/// Why short lengths have no critical point, "" where they do: softplus has none at all, sigmoid
/// from a length on that nobody uses.
std::string why_none_is_short(const Activation& activation) {
  if (relative_bias(activation, kSmallestAccurateLength) >= 0) return "";
  const std::optional<double> first = length_with_bias(activation, 0, sample_line(activation));
  if (!first) return negative_bias_reason(activation, "");
  const double sigma_w2 = point_at(activation, *first, 0).scale.sigma_w2;
  return negative_bias_reason(activation, " at usual lengths, q* below " + rounded(*first)) +
         "; those beyond, from sigma_w^2 = " + rounded(sigma_w2) + " on, are deep in saturation";
}

}  // namespace

CriticalResult critical_at_length(const Activation& activation, double q) {
  expects(q > 0 && std::isfinite(q), "a finite length q > 0");
  if (const auto constant = none_of_a_constant(activation, q)) return *constant;
  const double bias = relative_bias(activation, q);
  std::string reason = why_none_is_short(activation);
  if (bias >= 0) return {.point = point_at(activation, q, bias), .reason = std::move(reason)};
  if (reason.empty()) reason = negative_bias_reason(activation, " at q* = " + rounded(q));
  return none(std::move(reason));
}

CriticalResult critical_at_bias(const Activation& activation, double sigma_b2) {
  expects(sigma_b2 >= 0 && std::isfinite(sigma_b2), "a finite sigma_b2 >= 0");
  if (const auto constant = none_of_a_constant(activation, 1)) return *constant;
  const bool starts_at_zero = gaussian_moments(activation, 0).second_moment == 0;
  if (sigma_b2 == 0 && starts_at_zero) return {.point = point_at(activation, 0, 0), .reason = {}};
  const std::vector<Sample> line = sample_line(activation);
  if (const auto q = length_with_bias(activation, sigma_b2, line)) {
    return {.point = point_at(activation, *q, sigma_b2 / *q),
            .reason = why_none_is_short(activation)};
  }
  double largest = -1;
  for (const Sample& sample : line) largest = std::max(largest, sample.q * sample.relative_bias);
  if (largest < 0) return none(negative_bias_reason(activation, ""));
  if (largest == 0) {
    return none("no critical point of " + name_of(activation) +
                " has sigma_b^2 > 0: E[phi^2] = q E[phi'^2] for every q");
  }
  return none("no critical point of " + name_of(activation) + " with q* from 1e-8 to 1e8 has " +
              "sigma_b^2 = " + rounded(sigma_b2) + "; there it reaches at most " +
              rounded(largest));
}

Gains gains_of(const Activation& activation, double q) {
  const GaussianMoments moments = gaussian_moments(activation, q);
  Gains gains{.torch = activation_row(activation.kind).torch_gain(activation.parameter),
              .second_moment = std::sqrt(q / moments.second_moment),
              .variance = std::sqrt(q / moments.variance),
              .critical = 1 / std::sqrt(moments.slope_second_moment),
              .critical_point = critical_at_length(activation, q)};
  gains.chi = gains.second_moment * gains.second_moment * moments.slope_second_moment;
  return gains;
}

}  // namespace initbench
