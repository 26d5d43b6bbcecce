#include "nn/network_builder.h"

#include <utility>

namespace initbench {
namespace {

// 8 GB of parameters, and as much again for gradients and each optimizer moment.
constexpr Index kMostParameters = Index{1} << 31;

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
  owner_ = layer.name;
  std::visit([&](const auto& spec) { append_layer(layer, spec); }, layer.kind);
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const DenseSpec& spec) {
  const Index inputs = shape().features();
  const Index units = spec.units > 0 ? spec.units : outputs_;
  if (spec.is_output && units != outputs_) {
    refuse(layer, "has " + std::to_string(units) + " units, but the data need " +
                      std::to_string(outputs_) + " outputs; remove \"units\" or set it to " +
                      std::to_string(outputs_));
    return;
  }
  if (units > kLargestTensor / inputs) {
    refuse(layer, std::to_string(inputs) + " inputs x " + std::to_string(units) +
                      " units are too many weights; use fewer units");
    return;
  }
  const Linear linear{.type = spec.is_output ? "output" : "dense",
                      .role = spec.is_output ? LayerRole::output : LayerRole::hidden,
                      .bias = spec.bias,
                      .norm = spec.norm,
                      .activation = spec.activation,
                      .parametrization = spec.parametrization,
                      .fans = {.in = inputs, .out = units},
                      .weight_dims = {units, inputs},
                      .groups = 1};
  append_input_parametrization(layer.name, spec.parametrization);
  const std::size_t index = add_linear_parameters(layer.name, linear);
  const Layer& record = network_.layers_[index];
  append(DenseOp{.inputs = inputs,
                 .outputs = units,
                 .weight = record.weight,
                 .bias = record.bias,
                 .bias_scale = spec.parametrization.bias_scale},
         Shape::flat(units));
  finish_linear(index, linear);
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const DropoutSpec& spec) {
  append(DropoutOp{.rate = spec.rate, .name = layer.name}, shape());
}

void NetworkBuilder::append_layer(const LayerSpec& layer, const ActivationSpec& spec) {
  if (scalar_biases_) append_shift(layer.name, "input_bias");
  append_activation(layer.name, spec.activation);
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
  layer.scalar_biases = linear.bias && scalar_biases_;
  if (linear.bias && !scalar_biases_) {
    layer.bias = add_with_fans("bias", ParameterRole::bias, {linear.weight_dims.front()});
  }
  layer.position.role = linear.role;
  network_.layers_.push_back(std::move(layer));
  return network_.layers_.size() - 1;
}

void NetworkBuilder::finish_linear(std::size_t layer_index, const Linear& linear) {
  Layer& layer = network_.layers_[layer_index];
  layer.linear = last_;
  append_norm(layer.name, linear.norm);
  const bool activates = linear.activation.kind != ActivationKind::linear;
  if (scalar_biases_ && activates) append_shift(layer.name, "output_bias");
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

void NetworkBuilder::append_shift(const std::string& layer, const std::string& tensor) {
  const ParameterId shift = add_parameter(layer, tensor, ParameterRole::scalar_bias, {1}, 0.0);
  append(ShiftOp{.shift = shift}, shape());
}

void NetworkBuilder::append_input_parametrization(const std::string& layer,
                                                  const Parametrization& how) {
  if (scalar_biases_) append_shift(layer, "input_bias");
  if (how.weight_scale != 1) append(ScaleOp{.factor = how.weight_scale}, shape());
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
  network_.nodes_.push_back(
      {.operation = std::move(operation), .input = last_, .shape = shape, .layer = owner_});
  last_ = static_cast<NodeId>(network_.nodes_.size()) - 1;
}

void NetworkBuilder::link_positions() {
  std::vector<bool> after_weights(network_.nodes_.size(), false);
  for (std::size_t i = 1; i < network_.nodes_.size(); ++i) {
    const Node& node = network_.nodes_[i];
    const auto* sum = std::get_if<AddOp>(&node.operation);
    after_weights[i] = std::holds_alternative<DenseOp>(node.operation) ||
                       std::holds_alternative<ConvolutionOp>(node.operation) ||
                       after_weights[static_cast<std::size_t>(node.input)] ||
                       (sum != nullptr && after_weights[static_cast<std::size_t>(sum->shortcut)]);
  }
  Index counted = 0;
  LayerPosition* last = nullptr;
  for (Layer& layer : network_.layers_) {
    layer.position.index = counted;
    layer.position.blocks = blocks_;
    layer.position.reads_input = !after_weights[static_cast<std::size_t>(layer.input)];
    if (layer.position.role == LayerRole::projection) continue;
    ++counted;
    last = &layer.position;
  }
  for (Layer& layer : network_.layers_) layer.position.depth = counted;
  if (last != nullptr) last->is_last = true;
}

void NetworkBuilder::refuse(const LayerSpec& layer, const std::string& message) {
  issues_.push_back({layer.place, layer.name + ": " + message});
  broken_ = true;
}

Network NetworkBuilder::finish() {
  if (!issues_.empty()) throw ConfigError(std::move(issues_));
  if (shape().features() != outputs_) {
    throw ConfigError("model.layers", "the last layer gives " + to_string(shape()) +
                                          ", but the data need " + std::to_string(outputs_) +
                                          " outputs; end with { \"type\": \"output\" }");
  }
  fill_starts();
  link_readers();
  link_positions();
  return std::move(network_);
}

void NetworkBuilder::fill_starts() {
  const std::vector<Parameter>& parameters = network_.parameters_;
  const Index total = parameters.empty() ? 0 : parameters.back().offset + parameters.back().size;
  if (total > kMostParameters) {
    throw ConfigError("model.layers", "the network would have " + std::to_string(total) +
                                          " parameters, more than " +
                                          std::to_string(kMostParameters) +
                                          "; use fewer units or channels");
  }
  network_.values_.setZero(total);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    network_.values_of(static_cast<ParameterId>(i)).setConstant(static_cast<Scalar>(starts_[i]));
  }
  network_.running_.setZero(running_size_);
  for (const Node& node : network_.nodes_) {
    if (const auto* norm = std::get_if<BatchNormOp>(&node.operation)) {
      const Index channels = node.shape.channels;
      network_.running_.segment(norm->running + channels, channels).setOnes();
    }
  }
}

void NetworkBuilder::link_readers() {
  for (std::size_t i = 1; i < network_.nodes_.size(); ++i) {
    const Node& node = network_.nodes_[i];
    const auto reader = static_cast<NodeId>(i);
    network_.nodes_[static_cast<std::size_t>(node.input)].last_reader = reader;
    if (const auto* add_op = std::get_if<AddOp>(&node.operation)) {
      network_.nodes_[static_cast<std::size_t>(add_op->shortcut)].last_reader = reader;
    }
  }
}

}  // namespace initbench
