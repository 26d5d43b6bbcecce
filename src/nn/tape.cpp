#include "nn/tape.h"

#include "base/errors.h"

namespace initbench {
namespace {

// Nodes start at multiples of 64 bytes from the first, so that they do not share cache lines.
constexpr Index kAlignment = 64 / static_cast<Index>(sizeof(Scalar));

Index aligned(Index size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

Index buffer_features(const Network& network, NodeId id) {
  const Node& node = network.node(id);
  const bool is_dropout = std::holds_alternative<DropoutOp>(node.operation);
  const bool is_activation = std::holds_alternative<ActivationOp>(node.operation);
  const bool shares_input = network.node(node.input).last_reader != id;
  return is_dropout || (is_activation && shares_input) ? node.shape.features() : 0;
}

Tape::Tape(const Network& network, Index capacity)
    : scratch_(network.nodes().size()), capacity_(capacity), batch_(capacity) {
  expects(capacity > 0, "a tape holds at least one sample");
  Index total = 0;
  for (std::size_t i = 0; i < network.nodes().size(); ++i) {
    const Node& node = network.nodes()[i];
    features_.push_back(node.shape.features());
    offsets_.push_back(total);
    const Index size = node.shape.features() * capacity;
    total += aligned(size);
    scratch_[i].buffer.resize(buffer_features(network, static_cast<NodeId>(i)) * capacity);
  }
  values_.resize(total);
  gradients_.resize(total);
}

void Tape::set_batch(Index batch) {
  expects(batch > 0 && batch <= capacity_, "a batch fits the tape's capacity");
  batch_ = batch;
}

MatrixView Tape::value(NodeId node) {
  const auto i = static_cast<std::size_t>(node);
  return {values_.data() + offsets_[i], features_[i], batch_};
}

ConstMatrixView Tape::value(NodeId node) const {
  const auto i = static_cast<std::size_t>(node);
  return {values_.data() + offsets_[i], features_[i], batch_};
}

MatrixView Tape::gradient(NodeId node) {
  const auto i = static_cast<std::size_t>(node);
  return {gradients_.data() + offsets_[i], features_[i], batch_};
}

ConstMatrixView Tape::gradient(NodeId node) const {
  const auto i = static_cast<std::size_t>(node);
  return {gradients_.data() + offsets_[i], features_[i], batch_};
}

}  // namespace initbench
