#include "probe/snapshot.h"

#include "base/moments.h"

namespace initbench {

Snapshot take_snapshot(std::int64_t step, const Network& network, const Tape& tape,
                       const Vector& gradient) {
  Snapshot snapshot{.step = step, .path = signal_path(network, tape)};
  for (const Layer& layer : network.layers()) {
    const LayerPosition& position = layer.position;
    snapshot.layers.push_back({.name = layer.name,
                               .type = layer.type,
                               .activation = layer.activation,
                               .units = network.node(layer.activated).shape.channels,
                               .ends_branch = position.branch_layers > 0 &&
                                              position.branch_index == position.branch_layers - 1,
                               .statistics = layer_statistics(network, layer, tape, gradient)});
    snapshot.blocks = position.blocks;
  }
  const ConstMatrixView output = tape.value(network.output());
  snapshot.output_second_moment =
      moments_of({output.data(), static_cast<std::size_t>(output.size())}).second_moment;
  return snapshot;
}

}  // namespace initbench
