#include "base/quadrature.h"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "base/errors.h"

namespace initbench {
namespace {

/// Panels of up to this many widths at a feature, and wider by so many times their distance from
/// it: a singularity 1.5 widths away then stays outside the Bernstein ellipse of parameter 2.4,
/// where 20 points err by 2.4^-40 = 1e-15, times 1e4 for a pole of order 4.
constexpr double kWidths = 3;
constexpr double kGrowth = 3;

/// The furthest end of a panel from `left` with width <= kWidths feature widths + kGrowth * its
/// distance from the feature.
double furthest_end(double left, const Feature& feature) {
  const double smallest = 8 * std::numeric_limits<double>::epsilon() * std::abs(feature.centre);
  const double reach = kWidths * std::max(feature.width, smallest);
  if (left >= feature.centre) return left + reach + kGrowth * (left - feature.centre);
  const double before = (reach + kGrowth * feature.centre + left) / (1 + kGrowth);
  return before <= feature.centre ? before : left + reach;
}

}  // namespace

void graded_edges(double lower, double upper, std::span<const double> breaks,
                  std::span<const Feature> features, double widest, std::vector<double>& edges) {
  expects(lower < upper && widest > 0, "an interval and a positive panel width");
  std::vector<double> ends;
  for (const double point : breaks) {
    if (lower < point && point < upper) ends.push_back(point);
  }
  ends.push_back(upper);
  std::sort(ends.begin(), ends.end());
  edges.assign(1, lower);
  for (const double end : ends) {
    while (edges.back() < end) {
      double next = std::min(end, edges.back() + widest);
      for (const Feature& feature : features) {
        next = std::min(next, furthest_end(edges.back(), feature));
      }
      edges.push_back(next > edges.back() ? next : end);
    }
  }
}

void gauss_legendre(std::span<const double> edges, QuadratureRule& rule) {
  using Rule = boost::math::quadrature::gauss<double, 20>;
  const auto& abscissas = Rule::abscissa();  // the positive half
  const auto& weights = Rule::weights();
  rule.nodes.clear();
  rule.weights.clear();
  for (std::size_t panel = 0; panel + 1 < edges.size(); ++panel) {
    const double half = (edges[panel + 1] - edges[panel]) / 2;
    const double centre = edges[panel] + half;
    for (std::size_t i = 0; i < abscissas.size(); ++i) {
      for (const double sign : {-1.0, 1.0}) {
        rule.nodes.push_back(centre + sign * half * abscissas[i]);
        rule.weights.push_back(half * weights[i]);
      }
    }
  }
}

}  // namespace initbench
