#include "theory/gaussian_moments.h"

#include <array>
#include <cmath>
#include <vector>

#include "base/errors.h"
#include "theory/gaussian_rule.h"

namespace initbench {
namespace {

/// phi and phi' at the nodes of a rule.
struct Samples {
  std::vector<double> weights;
  std::vector<double> inputs;
  std::vector<double> values;
  std::vector<double> slopes;
};

Samples sample(const Activation& activation, double scale) {
  constexpr std::array<double, 1> kNoShift{0};
  const ActivationRow& row = activation_row(activation.kind);
  GaussianRule builder;
  const QuadratureRule& rule = builder.build(texture_of(activation), scale, kNoShift);
  Samples samples{.weights = rule.weights};
  for (const double z : rule.nodes) {
    const double x = scale * z;
    samples.inputs.push_back(x);
    samples.values.push_back(row.value(x, activation.parameter));
    samples.slopes.push_back(row.derivative(x, activation.parameter));
  }
  return samples;
}

template <typename Function>
double mean_over(const Samples& samples, Function f) {
  double sum = 0;
  for (std::size_t i = 0; i < samples.weights.size(); ++i) sum += samples.weights[i] * f(i);
  return sum;
}

double square(double x) { return x * x; }

/// Var(y^2) / E[y^2]^2, which overflows only if y does.
double relative_spread_of_square(const Samples& samples, const std::vector<double>& y,
                                 double second_moment) {
  if (!(second_moment > 0)) return 0;
  const double root = std::sqrt(second_moment);
  return mean_over(samples, [&](std::size_t i) { return square(square(y[i] / root) - 1); });
}

/// E[x phi phi'] / q, which is d E[phi^2] / dq without a second derivative.
double growth_of(const Activation& activation, const Samples& samples, double q) {
  if (phase_is_uniform(texture_of(activation), std::sqrt(q))) return 0;  // E[phi^2] is constant
  return mean_over(samples, [&](std::size_t i) {
    return samples.inputs[i] / q * samples.values[i] * samples.slopes[i];
  });
}

/// Its limit at q -> 0: E[phi'^2] if phi(0) = 0.
double growth_at_zero(const Activation& activation, const GaussianMoments& at_zero) {
  constexpr double kSmallest = 1e-12;  // below it the odd part of phi phi' drowns the even one
  if (at_zero.second_moment == 0) return at_zero.slope_second_moment;
  return growth_of(activation, sample(activation, std::sqrt(kSmallest)), kSmallest);
}

}  // namespace

GaussianMoments gaussian_moments(const Activation& activation, double q) {
  expects(q >= 0 && std::isfinite(q), "a finite q >= 0");
  // At q = 0 a scale this small keeps both one-sided derivatives and gives phi(0) exactly.
  const double scale = q > 0 ? std::sqrt(q) : 1e-200;
  const Samples samples = sample(activation, scale);
  GaussianMoments moments;
  moments.mean = mean_over(samples, [&](std::size_t i) { return samples.values[i]; });
  moments.second_moment = mean_over(samples, [&](auto i) { return square(samples.values[i]); });
  moments.variance =
      mean_over(samples, [&](auto i) { return square(samples.values[i] - moments.mean); });
  moments.slope_second_moment =
      mean_over(samples, [&](auto i) { return square(samples.slopes[i]); });
  moments.growth = q > 0 ? growth_of(activation, samples, q) : growth_at_zero(activation, moments);
  moments.relative_spread =
      relative_spread_of_square(samples, samples.values, moments.second_moment);
  moments.slope_spread =
      relative_spread_of_square(samples, samples.slopes, moments.slope_second_moment);
  return moments;
}

}  // namespace initbench
