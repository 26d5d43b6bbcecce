/// How an activation changes the moments of a node whose values are normal.
#pragma once

#include <Eigen/Core>
#include <optional>

#include "nn/activation.h"
#include "theory/by_activation.h"
#include "theory/moment_table.h"
#include "theory/node_moments.h"
#include "theory/pair_table.h"
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

/// What the layers of a network share, as most ask for the same.
struct Integrals {
  PairIntegral pairs;
  ByActivation<MomentTable> tables;
  ByActivation<PairTable> pair_tables;
};

/// `x` must be normal.
Activated through_activation(const NodeMoments& x, const Activation& activation,
                             Integrals& integrals);

/// The pairs of places behind an activation of values that are not normal: `gap` is 1 - the cosine
/// of two typical ones there. Around it they keep the shares of the variance that they had.
void set_places(const NodeMoments& x, double gap, NodeMoments& a);

/// The same of values that are not normal: `units` stands for their law, at any length.
Activated through_activation(const NodeMoments& x, const UnitSample& units,
                             const Activation& activation);

}  // namespace initbench
