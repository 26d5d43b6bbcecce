/// What batch and layer norms make of a node's moments, and what they divide by.
#pragma once

#include <optional>

#include "theory/node_moments.h"

namespace initbench {

/// Over units and positions, by group of samples.
Eigen::ArrayXd sample_variances(const NodeMoments& x);
/// Each sample's features brought to mean 0 and variance 1.
NodeMoments through_layer_norm(const NodeMoments& x);

/// The variance of a unit's values over the batch (0: of unlimited size), of a channel's over its
/// positions, too; empty: unknown.
std::optional<double> batch_variance(const NodeMoments& x, Index batch);
/// E[1 / (variance + epsilon)] over units; empty: unknown.
std::optional<double> batch_norm_inverse(const NodeMoments& x, Index batch);
/// Each unit brought to mean 0 and variance 1 over the batch.
NodeMoments through_batch_norm(const NodeMoments& x, Index batch);

}  // namespace initbench
