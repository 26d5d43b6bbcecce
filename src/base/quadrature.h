/// Composite Gauss-Legendre rules on panels that are fine where an integrand varies and end where
/// it has a kink.
#pragma once

#include <limits>
#include <span>
#include <vector>

namespace initbench {

/// Sum weights[i] * f(nodes[i]) for the integral of f.
struct QuadratureRule {
  std::vector<double> nodes;
  std::vector<double> weights;
};

/// A place where an integrand varies on a scale of `width` and more slowly the further away: its
/// complex singularities there are at least 1.5 widths from `centre`.
struct Feature {
  double centre = 0;
  double width = std::numeric_limits<double>::infinity();
};

/// Edges lower = e_0 < e_1 < ... = upper such that every one of `breaks` inside is an edge, no
/// panel is wider than `widest`, and panels grow from three widths of a feature in proportion to
/// their distance from it. `edges` is overwritten.
void graded_edges(double lower, double upper, std::span<const double> breaks,
                  std::span<const Feature> features, double widest, std::vector<double>& edges);

/// The 20-point rule on every panel between consecutive edges, exact for polynomials up to degree
/// 39. `rule` is overwritten.
void gauss_legendre(std::span<const double> edges, QuadratureRule& rule);

}  // namespace initbench
