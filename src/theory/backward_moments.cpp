#include <algorithm>

#include "theory/graph_moments.h"
#include "theory/weight_scale.h"

namespace initbench {
namespace {

/// Of two fields of positions x groups: one column stands for all groups, as does its mean for
/// groups that are others.
template <typename Function>
Eigen::ArrayXXd by_group(const Eigen::ArrayXXd& a, const Eigen::ArrayXXd& b, Function function) {
  if (a.cols() == b.cols()) return function(a, b);
  if (b.cols() == 1) return function(a, b.replicate(1, a.cols()));
  if (a.cols() == 1) return function(a.replicate(1, b.cols()), b);
  return function(a, b.rowwise().mean().replicate(1, a.cols()));
}

Eigen::ArrayXXd product(const Eigen::ArrayXXd& a, const Eigen::ArrayXXd& b) {
  return by_group(a, b, [](const auto& x, const auto& y) -> Eigen::ArrayXXd { return x * y; });
}

Eigen::ArrayXXd sum(const Eigen::ArrayXXd& a, const Eigen::ArrayXXd& b) {
  return by_group(a, b, [](const auto& x, const auto& y) -> Eigen::ArrayXXd { return x + y; });
}

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
        Eigen::ArrayXXd::Constant(positions, 1, 1.0 / static_cast<double>(positions));
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
      const Eigen::ArrayXXd gradient = *at(id).squared_norm;
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

  void add(NodeId id, const Eigen::ArrayXXd& gradient, const Eigen::ArrayXf& share = {}) {
    GradientState& state = at(id);
    if (!state.squared_norm) {
      state.squared_norm = gradient;
      state.share = share;
      return;
    }
    const double before = state.total();
    state.squared_norm = sum(*state.squared_norm, gradient);
    const double both = state.total();
    if ((share.size() == 0 && state.share.size() == 0) || !(both > 0)) return;
    const auto part = static_cast<float>(before / both);
    const Index units = std::max(share.size(), state.share.size());
    const auto or_ones = [units](const Eigen::ArrayXf& some) -> Eigen::ArrayXf {
      return some.size() > 0 ? some : Eigen::ArrayXf::Ones(units);
    };
    state.share = part * or_ones(state.share) + (1 - part) * or_ones(share);
  }
  /// To a node with the same units.
  void hand_on(NodeId from, NodeId to, const Eigen::ArrayXXd& gradient) {
    add(to, gradient, at(from).share);
  }

  std::size_t layer_of(NodeId id) const {
    return static_cast<std::size_t>(layers_[static_cast<std::size_t>(id)]);
  }
  const LayerLaw& law_of(NodeId id) const { return laws_[layer_of(id)]; }
  const std::string& name_of(NodeId id) const { return network_.layers()[layer_of(id)].name; }

  void send(NodeId, const Node&, const InputOp&, const Eigen::ArrayXXd&) {}

  void send(NodeId id, const Node& node, const DenseOp& operation,
            const Eigen::ArrayXXd& gradient) {
    const LayerLaw& law = law_of(id);
    if (!law.weight_variance) return block(node.input, name_of(id) + ": " + law.reason);
    // ||W^T delta||^2 = inputs * Var(w) * ||delta||^2, spread evenly over the inputs.
    const Index positions = network_.node(node.input).shape.positions();
    const double factor = static_cast<double>(operation.inputs) * *law.weight_variance;
    const Eigen::ArrayXXd totals = factor * gradient.colwise().sum();
    add(node.input, totals.replicate(positions, 1) / static_cast<double>(positions));
  }

  void send(NodeId id, const Node& node, const ConvolutionOp& operation,
            const Eigen::ArrayXXd& gradient) {
    const LayerLaw& law = law_of(id);
    if (!law.weight_variance) return block(node.input, name_of(id) + ": " + law.reason);
    const ConvolutionGeometry geometry =
        law.centre_only ? centre_tap(operation.geometry) : operation.geometry;
    const Index group_inputs = geometry.in.channels / geometry.groups;
    add(node.input, static_cast<double>(group_inputs) * *law.weight_variance *
                        spread_over_taps(geometry, gradient));
  }

