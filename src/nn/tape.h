/// What forward and backward passes produce: the value of every node and the loss gradient by it,
/// kept so that probes can read everything afterwards and disturb nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "base/types.h"
#include "nn/network.h"
#include "nn/normalization.h"

namespace initbench {

/// train: batch norms use the batch's statistics, dropout drops. evaluate: running statistics, no
/// dropout. calibrate: the batch's statistics and no dropout, for measuring a network as it was
/// initialized.
enum class Mode { train, evaluate, calibrate };

/// How to run a forward pass. Dropout masks are keyed by (seed, layer name, step).
struct ForwardOptions {
  Mode mode = Mode::train;
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
};

/// Per-node leftovers of the forward pass that the backward pass needs.
struct NodeScratch {
  NormStatistics norm;
  std::vector<std::int32_t> argmax;
  Vector buffer;  // dropout: the mask; an activation that shares its input: its own gradient
  ConvolutionWorkspace convolution;
};

/// Numbers a sample in the buffer of the node's scratch: 0 for most.
Index buffer_features(const Network& network, NodeId id);

/// Memory for batches of up to `capacity` samples, allocated once. Nothing in it is meaningful
/// before a forward pass; gradients not before a backward pass.
class Tape {
 public:
  Tape(const Network& network, Index capacity);

  Index batch() const { return batch_; }
  Index capacity() const { return capacity_; }
  /// The number of samples of the next passes, at most the capacity.
  void set_batch(Index batch);

  /// value(0) is the input: fill it before `forward`. (features x batch)
  MatrixView value(NodeId node);
  ConstMatrixView value(NodeId node) const;
  /// d loss / d value(node), loss = the batch mean. Fill gradient(output) before `backward`.
  MatrixView gradient(NodeId node);
  ConstMatrixView gradient(NodeId node) const;
  NodeScratch& scratch(NodeId node) { return scratch_[static_cast<std::size_t>(node)]; }
  const NodeScratch& scratch(NodeId node) const { return scratch_[static_cast<std::size_t>(node)]; }

 private:
  std::vector<Index> features_;  // of each node
  std::vector<Index> offsets_;   // of each node, in values_ and gradients_
  Vector values_;
  Vector gradients_;
  std::vector<NodeScratch> scratch_;
  Index capacity_ = 0;
  Index batch_ = 0;
};

/// Runs the network on tape.value(0); afterwards tape.value(network.output()) holds logits or
/// predictions.
void forward(const Network& network, const ForwardOptions& options, Tape& tape);

/// Runs the nodes first to last, both included, on a tape that holds the values of those before.
void forward(const Network& network, const ForwardOptions& options, Tape& tape, NodeId first,
             NodeId last);

/// After `forward` in train or calibrate mode and filling tape.gradient(network.output()): fills
/// every node's gradient (the input's excepted) and `gradient`, laid out as Network::values().
/// Resizes `gradient` at first use.
void backward(const Network& network, Tape& tape, Vector& gradient);

/// Moves the running statistics of every batch norm towards those of the tape's last forward pass.
void update_running_statistics(Network& network, const Tape& tape);

}  // namespace initbench
