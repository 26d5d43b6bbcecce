#include <algorithm>

#include "theory/graph_moments.h"
#include "theory/weight_scale.h"

namespace initbench {
namespace {

/// Walks from a node to the input, adding what each node sends to the nodes it reads: gradients
/// that reach a node on different ways come through different weights, so squared norms add.
class BackwardPass {
 public:
  BackwardPass(const Network& network, std::span<const LayerLaw> laws,
               std::span<const NodeState> states)
      : network_(network),
        laws_(laws),
        states_(states),
        layers_(layer_of_nodes(network)),
        gradients_(network.nodes().size()) {}

  std::vector<GradientState> run(NodeId start) {
    const Index positions = network_.node(start).shape.positions();
    at(start).squared_norm =
        Eigen::ArrayXd::Constant(positions, 1.0 / static_cast<double>(positions));
    for (NodeId id = start; id > 0; --id) {
      const Node& node = network_.node(id);
      if (!at(id).reason.empty()) at(id).squared_norm.reset();
      if (!at(id).reason.empty()) {
        block(node.input, at(id).reason);
        if (const auto* add = std::get_if<AddOp>(&node.operation)) {
          block(add->shortcut, at(id).reason);
        }
        continue;
      }
      if (!at(id).squared_norm) continue;  // nothing reads this node
      const Eigen::ArrayXd gradient = *at(id).squared_norm;
      std::visit([&](const auto& operation) { send(id, node, operation, gradient); },
                 node.operation);
    }
    return std::move(gradients_);
  }

 private:
  GradientState& at(NodeId id) { return gradients_[static_cast<std::size_t>(id)]; }
  const NodeState& state(NodeId id) const { return states_[static_cast<std::size_t>(id)]; }

  void block(NodeId id, const std::string& reason) {
    if (at(id).reason.empty()) at(id).reason = reason;
  }

  void add(NodeId id, const Eigen::ArrayXd& gradient, const Eigen::ArrayXf& share = {}) {
    GradientState& state = at(id);
    if (!state.squared_norm) {
      state.squared_norm = gradient;
      state.share = share;
      return;
    }
    const double before = state.squared_norm->sum();
    *state.squared_norm += gradient;
    const double sum = state.squared_norm->sum();
    if ((share.size() == 0 && state.share.size() == 0) || !(sum > 0)) return;
    const auto part = static_cast<float>(before / sum);
    const Index units = std::max(share.size(), state.share.size());
    const auto or_ones = [units](const Eigen::ArrayXf& some) -> Eigen::ArrayXf {
      return some.size() > 0 ? some : Eigen::ArrayXf::Ones(units);
    };
    state.share = part * or_ones(state.share) + (1 - part) * or_ones(share);
  }
  /// To a node with the same units.
  void hand_on(NodeId from, NodeId to, const Eigen::ArrayXd& gradient) {
    add(to, gradient, at(from).share);
  }

  std::size_t layer_of(NodeId id) const {
    return static_cast<std::size_t>(layers_[static_cast<std::size_t>(id)]);
  }
  const LayerLaw& law_of(NodeId id) const { return laws_[layer_of(id)]; }
  const std::string& name_of(NodeId id) const { return network_.layers()[layer_of(id)].name; }

  void send(NodeId, const Node&, const InputOp&, const Eigen::ArrayXd&) {}

  void send(NodeId id, const Node& node, const DenseOp& operation, const Eigen::ArrayXd& gradient) {
    const LayerLaw& law = law_of(id);
    if (!law.weight_variance) return block(node.input, name_of(id) + ": " + law.reason);
    // ||W^T delta||^2 = inputs * Var(w) * ||delta||^2, spread evenly over the inputs.
    const Index positions = network_.node(node.input).shape.positions();
    const double total =
        static_cast<double>(operation.inputs) * *law.weight_variance * gradient.sum();
    add(node.input, Eigen::ArrayXd::Constant(positions, total / static_cast<double>(positions)));
  }

  void send(NodeId id, const Node& node, const ConvolutionOp& operation,
            const Eigen::ArrayXd& gradient) {
    const LayerLaw& law = law_of(id);
    if (!law.weight_variance) return block(node.input, name_of(id) + ": " + law.reason);
    const ConvolutionGeometry geometry =
        law.centre_only ? centre_tap(operation.geometry) : operation.geometry;
    const Index group_inputs = geometry.in.channels / geometry.groups;
    add(node.input, static_cast<double>(group_inputs) * *law.weight_variance *
                        spread_over_taps(geometry, gradient));
  }

