#include "nn/network_builder.h"

#include <algorithm>
#include <utility>

namespace initbench {
namespace {

// More features or weights than this cannot be meant, and their products must not overflow.
constexpr Index kLargestTensor = Index{1} << 33;

struct Extent {
  Index out = 0;
  Index before = 0;
  Index after = 0;
};

/// Output size and padding of one axis.
Extent convolved_extent(Index in, Index kernel, Index stride, Index dilation, PaddingMode mode,
                        Index amount) {
  const Index reach = (kernel - 1) * dilation + 1;
  switch (mode) {
    case PaddingMode::valid: return {.out = in < reach ? 0 : (in - reach) / stride + 1};
    case PaddingMode::explicit_amount: {
      const Index padded = in + 2 * amount;
      const Index out = padded < reach ? 0 : (padded - reach) / stride + 1;
      return {.out = out, .before = amount, .after = amount};
    }
    case PaddingMode::circular:
      return {.out = (in - 1) / stride + 1, .before = (reach - 1) / 2, .after = reach / 2};
    case PaddingMode::same: break;
  }
  const Index out = (in - 1) / stride + 1;
  const Index total = std::max<Index>((out - 1) * stride + reach - in, 0);
  return {.out = out, .before = total / 2, .after = total - total / 2};
}

std::string pair_text(std::array<Index, 2> pair) {
  return std::to_string(pair[0]) + " x " + std::to_string(pair[1]);
}

}  // namespace

Network::Network(const ModelSpec& spec, const Shape& input, Index outputs) {
  NetworkBuilder builder(input, outputs);
  for (const LayerSpec& layer : spec) builder.add(layer);
  *this = builder.finish();
}

NetworkBuilder::NetworkBuilder(const Shape& input, Index outputs) : outputs_(outputs) {
  network_.nodes_.push_back({.operation = InputOp{}, .input = 0, .shape = input});
}

void NetworkBuilder::add(const LayerSpec& layer) {
  if (broken_) return;
  std::visit([&](const auto& spec) { append_layer(layer, spec); }, layer.kind);
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const DenseSpec& spec) {
  const Index inputs = shape().features();
  const Index units = spec.units > 0 ? spec.units : outputs_;
  if (units > kLargestTensor / inputs) {
    report(layer, std::to_string(inputs) + " inputs x " + std::to_string(units) +
                      " units are too many weights; use fewer units");
    broken_ = true;
    return;
  }
  const Linear linear{.type = spec.is_output ? "output" : "dense",
                      .bias = spec.bias,
                      .norm = spec.norm,
                      .activation = spec.activation,
                      .fans = {.in = inputs, .out = units},
                      .weight_dims = {units, inputs},
                      .groups = 1};
  const std::size_t index = add_linear_parameters(layer.name, linear);
  const Layer& record = network_.layers_[index];
  append(DenseOp{.inputs = inputs, .outputs = units, .weight = record.weight, .bias = record.bias},
         Shape::flat(units));
  finish_linear(index, linear);
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const Conv2dSpec& spec) {
  if (!needs_image(layer, "conv2d")) return;
  const Shape in = shape();
  if (in.channels % spec.groups != 0 || spec.channels % spec.groups != 0) {
    report(layer, "groups " + std::to_string(spec.groups) + " must divide the " +
                      std::to_string(in.channels) + " input channels and the " +
                      std::to_string(spec.channels) + " output channels");
    broken_ = true;
    return;
  }
  const Extent rows = convolved_extent(in.height, spec.kernel[0], spec.stride[0], spec.dilation[0],
                                       spec.padding.mode, spec.padding.amount[0]);
  const Extent columns =
      convolved_extent(in.width, spec.kernel[1], spec.stride[1], spec.dilation[1],
                       spec.padding.mode, spec.padding.amount[1]);
  if (rows.out < 1 || columns.out < 1) {
    report(layer, "a kernel of " + pair_text(spec.kernel) + " with dilation " +
                      pair_text(spec.dilation) + " does not fit into its input of " +
                      to_string(in) + "; use \"padding\": \"same\" or a smaller kernel");
    broken_ = true;
    return;
  }
  const bool wraps = spec.padding.mode == PaddingMode::circular;
  if (wraps && (rows.after > in.height || columns.after > in.width)) {
    report(layer, "circular padding for a kernel of " + pair_text(spec.kernel) +
                      " would wrap around its input of " + to_string(in) +
                      " more than once; use a smaller kernel or dilation");
    broken_ = true;
    return;
  }
  const Shape out = Shape::image(rows.out, columns.out, spec.channels);
  const ConvolutionGeometry geometry{.in = in,
                                     .out = out,
                                     .kernel = spec.kernel,
                                     .stride = spec.stride,
                                     .dilation = spec.dilation,
                                     .pad_before = {rows.before, columns.before},
                                     .pad_after = {rows.after, columns.after},
                                     .circular = wraps,
                                     .groups = spec.groups};
  if (geometry.weight_size() > kLargestTensor || out.features() > kLargestTensor) {
    report(layer, "its output of " + to_string(out) + " is too large; use fewer channels");
    broken_ = true;
    return;
  }
  const Index area = spec.kernel[0] * spec.kernel[1];
  const Index group_inputs = in.channels / spec.groups;
  const Linear linear{.type = "conv2d",
                      .bias = spec.bias,
                      .norm = spec.norm,
                      .activation = spec.activation,
                      .fans = {.in = group_inputs * area, .out = spec.channels * area},
                      .weight_dims = {spec.channels, group_inputs, spec.kernel[0], spec.kernel[1]},
                      .groups = spec.groups};
  const std::size_t index = add_linear_parameters(layer.name, linear);
  const Layer& record = network_.layers_[index];
  append(ConvolutionOp{.geometry = geometry, .weight = record.weight, .bias = record.bias}, out);
  finish_linear(index, linear);
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const PoolSpec& spec) {
  if (!needs_image(layer, "pooling")) return;
  const Shape in = shape();
  if (spec.size[0] > in.height || spec.size[1] > in.width) {
    report(layer, "a pooling window of " + pair_text(spec.size) +
                      " does not fit into its input of " + to_string(in) +
                      "; use a smaller size or drop this layer");
    broken_ = true;
    return;
  }
  const Shape out = Shape::image((in.height - spec.size[0]) / spec.stride[0] + 1,
                                 (in.width - spec.size[1]) / spec.stride[1] + 1, in.channels);
  append(PoolOp{.kind = spec.kind,
                .geometry = {.in = in, .out = out, .size = spec.size, .stride = spec.stride}},
         out);
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const GlobalAveragePoolSpec&) {
  if (!needs_image(layer, "global_avg_pool")) return;
  const Shape in = shape();
  const Shape pooled = Shape::image(1, 1, in.channels);
  append(PoolOp{.kind = PoolKind::average,
                .geometry = {.in = in,
                             .out = pooled,
                             .size = {in.height, in.width},
                             .stride = {in.height, in.width}}},
         Shape::flat(in.channels));
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const DropoutSpec& spec) {
  append(DropoutOp{.rate = spec.rate, .name = layer.name}, shape());
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const ActivationSpec& spec) {
  append_activation(layer.name, spec.activation);
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const ResidualSpec& spec) {
  const NodeId entry = last_;
  for (const LayerSpec& inner : spec.layers) add(inner);
  if (broken_) return;
  const NodeId branch = last_;
  if (branch == entry) {
    report(layer, "a residual block needs layers that compute something");
    broken_ = true;
    return;
  }
  const std::optional<NodeId> shortcut = append_shortcut(layer, spec, entry, branch);
  if (!shortcut) {
    broken_ = true;
    return;
  }
  AddOp add_op{.shortcut = *shortcut, .scale = spec.scale};
  if (spec.learned_scale) {
    add_op.learned_scale =
        add_parameter(layer.name, "scale", ParameterRole::residual_scale, {1}, spec.scale);
  }
  last_ = branch;
  append(add_op, shape());
  append_activation(layer.name, spec.activation);
}

std::optional<NodeId> NetworkBuilder::append_shortcut(const LayerSpec& layer,
                                                      const ResidualSpec& spec, NodeId entry,
                                                      NodeId branch) {
  const Shape from = network_.node(entry).shape;
  const Shape to = network_.node(branch).shape;
  if (spec.shortcut == Shortcut::identity) {
    if (from == to) return entry;
    report(layer, "its layers turn " + to_string(from) + " into " + to_string(to) +
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
      report(layer, "no 1 x 1 projection brings " + to_string(from) + " to its layers' output of " +
                        to_string(to) + "; use \"padding\": \"same\" in its layers");
      return std::nullopt;
    }
  }
  append_projection(layer.name + ".shortcut", entry, to, stride);
  return last_;
}

void NetworkBuilder::append_projection(const std::string& name, NodeId entry, const Shape& target,
                                       std::array<Index, 2> stride) {
  last_ = entry;
  const Shape in = shape();
  const Index inputs = target.is_image ? in.channels : in.features();
  Linear linear{.type = "projection",
                .bias = false,
                .norm = Norm::none,
                .activation = {},
                .fans = {.in = inputs, .out = target.channels},
                .weight_dims = {target.channels, inputs},
                .groups = 1};
  if (target.is_image) linear.weight_dims = {target.channels, inputs, 1, 1};
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

std::size_t NetworkBuilder::add_linear_parameters(const std::string& name, const Linear& linear) {
  Layer layer{.name = name,
              .type = linear.type,
              .activation = linear.activation,
              .fans = linear.fans,
              .input = last_};
  const auto add_with_fans = [&](const std::string& tensor, ParameterRole role,
                                 std::vector<Index> dims) {
    const ParameterId id = add_parameter(name, tensor, role, std::move(dims), 0.0);
    Parameter& parameter = network_.parameters_[static_cast<std::size_t>(id)];
    parameter.fans = linear.fans;
    parameter.groups = linear.groups;
    return id;
  };
  layer.weight = add_with_fans("weight", ParameterRole::weight, linear.weight_dims);
  if (linear.bias) {
    layer.bias = add_with_fans("bias", ParameterRole::bias, {linear.weight_dims.front()});
  }
  network_.layers_.push_back(std::move(layer));
  return network_.layers_.size() - 1;
}

void NetworkBuilder::finish_linear(std::size_t layer_index, const Linear& linear) {
  Layer& layer = network_.layers_[layer_index];
  layer.linear = last_;
  append_norm(layer.name, linear.norm);
  layer.pre = last_;
  append_activation(layer.name, linear.activation);
  layer.activated = last_;
}

void NetworkBuilder::append_norm(const std::string& layer, Norm norm) {
  if (norm == Norm::none) return;
  const Index channels = shape().channels;
  const ParameterId scale =
      add_parameter(layer, "norm.weight", ParameterRole::norm_scale, {channels}, 1.0);
  const ParameterId shift =
      add_parameter(layer, "norm.bias", ParameterRole::norm_shift, {channels}, 0.0);
  if (norm == Norm::layer) {
    append(LayerNormOp{.scale = scale, .shift = shift}, shape());
    return;
  }
  append(BatchNormOp{.scale = scale, .shift = shift, .running = running_size_}, shape());
  running_size_ += 2 * channels;
}

void NetworkBuilder::append_activation(const std::string& layer, const Activation& activation) {
  if (activation.kind == ActivationKind::linear) return;
  ActivationOp operation{.activation = activation, .slope = {}};
  if (activation.kind == ActivationKind::prelu) {
    operation.slope = add_parameter(layer, "activation.weight", ParameterRole::activation_slope,
                                    {1}, activation.parameter);
  }
  append(operation, shape());
}

ParameterId NetworkBuilder::add_parameter(const std::string& layer, const std::string& tensor,
                                          ParameterRole role, std::vector<Index> dims,
                                          double start) {
  std::vector<Parameter>& parameters = network_.parameters_;
  const Index offset = parameters.empty() ? 0 : parameters.back().offset + parameters.back().size;
  Index size = 1;
  for (const Index dim : dims) size *= dim;
  parameters.push_back({.name = layer + "." + tensor,
                        .layer = layer,
                        .tensor = tensor,
                        .role = role,
                        .dims = std::move(dims),
                        .offset = offset,
                        .size = size});
  starts_.push_back(start);
  return static_cast<ParameterId>(parameters.size()) - 1;
}

void NetworkBuilder::append(Operation operation, const Shape& shape) {
  network_.nodes_.push_back({.operation = std::move(operation), .input = last_, .shape = shape});
  last_ = static_cast<NodeId>(network_.nodes_.size()) - 1;
}

void NetworkBuilder::report(const LayerSpec& layer, const std::string& message) {
  issues_.push_back({layer.place, layer.name + ": " + message});
}

bool NetworkBuilder::needs_image(const LayerSpec& layer, const std::string& what) {
  if (shape().is_image) return true;
  report(layer, what + " needs an image (height x width x channels), but its input is " +
                    to_string(shape()) +
                    "; put it before the dense layers, or use an image data set");
  broken_ = true;
  return false;
}

Network NetworkBuilder::finish() {
  if (!issues_.empty()) throw ConfigError(std::move(issues_));
  const Index final_outputs = shape().features();
  if (final_outputs != outputs_) {
    throw ConfigError("model.layers", "the last layer gives " + to_string(shape()) +
                                          ", but the data need " + std::to_string(outputs_) +
                                          " outputs; end with { \"type\": \"output\" }");
  }
  const std::vector<Parameter>& parameters = network_.parameters_;
  network_.values_.setZero(parameters.empty() ? 0
                                              : parameters.back().offset + parameters.back().size);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    network_.values_of(static_cast<ParameterId>(i)).setConstant(static_cast<Scalar>(starts_[i]));
  }
  network_.running_.setZero(running_size_);
  for (std::size_t i = 1; i < network_.nodes_.size(); ++i) {
    const Node& node = network_.nodes_[i];
    const auto reader = static_cast<NodeId>(i);
    network_.nodes_[static_cast<std::size_t>(node.input)].last_reader = reader;
    if (const auto* add_op = std::get_if<AddOp>(&node.operation)) {
      network_.nodes_[static_cast<std::size_t>(add_op->shortcut)].last_reader = reader;
    }
    if (const auto* norm = std::get_if<BatchNormOp>(&node.operation)) {
      const Index channels = node.shape.channels;
      network_.running_.segment(norm->running + channels, channels).setOnes();
    }
  }
  return std::move(network_);
}

}  // namespace initbench
