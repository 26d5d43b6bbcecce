/// Moments of an activation of a normal variable, x = sqrt(q) z with z ~ N(0, 1), and of pairs of
/// correlated ones.
///
/// Relative accuracy 1e-10 for smooth activations and 1e-8 for kinked ones, for q from
/// kSmallestAccurateLength to kLargestAccurateLength: Gauss-Legendre panels that end at kinks and
/// shrink towards features narrower than sqrt(q).
/// Correlations are given as gap = 1 - c, which keeps its digits for c -> 1.
#pragma once

#include "nn/activation.h"

namespace initbench {

/// The range of q for which that is so.
inline constexpr double kSmallestAccurateLength = 1e-8;
inline constexpr double kLargestAccurateLength = 1e8;

/// Moments of phi(x), x ~ N(0, q).
struct GaussianMoments {
  double mean = 0;                 // E[phi]
  double second_moment = 0;        // E[phi^2]
  double variance = 0;             // E[(phi - E phi)^2], summed without cancellation
  double slope_second_moment = 0;  // E[phi'^2]
  double growth = 0;               // d E[phi^2] / dq = E[phi'^2 + phi phi'']
  double relative_spread = 0;      // Var(phi^2) / E[phi^2]^2
  double slope_spread = 0;         // Var(phi'^2) / E[phi'^2]^2
};

/// `q` >= 0 and finite. At q = 0: the limit from above.
GaussianMoments gaussian_moments(const Activation& activation, double q);

/// E[(phi(u) - phi(v))^2] / 2 = E[phi^2] - E[phi(u) phi(v)] for u, v ~ N(0, q) of correlation
/// 1 - gap, 0 <= gap <= 2.
double half_squared_difference(const Activation& activation, double q, double gap);

/// E[phi'(u) phi'(v)].
double slope_covariance(const Activation& activation, double q, double gap);

}  // namespace initbench
