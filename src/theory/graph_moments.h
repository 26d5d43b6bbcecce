/// The two passes of theory over a network's graph: moments of every node from the input on, and
/// the squared norms of gradients back from the output.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nn/network.h"
#include "theory/activation_moments.h"
#include "theory/layer_law.h"
#include "theory/node_moments.h"
#include "theory/prediction.h"

namespace initbench {

/// Moments of a node, or why theory has none.
struct NodeState {
  std::optional<NodeMoments> moments;
  std::string reason;
  bool measured_start = false;
  std::optional<ActivationEffect> effect;  // of an activation node
  /// What a norm node multiplied squares by, by group of samples or for all of them: the mean of
  /// 1 / variance. Size 0: unknown.
  Eigen::ArrayXd norm_inverses;
  /// The share of a gradient's square that passes a norm: what lies along a constant, and along the
  /// values themselves, changes nothing and is taken away.
  double norm_kept = 1;
  double norm_values = 0;  // how many values, as if independent, a norm brings to variance 1
  /// Where an activation that follows needs them: at two samples, and, of images with batch norms,
  /// at two places of the same channel.
  UnitSample units;
  UnitSample places;
};

/// One per node.
std::vector<NodeState> forward_moments(const Network& network, std::span<const LayerLaw> laws,
                                       const ValueMoments& input,
                                       std::span<const MeasuredNode> measured);

/// Squared norm of the loss gradient by a node's value over that by the value of the node where it
/// starts.
struct GradientState {
  /// By position, and by group of samples: these are long where others are short. One column:
  /// groups are alike.
  std::optional<Eigen::ArrayXXd> squared_norm;
  /// How it is shared out among a sample's units, with mean 1: a shortcut hands the gradient of
  /// each unit to the same unit. Size 0: alike.
  Eigen::ArrayXf share;
  std::string reason;

  /// Over positions, mean over samples; `squared_norm` is known.
  double total() const { return squared_norm->sum() / static_cast<double>(squared_norm->cols()); }
};

/// From `start`, spread evenly over its positions, back to the input.
std::vector<GradientState> backward_moments(const Network& network, std::span<const LayerLaw> laws,
                                            std::span<const NodeState> states, NodeId start);

/// Of each node, the index of the layer whose linear map it is, or -1.
std::vector<int> layer_of_nodes(const Network& network);

}  // namespace initbench
