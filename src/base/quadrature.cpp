#include "base/quadrature.h"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "base/errors.h"

namespace initbench {
namespace {

/// A panel may be this many times as wide as its distance from a feature: the nearest singularity
/// then stays outside the Bernstein ellipse of parameter 2, where 20 points err by 2^-40.
constexpr double kGrowth = 1.5;

bool resolves(double left, double right, std::span<const Feature> features, double widest) {
  const double width = right - left;
  if (width > widest) return false;
  return std::all_of(features.begin(), features.end(), [&](const Feature& feature) {
    const double distance = std::max({left - feature.centre, feature.centre - right, 0.0});
    return width <= 4 * feature.width + kGrowth * distance;
  });
}

void append_edges(double left, double right, std::span<const Feature> features, double widest,
                  std::vector<double>& edges) {
  const double middle = left + (right - left) / 2;
  const bool divisible = left < middle && middle < right;
  if (!divisible || resolves(left, right, features, widest)) {
    edges.push_back(right);
    return;
  }
  append_edges(left, middle, features, widest, edges);
  append_edges(middle, right, features, widest, edges);
}

}  // namespace

void graded_edges(double lower, double upper, std::span<const double> breaks,
                  std::span<const Feature> features, double widest, std::vector<double>& edges) {
  expects(lower < upper && widest > 0, "an interval and a positive panel width");
  std::vector<double> inner;
  for (const double point : breaks) {
    if (lower < point && point < upper) inner.push_back(point);
  }
  inner.push_back(upper);
  std::sort(inner.begin(), inner.end());
  inner.erase(std::unique(inner.begin(), inner.end()), inner.end());
  edges.assign(1, lower);
  for (const double right : inner) append_edges(edges.back(), right, features, widest, edges);
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
