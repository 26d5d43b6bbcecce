/// A network: a graph of operations in execution order, and one buffer that holds every parameter.
///
/// Operations are values that hold geometry only. A network copies like an int; everything that a
/// forward or backward pass produces lives in a `Tape` (nn/tape.h) that the caller owns.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/shape.h"
#include "base/types.h"
#include "nn/activation.h"
#include "nn/convolution.h"
#include "nn/model_spec.h"
#include "nn/pooling.h"

namespace initbench {

/// Number of inputs that feed one output, and of outputs that one input feeds, by PyTorch's rule:
/// fan_in = in / groups * kernel area, fan_out = out * kernel area.
struct Fans {
  Index in = 0;
  Index out = 0;
  bool operator==(const Fans&) const = default;
};

enum class ParameterRole {
  weight,
  bias,
  norm_scale,
  norm_shift,
  scalar_bias,
  residual_scale,
  activation_slope
};

/// One tensor inside the network's parameter buffer, in PyTorch's memory order (last index
/// fastest): dense weight (out, in), convolution weight (out, in / groups, kernel height, kernel
/// width).
struct Parameter {
  std::string name;    // "conv1.weight", "dense2.bias", "dense2.norm.weight", "residual1.scale"
  std::string layer;   // "conv1": the key of its random stream
  std::string tensor;  // "weight", "bias", ...: the other key
  ParameterRole role = ParameterRole::weight;
  std::vector<Index> dims;
  Fans fans;  // of the layer's weight, for its bias too: torch_default draws biases by fan_in
  Index groups = 1;
  Index offset = 0;  // into Network::values()
  Index size = 0;
};

using NodeId = std::int32_t;
using ParameterId = std::int32_t;

struct InputOp {};
struct DenseOp {
  Index inputs = 0;
  Index outputs = 0;
  ParameterId weight = 0;
  std::optional<ParameterId> bias;
  double bias_scale = 1;
};
struct ConvolutionOp {
  ConvolutionGeometry geometry;
  ParameterId weight = 0;
  std::optional<ParameterId> bias;
  double bias_scale = 1;
};
struct PoolOp {
  PoolKind kind = PoolKind::max;
  PoolingGeometry geometry;
};
struct BatchNormOp {
  ParameterId scale = 0;
  ParameterId shift = 0;
  Index running = 0;  // offset into Network::running(): mean, then variance, channels each
};
struct LayerNormOp {
  ParameterId scale = 0;
  ParameterId shift = 0;
};
struct ActivationOp {
  Activation activation;
  std::optional<ParameterId> slope;  // prelu's
};
struct DropoutOp {
  double rate = 0.5;
  std::string name;  // keys its stream
};
/// value = factor * value(input): a parametrization's weight_scale, applied to what W reads.
struct ScaleOp {
  double factor = 1;
};
/// value = value(input) + a learned scalar
struct ShiftOp {
  ParameterId shift = 0;
};
/// value = value(shortcut) + scale * value(input)
struct AddOp {
  NodeId shortcut = 0;
  double scale = 1.0;
  std::optional<ParameterId> learned_scale;
};

using Operation = std::variant<InputOp, DenseOp, ConvolutionOp, PoolOp, BatchNormOp, LayerNormOp,
                               ActivationOp, DropoutOp, ScaleOp, ShiftOp, AddOp>;

/// Node i reads value(input) and writes value(i); inputs come before their readers.
struct Node {
  Operation operation;
  NodeId input = 0;
  Shape shape;             // of its output
  NodeId last_reader = 0;  // the highest node that reads it: the first to write its gradient
  std::string layer;       // of the user's layer that it belongs to, for messages
};

/// What a parametrised layer is to its network.
enum class LayerRole : char { hidden, output, projection };  // of a residual block's shortcut

/// Where a parametrised layer stands in its network: what initialization may depend on besides the
/// layer's own shape. Projections are counted nowhere.
struct LayerPosition {
  Index index = 0;           // among the parametrised layers, from 0
  Index depth = 1;           // their number
  bool reads_input = false;  // nothing with weights stands before it
  bool is_last = false;      // nothing with weights stands after it
  Index blocks = 0;          // residual blocks of the network
  Index branch_layers = 0;   // parametrised layers of the residual branch around it; 0: in none
  Index branch_index = 0;    // its place among these, from 0
  LayerRole role = LayerRole::hidden;
};

/// A parametrised layer as users see it: a linear map, then norm, then activation.
struct Layer {
  std::string name;
  std::string type;  // "dense", "conv2d", "output", "projection": for users; `position.role` tells
                     // what it is to the network, `linear` what it computes
  Activation activation;
  Fans fans;
  NodeId input = 0;      // node whose value the linear map reads
  NodeId linear = 0;     // the linear map
  NodeId pre = 0;        // z, the activation's input (after a norm)
  NodeId activated = 0;  // a; equals `pre` when the activation is linear
  ParameterId weight = 0;
  std::optional<ParameterId> bias;
  bool scalar_biases = false;  // its block's scalars stand in for its bias
  LayerPosition position;
};

class Network {
 public:
  /// Builds the graph. `outputs` is the number of classes or of regression targets.
  /// Throws ConfigError, naming the layer and both shapes, for the first layer that does not fit:
  /// what follows it cannot be judged. Weights and biases start at 0, norm scales at 1, slopes and
  /// residual scales at their start; running means at 0 and variances at 1.
  Network(const ModelSpec& spec, const Shape& input, Index outputs);

  std::span<const Node> nodes() const { return nodes_; }
  std::span<const Parameter> parameters() const { return parameters_; }
  std::span<const Layer> layers() const { return layers_; }
  const Node& node(NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  const Parameter& parameter(ParameterId id) const {
    return parameters_[static_cast<std::size_t>(id)];
  }
  NodeId output() const { return static_cast<NodeId>(nodes_.size()) - 1; }

  Vector& values() { return values_; }
  const Vector& values() const { return values_; }
  VectorView values_of(ParameterId id);
  ConstVectorView values_of(ParameterId id) const;

  /// Running means and variances of the batch norms.
  Vector& running() { return running_; }
  const Vector& running() const { return running_; }

 private:
  friend class NetworkBuilder;
  Network() = default;

  std::vector<Node> nodes_;
  std::vector<Parameter> parameters_;
  std::vector<Layer> layers_;
  Vector values_;
  Vector running_;
};

/// Whether everything passes what the layer reads: it stands in no branch, or begins one.
bool is_on_path(const Layer& layer);
/// What a layer reads, before a parametrization's factor and scalar.
NodeId read_by(const Network& network, const Layer& layer);
/// What was pooled to give the node, or the node: pooling makes samples alike on purpose.
NodeId before_pooling(const Network& network, NodeId node);

}  // namespace initbench
