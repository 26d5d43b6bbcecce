#include "theory/weight_scale.h"

#include <variant>

namespace initbench {

double input_factor(const Network& network, const Layer& layer) {
  const auto* scale = std::get_if<ScaleOp>(&network.node(layer.input).operation);
  return scale == nullptr ? 1 : scale->factor;
}

std::optional<WeightScale> weight_scale(const Network& network, const Layer& layer,
                                        const LayerLaw& law) {
  if (!law.weight_variance || !law.bias_variance) return std::nullopt;
  const double factor = input_factor(network, layer);
  const Operation& linear = network.node(layer.linear).operation;
  const auto* convolution = std::get_if<ConvolutionOp>(&linear);
  const double bias_scale =
      convolution != nullptr ? convolution->bias_scale : std::get<DenseOp>(linear).bias_scale;
  Index inputs = layer.fans.in;
  if (law.centre_only) {
    const ConvolutionGeometry& geometry = convolution->geometry;
    inputs = geometry.in.channels / geometry.groups;
  }
  return WeightScale{
      .sigma_w2 = static_cast<double>(inputs) * *law.weight_variance * factor * factor,
      .sigma_b2 = *law.bias_variance * bias_scale * bias_scale};
}

double residual_scale(const Network& network, const AddOp& add) {
  if (!add.learned_scale) return add.scale;
  return static_cast<double>(network.values_of(*add.learned_scale)[0]);
}

std::optional<NodeId> norm_node(const Network& network, const Layer& layer) {
  for (NodeId id = layer.pre; id > layer.linear; id = network.node(id).input) {
    const Operation& operation = network.node(id).operation;
    if (std::holds_alternative<BatchNormOp>(operation)) return id;
    if (std::holds_alternative<LayerNormOp>(operation)) return id;
  }
  return std::nullopt;
}

std::optional<NodeId> first_normed(const Network& network) {
  bool is_normed = false;
  for (const Layer& layer : network.layers()) {
    if (!is_on_path(layer)) continue;
    if (is_normed) return read_by(network, layer);
    is_normed = norm_node(network, layer).has_value();
  }
  return std::nullopt;
}

}  // namespace initbench
