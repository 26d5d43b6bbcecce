/// NetworkBuilder's residual blocks: the branch, its shortcut and their sum.
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "nn/network_builder.h"

namespace initbench {

void NetworkBuilder::append_layer(const LayerSpec& layer, const ResidualSpec& spec) {
  const NodeId entry = last_;
  const std::size_t first_layer = network_.layers_.size();
  const bool around = std::exchange(scalar_biases_, spec.scalar_biases);
  for (const LayerSpec& inner : spec.layers) add(inner);
  scalar_biases_ = around;
  if (broken_) return;
  const NodeId branch = last_;
  if (branch == entry) {
    refuse(layer, "a residual block needs layers that compute something");
    return;
  }
  ++blocks_;
  place_in_branch(first_layer);
  const std::optional<NodeId> shortcut = append_shortcut(layer, spec, entry, branch);
  if (!shortcut) return;
  AddOp add_op{.shortcut = *shortcut, .scale = spec.scale};
  if (spec.learned_scale) {
    add_op.learned_scale =
        add_parameter(layer.name, "scale", ParameterRole::residual_scale, {1}, spec.scale);
  }
  last_ = branch;
  owner_ = layer.name;
  append(add_op, shape());
  const bool activates = spec.activation.kind != ActivationKind::linear;
  if (spec.scalar_biases && activates) append_shift(layer.name, "output_bias");
  append_activation(layer.name, spec.activation);
}

std::optional<NodeId> NetworkBuilder::append_shortcut(const LayerSpec& layer,
                                                      const ResidualSpec& spec, NodeId entry,
                                                      NodeId branch) {
  const Shape from = network_.node(entry).shape;
  const Shape to = network_.node(branch).shape;
  if (spec.shortcut == Shortcut::identity) {
    if (from == to) return entry;
    refuse(layer, "its layers turn " + to_string(from) + " into " + to_string(to) +
                      ", which cannot be added to its input; make them equal or use "
                      "\"shortcut\": \"projection\"");
    return std::nullopt;
  }
  std::array<Index, 2> stride{1, 1};
  if (to.is_image) {
    const bool from_fits = from.is_image && to.height <= from.height && to.width <= from.width;
    if (from_fits) {
      stride = {(from.height + to.height - 1) / to.height, (from.width + to.width - 1) / to.width};
    }
    if (!from_fits || (from.height - 1) / stride[0] + 1 != to.height ||
        (from.width - 1) / stride[1] + 1 != to.width) {
      refuse(layer, "no 1 x 1 projection brings " + to_string(from) + " to its layers' output of " +
                        to_string(to) + "; use \"padding\": \"same\" in its layers");
      return std::nullopt;
    }
  }
  append_projection(layer.name + ".shortcut", entry, to, stride, spec.shortcut_parametrization);
  return last_;
}

void NetworkBuilder::append_projection(const std::string& name, NodeId entry, const Shape& target,
                                       std::array<Index, 2> stride, const Parametrization& how) {
  last_ = entry;
  owner_ = name;
  const Shape in = shape();
  const Index inputs = target.is_image ? in.channels : in.features();
  Linear linear{.type = "projection",
                .role = LayerRole::projection,
                .bias = false,
                .norm = Norm::none,
                .activation = {},
                .parametrization = how,
                .fans = {.in = inputs, .out = target.channels},
                .weight_dims = {target.channels, inputs},
                .groups = 1};
  if (target.is_image) linear.weight_dims = {target.channels, inputs, 1, 1};
  if (how.weight_scale != 1) append(ScaleOp{.factor = how.weight_scale}, shape());
  const std::size_t index = add_linear_parameters(name, linear);
  const ParameterId weight = network_.layers_[index].weight;
  if (target.is_image) {
    const ConvolutionGeometry geometry{.in = in, .out = target, .stride = stride};
    append(ConvolutionOp{.geometry = geometry, .weight = weight, .bias = {}}, target);
  } else {
    append(DenseOp{.inputs = inputs, .outputs = target.channels, .weight = weight, .bias = {}},
           target);
  }
  finish_linear(index, linear);
}

void NetworkBuilder::place_in_branch(std::size_t first_layer) {
  std::vector<LayerPosition*> branch;
  for (std::size_t i = first_layer; i < network_.layers_.size(); ++i) {
    Layer& layer = network_.layers_[i];
    const bool of_inner_block = layer.position.branch_layers > 0;
    if (layer.position.role == LayerRole::projection || of_inner_block) continue;
    branch.push_back(&layer.position);
  }
  for (std::size_t i = 0; i < branch.size(); ++i) {
    branch[i]->branch_layers = static_cast<Index>(branch.size());
    branch[i]->branch_index = static_cast<Index>(i);
  }
}

}  // namespace initbench
