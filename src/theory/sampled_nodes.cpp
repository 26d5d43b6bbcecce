#include "theory/sampled_nodes.h"

#include <variant>

#include "theory/weight_scale.h"

namespace initbench {
namespace {

std::size_t place(NodeId id) { return static_cast<std::size_t>(id); }

bool is_linear(const Operation& operation) {
  return std::holds_alternative<DenseOp>(operation) ||
         std::holds_alternative<ConvolutionOp>(operation);
}

const NodeState& at(std::span<const NodeState> states, NodeId id) { return states[place(id)]; }

/// Made of the samples that the node reads; empty when one of them is.
UnitSample sample_of(const Network& network, NodeId id, std::span<const NodeState> states,
                     UnitSample NodeState::*member, std::uint64_t stream) {
  if (at(states, id).moments->normal) return UnitSample(stream);
  const Node& node = network.node(id);
  const NodeState& input = at(states, node.input);
  UnitSample units = input.*member;
  if (units.is_empty()) return units;
  if (const auto* activation = std::get_if<ActivationOp>(&node.operation)) {
    units.activate(activation->activation);
  } else if (const auto* add = std::get_if<AddOp>(&node.operation)) {
    const UnitSample& branch = units;
    UnitSample sum = at(states, add->shortcut).*member;
    if (sum.is_empty()) return sum;
    sum.add(branch, residual_scale(network, *add), input.moments->normal);
    return sum;
  } else if (std::holds_alternative<LayerNormOp>(node.operation)) {
    units.shift(-units.mean());
  }
  return units;
}

}  // namespace

SampledNodes::SampledNodes(const Network& network)
    : network_(network), normal_(network.nodes().size()), sampled_(network.nodes().size()) {
  for (NodeId id = 1; id <= network.output(); ++id) {
    const Node& node = network.node(id);
    normal_[place(id)] = is_normal(node) ? 1 : 0;
    const bool activates = std::holds_alternative<ActivationOp>(node.operation);
    if (activates && normal_[place(node.input)] == 0) mark(node.input);
  }
}

bool SampledNodes::is_normal(const Node& node) const {
  const Operation& operation = node.operation;
  if (is_linear(operation)) return true;
  if (std::holds_alternative<ActivationOp>(operation)) return false;
  if (std::holds_alternative<PoolOp>(operation)) return false;
  const auto* add = std::get_if<AddOp>(&operation);
  return normal_[place(node.input)] != 0 && (add == nullptr || normal_[place(add->shortcut)] != 0);
}

void SampledNodes::mark(NodeId id) {
  if (id == 0 || sampled_[place(id)] != 0) return;
  sampled_[place(id)] = 1;
  const Node& node = network_.node(id);
  if (is_linear(node.operation)) return;
  mark(node.input);
  if (const auto* add = std::get_if<AddOp>(&node.operation)) mark(add->shortcut);
}

void add_samples(const Network& network, NodeId id, std::span<NodeState> states) {
  NodeState& state = states[place(id)];
  const NodeMoments& moments = *state.moments;
  const double square = moments.mean_second_moment();
  const auto stream = 2 * static_cast<std::uint64_t>(id);
  state.units = sample_of(network, id, states, &NodeState::units, stream);
  state.units.match(square, square * (moments.has_pairs() ? moments.gap() : 1));
  if (!moments.places.are_known()) return;
  state.places = sample_of(network, id, states, &NodeState::places, stream + 1);
  state.places.match(square, square - moments.places.squared_channel_mean());
}

}  // namespace initbench