  void send(NodeId id, const Node& node, const ActivationOp&, const Eigen::ArrayXd& gradient) {
    const NodeState& here = state(id);
    if (!here.effect) return block(node.input, here.reason);
    const Eigen::ArrayXf& slopes = here.effect->unit_slopes;
    const Eigen::ArrayXd sent = gradient * here.effect->slope_second_moment;
    if (slopes.size() == 0) return add(node.input, sent);
    Eigen::ArrayXf share = slopes;
    if (at(id).share.size() > 0) share *= at(id).share;
    const float mean = share.mean();
    const float mean_slope = slopes.mean();
    if (!(mean > 0) || !(mean_slope > 0)) return add(node.input, sent);
    add(node.input, static_cast<double>(mean / mean_slope) * sent, share / mean);
  }

  void send(NodeId, const Node& node, const PoolOp& operation, const Eigen::ArrayXd& gradient) {
    const PoolingGeometry& geometry = operation.geometry;
    const bool overlapping =
        geometry.stride[0] < geometry.size[0] || geometry.stride[1] < geometry.size[1];
    if (operation.kind == PoolKind::max) {
      return block(node.input, "max pooling sends gradients to units that are not typical");
    }
    if (overlapping) return block(node.input, "overlapping pooling windows mix gradients");
    const auto area = static_cast<double>(geometry.size[0] * geometry.size[1]);
    Eigen::ArrayXd spread = Eigen::ArrayXd::Zero(geometry.in.positions());
    for (Index row = 0; row < geometry.out.height; ++row) {
      for (Index column = 0; column < geometry.out.width; ++column) {
        for (Index i = 0; i < geometry.size[0]; ++i) {
          for (Index j = 0; j < geometry.size[1]; ++j) {
            const Index to = (row * geometry.stride[0] + i) * geometry.in.width +
                             column * geometry.stride[1] + j;
            spread(to) = gradient(row * geometry.out.width + column) / (area * area);
          }
        }
      }
    }
    add(node.input, spread);
  }

  void send(NodeId id, const Node& node, const BatchNormOp&, const Eigen::ArrayXd& gradient) {
    send_through_norm(id, node, gradient);
  }
  void send(NodeId id, const Node& node, const LayerNormOp&, const Eigen::ArrayXd& gradient) {
    send_through_norm(id, node, gradient);
  }
  void send_through_norm(NodeId id, const Node& node, const Eigen::ArrayXd& gradient) {
    const double variance = state(id).norm_variance;
    if (!(variance > 0)) {
      return block(node.input,
                   "the variance that a norm divides by is unknown, or that of too few samples");
    }
    hand_on(id, node.input, state(id).norm_kept / variance * gradient);
  }

  void send(NodeId id, const Node& node, const DropoutOp& operation,
            const Eigen::ArrayXd& gradient) {
    if (operation.rate > 0) {
      return block(node.input, operation.name + ": theory is for networks without dropout");
    }
    hand_on(id, node.input, gradient);
  }

  void send(NodeId id, const Node& node, const ScaleOp& operation, const Eigen::ArrayXd& gradient) {
    hand_on(id, node.input, operation.factor * operation.factor * gradient);
  }

  void send(NodeId id, const Node& node, const ShiftOp&, const Eigen::ArrayXd& gradient) {
    hand_on(id, node.input, gradient);
  }

  void send(NodeId id, const Node& node, const AddOp& operation, const Eigen::ArrayXd& gradient) {
    const double scale = residual_scale(network_, operation);
    hand_on(id, node.input, scale * scale * gradient);
    hand_on(id, operation.shortcut, gradient);
  }

  const Network& network_;
  std::span<const LayerLaw> laws_;
  std::span<const NodeState> states_;
  std::vector<int> layers_;
  std::vector<GradientState> gradients_;
};

}  // namespace

std::vector<GradientState> backward_moments(const Network& network, std::span<const LayerLaw> laws,
                                            std::span<const NodeState> states, NodeId start) {
  return BackwardPass(network, laws, states).run(start);
}

}  // namespace initbench