  void send(NodeId id, const Node& node, const ActivationOp&, const Eigen::ArrayXXd& gradient) {
    const NodeState& here = state(id);
    if (!here.effect) return block(node.input, here.reason);
    const Eigen::ArrayXf& slopes = here.effect->unit_slopes;
    const Eigen::ArrayXXd sent = product(gradient, here.effect->slope_second_moment);
    if (slopes.size() == 0) return add(node.input, sent);
    Eigen::ArrayXf share = slopes;
    if (at(id).share.size() > 0) share *= at(id).share;
    const float mean = share.mean();
    const float mean_slope = slopes.mean();
    if (!(mean > 0) || !(mean_slope > 0)) return add(node.input, sent);
    add(node.input, static_cast<double>(mean / mean_slope) * sent, share / mean);
  }

  void send(NodeId, const Node& node, const PoolOp& operation, const Eigen::ArrayXXd& gradient) {
    const PoolingGeometry& geometry = operation.geometry;
    const bool overlapping =
        geometry.stride[0] < geometry.size[0] || geometry.stride[1] < geometry.size[1];
    if (operation.kind == PoolKind::max) {
      return block(node.input, "max pooling sends gradients to units that are not typical");
    }
    if (overlapping) return block(node.input, "overlapping pooling windows mix gradients");
    const auto area = static_cast<double>(geometry.size[0] * geometry.size[1]);
    Eigen::ArrayXXd spread = Eigen::ArrayXXd::Zero(geometry.in.positions(), gradient.cols());
    for (Index row = 0; row < geometry.out.height; ++row) {
      for (Index column = 0; column < geometry.out.width; ++column) {
        for (Index i = 0; i < geometry.size[0]; ++i) {
          for (Index j = 0; j < geometry.size[1]; ++j) {
            const Index to = (row * geometry.stride[0] + i) * geometry.in.width +
                             column * geometry.stride[1] + j;
            spread.row(to) = gradient.row(row * geometry.out.width + column) / (area * area);
          }
        }
      }
    }
    add(node.input, spread);
  }

  void send(NodeId id, const Node& node, const BatchNormOp&, const Eigen::ArrayXXd& gradient) {
    send_through_norm(id, node, gradient);
  }
  void send(NodeId id, const Node& node, const LayerNormOp&, const Eigen::ArrayXXd& gradient) {
    send_through_norm(id, node, gradient);
  }
  void send_through_norm(NodeId id, const Node& node, const Eigen::ArrayXXd& gradient) {
    const Eigen::ArrayXd& inverses = state(id).norm_inverses;
    if (inverses.size() == 0) {
      return block(node.input,
                   "the variance that a norm divides by is unknown, or that of too few samples");
    }
    const Eigen::ArrayXXd factors = state(id).norm_kept * inverses.transpose();
    hand_on(id, node.input, product(gradient, factors.replicate(gradient.rows(), 1)));
  }

  void send(NodeId id, const Node& node, const DropoutOp& operation,
            const Eigen::ArrayXXd& gradient) {
    if (operation.rate > 0) {
      return block(node.input, operation.name + ": theory is for networks without dropout");
    }
    hand_on(id, node.input, gradient);
  }

  void send(NodeId id, const Node& node, const ScaleOp& operation,
            const Eigen::ArrayXXd& gradient) {
    hand_on(id, node.input, operation.factor * operation.factor * gradient);
  }

  void send(NodeId id, const Node& node, const ShiftOp&, const Eigen::ArrayXXd& gradient) {
    hand_on(id, node.input, gradient);
  }

  void send(NodeId id, const Node& node, const AddOp& operation, const Eigen::ArrayXXd& gradient) {
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
