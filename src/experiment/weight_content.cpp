#include "experiment/weight_content.h"

#include <vector>

#include "init/wording.h"
#include "nn/torch_layout.h"

namespace initbench {
namespace {

/// Multiplies a parametrization's factors into the layer's tensors: a network without it, here or
/// in PyTorch, is then the same function.
void apply_factors(const Network& network, const Layer& layer, SafetensorsContent& content) {
  const auto multiply = [&](ParameterId id, double factor) {
    if (factor == 1) return;
    for (Scalar& value : content.tensors[network.parameter(id).name].values) {
      value = static_cast<Scalar>(static_cast<double>(value) * factor);
    }
  };
  const auto* scale = std::get_if<ScaleOp>(&network.node(layer.input).operation);
  if (scale != nullptr) multiply(layer.weight, scale->factor);
  if (!layer.bias) return;
  const Operation& linear = network.node(layer.linear).operation;
  const auto* dense = std::get_if<DenseOp>(&linear);
  multiply(*layer.bias,
           dense != nullptr ? dense->bias_scale : std::get<ConvolutionOp>(linear).bias_scale);
}

}  // namespace

SafetensorsContent trained_content_of(const Network& network, std::int64_t updates) {
  SafetensorsContent content;
  for (std::size_t i = 0; i < network.parameters().size(); ++i) {
    const Parameter& parameter = network.parameters()[i];
    const ConstVectorView values = network.values_of(static_cast<ParameterId>(i));
    content.tensors[parameter.name] = {.dims = parameter.dims,
                                       .values = {values.data(), values.data() + values.size()}};
  }
  for (const Layer& layer : network.layers()) {
    const Parameter& weight = network.parameter(layer.weight);
    const Shape& input = network.node(layer.input).shape;
    if (!flattens_image(weight, input)) continue;
    std::vector<Scalar>& values = content.tensors[weight.name].values;
    values = to_torch_columns(input, values);
  }
  for (const Node& node : network.nodes()) {
    const auto* norm = std::get_if<BatchNormOp>(&node.operation);
    if (norm == nullptr) continue;
    const std::string prefix = network.parameter(norm->scale).layer + ".norm.";
    const Index channels = node.shape.channels;
    const Scalar* const mean = network.running().data() + norm->running;
    const Scalar* const variance = mean + channels;
    content.tensors[prefix + "running_mean"] = {.dims = {channels}, .values = {mean, variance}};
    content.tensors[prefix + "running_var"] = {.dims = {channels},
                                               .values = {variance, variance + channels}};
    content.integers[prefix + "num_batches_tracked"] = updates;
  }
  return content;
}

SafetensorsContent content_of(const Network& network, std::int64_t updates) {
  SafetensorsContent content = trained_content_of(network, updates);
  for (const Layer& layer : network.layers()) apply_factors(network, layer, content);
  for (const Node& node : network.nodes()) {
    const auto* sum = std::get_if<AddOp>(&node.operation);
    if (sum == nullptr || sum->learned_scale) continue;
    content.metadata[node.layer + ".scale"] = number_text(sum->scale);
  }
  return content;
}

}  // namespace initbench
