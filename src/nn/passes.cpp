/// The forward and the backward pass: one overload per operation, side by side.
#include <utility>

#include "base/errors.h"
#include "base/random.h"
#include "nn/product.h"
#include "nn/tape.h"

namespace initbench {
namespace {

/// One node of a pass, with its neighbours' memory at hand.
struct Step {
  const Network& network;
  Tape& tape;
  NodeId id;

  const Node& node() const { return network.node(id); }
  ConstMatrixView x() const { return std::as_const(tape).value(node().input); }
  MatrixView y() const { return tape.value(id); }
  ConstMatrixView computed_y() const { return std::as_const(tape).value(id); }
  ConstMatrixView dy() const { return std::as_const(tape).gradient(id); }
  MatrixView dx() const { return tape.gradient(node().input); }
  NodeScratch& scratch() const { return tape.scratch(id); }
  const Shape& in_shape() const { return network.node(node().input).shape; }

  /// Nobody reads the gradient of the network's input.
  bool needs_dx() const { return node().input != 0; }
  /// Readers of a node write its gradient from the last to the first: the last one overwrites.
  Accumulate accumulate(NodeId target) const {
    return network.node(target).last_reader == id ? Accumulate::no : Accumulate::yes;
  }
  Accumulate accumulate() const { return accumulate(node().input); }

  ConstVectorView parameter(ParameterId parameter_id) const {
    return network.values_of(parameter_id);
  }
  ConstVectorView parameter(std::optional<ParameterId> parameter_id) const {
    return parameter_id ? parameter(*parameter_id) : ConstVectorView(nullptr, 0);
  }
  /// W^T (inputs x outputs): PyTorch's row-major (outputs, inputs), read column by column.
  ConstMatrixView weight(const DenseOp& op) const {
    return {network.values_of(op.weight).data(), op.inputs, op.outputs};
  }
};

/// A step of the backward pass also knows where parameter gradients go.
struct BackwardStep : Step {
  Vector& gradient;

