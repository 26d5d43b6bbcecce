#include "probe/snapshot.h"

#include <utility>
#include <variant>

#include "base/moments.h"

namespace initbench {
namespace {

/// The layer with the activation that a layer of its own brings it, nothing but norms and a
/// residual sum between.
Layer with_later_activation(const Network& network, const Layer& layer) {
  Layer found = layer;
  if (layer.activation.kind != ActivationKind::linear) return found;
  NodeId last = layer.activated;
  for (NodeId id = last + 1; id <= network.output() && network.node(id).input == last; ++id) {
    const Operation& operation = network.node(id).operation;
    if (const auto* activation = std::get_if<ActivationOp>(&operation)) {
      found.activation = activation->activation;
      found.pre = last;
      found.activated = id;
      return found;
    }
    const bool goes_on = std::holds_alternative<BatchNormOp>(operation) ||
                         std::holds_alternative<LayerNormOp>(operation) ||
                         std::holds_alternative<AddOp>(operation);
    if (!goes_on) break;
    last = id;
  }
  return found;
}

}  // namespace

Snapshot take_snapshot(std::int64_t step, const Network& network, const Tape& tape,
                       const Vector& gradient) {
  SignalPath path = signal_path(network, tape);
  Snapshot snapshot{
      .step = step, .path = std::move(path.points), .first_delta_norm = path.first_delta_norm};
  for (const Layer& described : network.layers()) {
    const Layer layer = with_later_activation(network, described);
    const LayerPosition& position = layer.position;
    snapshot.layers.push_back({.name = layer.name,
                               .role = position.role,
                               .activation = layer.activation,
                               .units = network.node(layer.activated).shape.channels,
                               .ends_branch = position.branch_layers > 0 &&
                                              position.branch_index == position.branch_layers - 1,
                               .statistics = layer_statistics(network, layer, tape, gradient)});
    snapshot.blocks = position.blocks;
  }
  const ConstMatrixView output = tape.value(network.output());
  snapshot.output_second_moment = moments_of(entries(output)).second_moment;
  return snapshot;
}

}  // namespace initbench
