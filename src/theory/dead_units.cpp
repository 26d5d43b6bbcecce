#include "theory/dead_units.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/errors.h"
#include "base/exact_math.h"
#include "theory/gaussian_rule.h"

namespace initbench {

double dead_fraction(double gap, Index samples) {
  expects(gap >= 0 && samples >= 1, "a gap >= 0 and at least 1 sample");
  if (gap == 0) return 0.5;
  // z_i = sqrt(c) t + sqrt(gap) e_i: given t the signs are independent, and all are negative with
  // the probability Phi(-slope t)^samples, a step where that is 1/2.
  const double slope = std::sqrt(std::max(1 - gap, 0.0) / std::min(gap, 1.0));
  const double half = std::exp2(-1 / static_cast<double>(samples));
  const double height = exact::normal_quantile(half);
  std::vector<Feature> steps;
  if (slope > 0) steps = {{0, 0.5 / slope}, {-height / slope, 0.2 / slope}};
  GaussianRule builder;
  const QuadratureRule& rule = builder.build({.breaks = {}, .features = steps});
  double sum = 0;
  for (std::size_t i = 0; i < rule.nodes.size(); ++i) {
    const double silent = std::erfc(slope * rule.nodes[i] / std::numbers::sqrt2) / 2;
    sum += rule.weights[i] * std::pow(silent, static_cast<double>(samples));
  }
  return sum;
}

double dead_input_probability(std::span<const Index> widths) {
  double log_alive = 0;
  for (const Index width : widths) log_alive += std::log1p(-std::exp2(-static_cast<double>(width)));
  return -std::expm1(log_alive);
}

}  // namespace initbench
