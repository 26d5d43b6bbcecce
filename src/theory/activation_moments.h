/// How an activation changes the moments of a node whose values are normal.
#pragma once

#include <Eigen/Core>
#include <optional>

#include "nn/activation.h"
#include "theory/moment_table.h"
#include "theory/node_moments.h"
#include "theory/unit_sample.h"

namespace initbench {

/// What an activation did at one node.
struct ActivationEffect {
  Eigen::ArrayXXd slope_second_moment;  // E[phi'^2], positions x groups; one column: groups alike
  double slope_spread = 0;              // Var(phi'^2) / E[phi'^2]^2 at the mean variance
  double fluctuation = 0;               // v of the finite-width factor 1 + v / n
  double length = 0;                    // the mean variance of its input
  Eigen::ArrayXf unit_slopes;           // phi'^2 of a sample's units; size 0: there is none
};

struct Activated {
  NodeMoments moments;
  ActivationEffect effect;
};

/// Remembers the last integral over pairs: at a fixed point every layer asks for the same one.
class PairIntegral {
 public:
  /// E[(phi(u) - phi(v))^2] / 2, for q beyond 1e8 by its proportion to E[phi^2].
  double half_squared_difference(const Activation& activation, double q, double gap);
  /// d ln of the last one / d ln gap: how much of it is linear in the samples' differences.
  double elasticity();

 private:
  Activation activation_;
  double q_ = -1;
  double gap_ = -1;
  double value_ = 0;
  std::optional<double> elasticity_;
};

/// What the layers of a network share, as most ask for the same.
struct Integrals {
  PairIntegral pairs;   // of samples
  PairIntegral places;  // of an image's positions
  MomentTables tables;
};

/// `x` must be normal.
Activated through_activation(const NodeMoments& x, const Activation& activation,
                             Integrals& integrals);

/// The same of values that are not normal: `units` stands for their law, at any length.
Activated through_activation(const NodeMoments& x, const UnitSample& units,
                             const Activation& activation);

}  // namespace initbench