  VectorView dparameter(ParameterId parameter_id) const {
    const Parameter& wanted = network.parameter(parameter_id);
    return {gradient.data() + wanted.offset, wanted.size};
  }
  VectorView dparameter(std::optional<ParameterId> parameter_id) const {
    return parameter_id ? dparameter(*parameter_id) : VectorView(nullptr, 0);
  }
};

void store(const Step& step, NodeId target, const auto& expression) {
  if (target == 0) return;
  MatrixView gradient = step.tape.gradient(target);
  if (step.accumulate(target) == Accumulate::no) {
    gradient = expression;
  } else {
    gradient += expression;
  }
}

// input: the caller has filled it

void run(const InputOp&, const Step&, const ForwardOptions&) {}
void run_backward(const InputOp&, const BackwardStep&) {}

// dense: y = W x + b

/// Without a copy of the scaled bias, and without Eigen's start of each column, which takes as long
/// as a short one.
void add_to_columns(MatrixView y, double scale, ConstVectorView bias) {
  const auto factor = static_cast<Scalar>(scale);
  const Scalar* const from = bias.data();
  const Index rows = y.rows();
  for (Scalar* to = y.data(); to != y.data() + y.size(); to += rows) {
    for (Index i = 0; i < rows; ++i) to[i] += factor * from[i];
  }
}

void run(const DenseOp& op, const Step& step, const ForwardOptions&) {
  product(step.weight(op), Transpose::yes, step.x(), Transpose::no, step.y());
  if (op.bias) add_to_columns(step.y(), op.bias_scale, step.parameter(*op.bias));
}

void run_backward(const DenseOp& op, const BackwardStep& step) {
  const MatrixView dweight(step.dparameter(op.weight).data(), op.inputs, op.outputs);
  product(step.x(), Transpose::no, step.dy(), Transpose::yes, dweight);
  if (op.bias) {
    step.dparameter(*op.bias) = static_cast<Scalar>(op.bias_scale) * step.dy().rowwise().sum();
  }
  if (step.needs_dx()) {
    product(step.weight(op), Transpose::no, step.dy(), Transpose::no, step.dx(), step.accumulate());
  }
}

// convolution

void run(const ConvolutionOp& op, const Step& step, const ForwardOptions&) {
  if (op.bias && op.bias_scale != 1) {
    const Vector bias = static_cast<Scalar>(op.bias_scale) * step.parameter(*op.bias);
    convolution_forward(op.geometry, step.parameter(op.weight),
                        ConstVectorView(bias.data(), bias.size()), step.x(), step.y(),
                        step.scratch().convolution);
    return;
  }
  convolution_forward(op.geometry, step.parameter(op.weight), step.parameter(op.bias), step.x(),
                      step.y(), step.scratch().convolution);
}

void run_backward(const ConvolutionOp& op, const BackwardStep& step) {
  convolution_backward_weights(op.geometry, step.x(), step.dy(), step.dparameter(op.weight),
                               step.dparameter(op.bias), step.scratch().convolution);
  if (op.bias && op.bias_scale != 1) {
    step.dparameter(*op.bias) *= static_cast<Scalar>(op.bias_scale);
  }
  if (step.needs_dx()) {
    convolution_backward_data(op.geometry, step.parameter(op.weight), step.dy(), step.dx(),
                              step.accumulate(), step.scratch().convolution);
  }
}

// pooling

void run(const PoolOp& op, const Step& step, const ForwardOptions&) {
  if (op.kind == PoolKind::max) {
    max_pool_forward(op.geometry, step.x(), step.y(), step.scratch().argmax);
  } else {
    average_pool_forward(op.geometry, step.x(), step.y());
  }
}

void run_backward(const PoolOp& op, const BackwardStep& step) {
  if (!step.needs_dx()) return;
  if (op.kind == PoolKind::max) {
    max_pool_backward(op.geometry, step.scratch().argmax, step.dy(), step.dx(), step.accumulate());
  } else {
    average_pool_backward(op.geometry, step.dy(), step.dx(), step.accumulate());
  }
}

// normalization

void run(const BatchNormOp& op, const Step& step, const ForwardOptions& options) {
  const Shape& shape = step.node().shape;
  if (options.mode != Mode::evaluate) {
    batch_norm_forward(shape, step.parameter(op.scale), step.parameter(op.shift), step.x(),
                       step.y(), step.scratch().norm);
    return;
  }
  const Vector& running = step.network.running();
  NormStatistics& statistics = step.scratch().norm;
  statistics.mean = running.segment(op.running, shape.channels).cast<double>();
  statistics.variance = running.segment(op.running + shape.channels, shape.channels).cast<double>();
  batch_norm_apply(shape, step.parameter(op.scale), step.parameter(op.shift), statistics, step.x(),
                   step.y());
}

void run_backward(const BatchNormOp& op, const BackwardStep& step) {
  expects(step.needs_dx(), "a norm follows a linear map");
  batch_norm_backward(step.node().shape, step.parameter(op.scale), step.scratch().norm, step.x(),
                      step.dy(), step.dx(), step.dparameter(op.scale), step.dparameter(op.shift),
                      step.accumulate());
}

void run(const LayerNormOp& op, const Step& step, const ForwardOptions&) {
  layer_norm_forward(step.node().shape, step.parameter(op.scale), step.parameter(op.shift),
                     step.x(), step.y(), step.scratch().norm);
}

void run_backward(const LayerNormOp& op, const BackwardStep& step) {
  expects(step.needs_dx(), "a norm follows a linear map");
  layer_norm_backward(step.node().shape, step.parameter(op.scale), step.scratch().norm, step.x(),
                      step.dy(), step.dx(), step.dparameter(op.scale), step.dparameter(op.shift),
                      step.accumulate());
}

// activation

/// prelu's slope is the learned one.
Activation current(const ActivationOp& op, const Step& step) {
  Activation activation = op.activation;
  if (op.slope) activation.parameter = static_cast<double>(step.parameter(*op.slope)(0));
  return activation;
}

void run(const ActivationOp& op, const Step& step, const ForwardOptions&) {
  activation_forward(current(op, step), step.x(), step.y());
}

void run_backward(const ActivationOp& op, const BackwardStep& step) {
  if (op.slope) {
    step.dparameter (*op.slope)(0) = static_cast<Scalar>(prelu_slope_gradient(step.x(), step.dy()));
  }
  if (!step.needs_dx()) return;
  if (step.accumulate() == Accumulate::no) {
    activation_backward(current(op, step), step.x(), step.computed_y(), step.dy(), step.dx());
    return;
  }
  const MatrixView own(step.scratch().buffer.data(), step.dx().rows(), step.dx().cols());
  activation_backward(current(op, step), step.x(), step.computed_y(), step.dy(), own);
  step.dx() += own;
}

// dropout: the mask holds 0 or 1 / (1 - rate)

MatrixView mask_of(const Step& step) {
  return {step.scratch().buffer.data(), step.y().rows(), step.y().cols()};
}

void run(const DropoutOp& op, const Step& step, const ForwardOptions& options) {
  MatrixView mask = mask_of(step);
  if (options.mode != Mode::train) {
    if (options.mode == Mode::calibrate) mask.setOnes();
    step.y() = step.x();
    return;
  }
  Rng rng({.seed = options.seed,
           .purpose = Purpose::dropout,
           .name = op.name,
           .tensor = "mask",
           .substream = options.step});
  const auto survivor = static_cast<Scalar>(1 / (1 - op.rate));
  for (Index i = 0; i < mask.size(); ++i) {
    mask.data()[i] = rng.uniform() < op.rate ? Scalar{0} : survivor;
  }
  step.y() = step.x().cwiseProduct(mask);
}

void run_backward(const DropoutOp&, const BackwardStep& step) {
  store(step, step.node().input, step.dy().cwiseProduct(mask_of(step)));
}

// parametrization

void run(const ScaleOp& op, const Step& step, const ForwardOptions&) {
  step.y() = static_cast<Scalar>(op.factor) * step.x();
}

void run_backward(const ScaleOp& op, const BackwardStep& step) {
  store(step, step.node().input, static_cast<Scalar>(op.factor) * step.dy());
}

void run(const ShiftOp& op, const Step& step, const ForwardOptions&) {
  step.y() = step.x().array() + step.parameter(op.shift)(0);
}

void run_backward(const ShiftOp& op, const BackwardStep& step) {
  step.dparameter(op.shift)(0) = static_cast<Scalar>(step.dy().cast<double>().sum());
  store(step, step.node().input, step.dy());
}

// residual addition

void run(const AddOp& op, const Step& step, const ForwardOptions&) {
  const ConstMatrixView shortcut = std::as_const(step.tape).value(op.shortcut);
  const auto scale =
      op.learned_scale ? step.parameter(*op.learned_scale)(0) : static_cast<Scalar>(op.scale);
  step.y() = shortcut + scale * step.x();
}

void run_backward(const AddOp& op, const BackwardStep& step) {
  const auto scale =
      op.learned_scale ? step.parameter(*op.learned_scale)(0) : static_cast<Scalar>(op.scale);
  if (op.learned_scale) {
    const double sum = step.dy().cast<double>().cwiseProduct(step.x().cast<double>()).sum();
    step.dparameter (*op.learned_scale)(0) = static_cast<Scalar>(sum);
  }
  store(step, step.node().input, scale * step.dy());
  store(step, op.shortcut, step.dy());
}

}  // namespace

void forward(const Network& network, const ForwardOptions& options, Tape& tape) {
  forward(network, options, tape, 0, network.output());
}

void forward(const Network& network, const ForwardOptions& options, Tape& tape, NodeId first,
             NodeId last) {
  for (NodeId id = first; id <= last; ++id) {
    const Step step{network, tape, id};
    std::visit([&](const auto& op) { run(op, step, options); }, step.node().operation);
  }
}

void backward(const Network& network, Tape& tape, Vector& gradient) {
  gradient.resize(network.values().size());
  for (NodeId id = network.output(); id > 0; --id) {
    const BackwardStep step{{network, tape, id}, gradient};
    std::visit([&](const auto& op) { run_backward(op, step); }, step.node().operation);
  }
}

void update_running_statistics(Network& network, const Tape& tape) {
  for (NodeId id = 0; id <= network.output(); ++id) {
    const Node& node = network.node(id);
    const auto* op = std::get_if<BatchNormOp>(&node.operation);
    if (op == nullptr) continue;
    const Index channels = node.shape.channels;
    update_running_statistics(
        tape.scratch(id).norm, node.shape.positions() * tape.batch(),
        VectorView(network.running().data() + op->running, channels),
        VectorView(network.running().data() + op->running + channels, channels));
  }
}

}  // namespace initbench
