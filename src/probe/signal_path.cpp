#include "probe/signal_path.h"

#include <cmath>
#include <span>

#include "base/moments.h"
#include "probe/similarity.h"
#include "theory/weight_scale.h"

namespace initbench {
namespace {

double squares(ConstMatrixView x) { return sum_of_squares(entries(x)); }

double mean_square(ConstMatrixView x) { return squares(x) / static_cast<double>(x.size()); }

/// Factors of squared lengths that poolings made, up to each node from the data and from the
/// output.
struct PoolingEffects {
  std::vector<double> forward, backward;
};

PoolingEffects pooling_effects(const Network& network, const Tape& tape) {
  const std::size_t count = network.nodes().size();
  PoolingEffects effects{.forward = std::vector<double>(count, 1),
                         .backward = std::vector<double>(count, 1)};
  const auto known = [](double ratio) { return std::isfinite(ratio) && ratio > 0 ? ratio : 1.0; };
  for (std::size_t i = 1; i < count; ++i) {
    effects.forward[i] = effects.forward[i - 1];
    const Node& node = network.nodes()[i];
    if (!std::holds_alternative<PoolOp>(node.operation)) continue;
    const double ratio =
        mean_square(tape.value(static_cast<NodeId>(i))) / mean_square(tape.value(node.input));
    effects.forward[i] *= known(ratio);
  }
  for (std::size_t i = count - 1; i > 0; --i) {
    effects.backward[i - 1] = effects.backward[i];
    const Node& node = network.nodes()[i];
    if (!std::holds_alternative<PoolOp>(node.operation) || node.input == 0) continue;
    const double ratio =
        squares(tape.gradient(node.input)) / squares(tape.gradient(static_cast<NodeId>(i)));
    effects.backward[i - 1] *= known(ratio);
  }
  return effects;
}

}  // namespace

SignalPath signal_path(const Network& network, const Tape& tape) {
  const PoolingEffects pooling = pooling_effects(network, tape);
  const auto batch = static_cast<double>(tape.batch());
  SignalPath path;
  // The tape holds gradients of the batch mean: a sample's own loss has batch times as much.
  const auto gradient_norm = [&](NodeId id) {
    return std::sqrt(batch * squares(tape.gradient(id)) /
                     pooling.backward[static_cast<std::size_t>(id)]);
  };
  const std::optional<NodeId> normed = first_normed(network);
  const Layer& first = network.layers().front();
  if (first.position.branch_layers == 0) path.first_delta_norm = gradient_norm(first.pre);
  for (const Layer& layer : network.layers()) {
    if (!is_on_path(layer)) continue;
    const NodeId id = read_by(network, layer);
    const auto node = static_cast<std::size_t>(id);
    SignalPoint point{.layer = layer.name};
    point.second_moment = mean_square(tape.value(id)) / pooling.forward[node];
    point.is_normed = normed && id >= *normed;
    point.gap = mean_gap(tape.value(before_pooling(network, id)));
    if (!layer.position.reads_input) point.gradient_norm = gradient_norm(id);
    path.points.push_back(std::move(point));
  }
  return path;
}

std::optional<double> data_alignment(const Network& network, const Tape& tape) {
  const NodeId last = before_pooling(network, read_by(network, network.layers().back()));
  const ConstMatrixView data = tape.value(0);
  if (!alignment(data, data)) return std::nullopt;
  return alignment(data, tape.value(last)).value_or(0);
}

}  // namespace initbench
