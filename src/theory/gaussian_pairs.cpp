#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/errors.h"
#include "theory/gaussian_moments.h"
#include "theory/gaussian_rule.h"

namespace initbench {
namespace {

/// u = across * x + apart * y, v = across * x - apart * y with x, y independent standard normal:
/// u - v = 2 apart y keeps its digits however close the pair is.
struct Axes {
  double across = 0;
  double apart = 0;

  Axes(double q, double gap)
      : across(std::sqrt(q * (1 - gap / 2))), apart(std::sqrt(q * gap / 2)) {}
};

/// The rule for y >= 0 of what is left after the expectation over x, a function that varies around
/// 0, has a kink where a kink of u crosses another one of v, and is smoothed by x elsewhere.
const QuadratureRule& build_outer(const Texture& texture, const Axes& axes, GaussianRule& builder) {
  std::vector<double> breaks;
  std::vector<Feature> features{{0, texture.width / axes.apart}};
  const bool smoothed = axes.across > 0 && axes.across < axes.apart;  // on a scale below 1
  for (const double kink : texture.breaks) {
    for (const double other : texture.breaks) {
      if (other > kink) breaks.push_back((other - kink) / 2 / axes.apart);
    }
    const double place = std::abs(kink) / axes.apart;
    if (axes.across < axes.apart) breaks.push_back(place);
    if (smoothed) features.push_back({place, axes.across / axes.apart});
  }
  if (smoothed && texture.breaks.empty()) features.push_back({0, axes.across / axes.apart});
  return builder.build({.lower = 0,
                        .breaks = breaks,
                        .features = features,
                        .widest = widest_panel(texture, axes.apart)});
}

/// E[f(u, v)] of an f with f(u, v) = f(v, u) made of values or derivatives of the activation.
template <typename Function>
double pair_expectation(const Activation& activation, double q, double gap, Function f) {
  const Texture texture = texture_of(activation);
  const Axes axes(q, gap);
  GaussianRule outer_builder;
  GaussianRule inner_builder;
  const bool uniform = phase_is_uniform(texture, axes.apart);
  const QuadratureRule& outer = uniform ? outer_builder.build_period(texture.period, axes.apart)
                                        : build_outer(texture, axes, outer_builder);
  double sum = 0;
  for (std::size_t i = 0; i < outer.nodes.size(); ++i) {
    const double shift = axes.apart * outer.nodes[i];
    const std::array<double, 2> shifts{shift, -shift};
    const QuadratureRule& inner = inner_builder.build(texture, axes.across, shifts);
    double mean = 0;
    for (std::size_t j = 0; j < inner.nodes.size(); ++j) {
      const double middle = axes.across * inner.nodes[j];
      mean += inner.weights[j] * f(middle + shift, middle - shift);
    }
    sum += outer.weights[i] * mean;
  }
  return uniform ? sum : 2 * sum;
}

void check_pair(double q, double gap) {
  expects(q >= 0 && std::isfinite(q), "a finite q >= 0");
  expects(gap >= 0 && gap <= 2, "a gap 1 - c from 0 to 2");
}

}  // namespace

double half_squared_difference(const Activation& activation, double q, double gap) {
  check_pair(q, gap);
  if (q == 0 || gap == 0) return 0;
  const ActivationRow& row = activation_row(activation.kind);
  const double a = activation.parameter;
  return pair_expectation(activation, q, gap, [&](double u, double v) {
    const double difference = row.value(u, a) - row.value(v, a);
    return difference * difference / 2;
  });
}

double slope_covariance(const Activation& activation, double q, double gap) {
  check_pair(q, gap);
  if (q == 0 || gap == 0) return gaussian_moments(activation, q).slope_second_moment;
  const ActivationRow& row = activation_row(activation.kind);
  const double a = activation.parameter;
  return pair_expectation(activation, q, gap, [&](double u, double v) {
    return row.derivative(u, a) * row.derivative(v, a);
  });
}

}  // namespace initbench
