#include "base/quadrature.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace initbench {
namespace {

template <typename Function>
double integral(const std::vector<double>& edges, Function f) {
  QuadratureRule rule;
  gauss_legendre(edges, rule);
  double sum = 0;
  for (std::size_t i = 0; i < rule.nodes.size(); ++i) sum += rule.weights[i] * f(rule.nodes[i]);
  return sum;
}

std::vector<double> edges_of(double lower, double upper, std::vector<double> breaks,
                             std::vector<Feature> features) {
  std::vector<double> edges;
  graded_edges(lower, upper, breaks, features, 4, edges);
  return edges;
}

TEST(GaussLegendre, IsExactForPolynomialsOfDegree39) {
  const double value = integral({-1, 0.5, 2}, [](double x) { return std::pow(x, 39); });
  EXPECT_NEAR(value, (std::pow(2.0, 40) - 1) / 40, 1e-2);  // 2.7e10 in 16 digits
}

TEST(GaussLegendre, OverwritesTheRuleItIsGiven) {
  QuadratureRule rule;
  const std::vector<double> edges{0, 1};
  gauss_legendre(edges, rule);
  gauss_legendre(edges, rule);
  EXPECT_EQ(rule.nodes.size(), 20U);
}

TEST(GradedEdges, EndPanelsAtEveryBreakInside) {
  const std::vector<double> edges = edges_of(-8, 8, {3.25, -1, 20, -1}, {});
  EXPECT_EQ(edges.front(), -8);
  EXPECT_EQ(edges.back(), 8);
  EXPECT_EQ(std::count(edges.begin(), edges.end(), 3.25), 1);
  EXPECT_EQ(std::count(edges.begin(), edges.end(), -1), 1);
  EXPECT_TRUE(std::is_sorted(edges.begin(), edges.end()));
}

TEST(GradedEdges, IntegrateAKinkExactly) {
  const auto kinked = [](double x) { return std::abs(x - 1.0 / 3.0); };
  const double value = integral(edges_of(-8, 8, {1.0 / 3.0}, {}), kinked);
  EXPECT_NEAR(value, (std::pow(25.0 / 3.0, 2) + std::pow(23.0 / 3.0, 2)) / 2, 1e-12);
}

TEST(GradedEdges, ResolveAPeakOfWidth1e10WithFewPanels) {
  constexpr double kWidth = 1e-10;
  const auto peak = [](double x) { return kWidth / (x * x + kWidth * kWidth); };
  const std::vector<double> edges = edges_of(-8, 8, {}, {{.centre = 0, .width = kWidth / 1.5}});
  EXPECT_NEAR(integral(edges, peak), 2 * std::atan(8 / kWidth), 1e-11);
  EXPECT_LT(edges.size(), 60U);
}

TEST(GradedEdges, ResolveAPeakAwayFromZero) {
  constexpr double kWidth = 1e-3;
  const auto peak = [](double x) { return kWidth / ((x - 5) * (x - 5) + kWidth * kWidth); };
  const std::vector<double> edges = edges_of(-8, 8, {}, {{.centre = 5, .width = kWidth / 1.5}});
  EXPECT_NEAR(integral(edges, peak), std::atan(3 / kWidth) + std::atan(13 / kWidth), 1e-11);
}

TEST(GradedEdges, EndForAFeatureNarrowerThanTheNumbersAround) {
  const std::vector<double> edges =
      edges_of(-8, 8, {}, {{.centre = 5, .width = 1e-200}, {.centre = 0, .width = 0}});
  EXPECT_EQ(edges.back(), 8);
  EXPECT_LT(edges.size(), 1000U);
}

}  // namespace
}  // namespace initbench
