#include "nn/network_cost.h"

#include <cstdint>

#include "nn/tape.h"

namespace initbench {
namespace {

/// Products of one forward pass of one sample.
double products(const DenseOp& op, const Node&) {
  return static_cast<double>(op.inputs) * static_cast<double>(op.outputs);
}
double products(const ConvolutionOp& op, const Node& node) {
  return static_cast<double>(op.geometry.weight_size()) *
         static_cast<double>(node.shape.positions());
}
double products(const auto&, const Node&) { return 0; }

/// Bytes of what a node keeps beside its value and gradient. oneDNN orders weights in its own way
/// for each pass; the first layer's inputs have no gradient.
double kept_bytes(const ConvolutionOp& op, const Node& node, Index) {
  const Index copies = node.input == 0 ? 2 : 3;
  return static_cast<double>(copies * op.geometry.weight_size()) * sizeof(Scalar);
}
double kept_bytes(const PoolOp& op, const Node& node, Index batch) {
  if (op.kind != PoolKind::max) return 0;
  return static_cast<double>(node.shape.features() * batch) * sizeof(std::int32_t);
}
double kept_bytes(const auto&, const Node&, Index) { return 0; }

}  // namespace

double training_flops(const Network& network) {
  double flops = 0;
  for (const Node& node : network.nodes()) {
    const double forward =
        2 * std::visit([&](const auto& op) { return products(op, node); }, node.operation);
    const int passes = node.input == 0 ? 2 : 3;
    flops += forward * passes + 2 * static_cast<double>(node.shape.features());
  }
  return flops;
}

double passes_bytes(const Network& network, Index batch) {
  Index numbers = network.values().size();
  double kept = 0;
  for (NodeId id = 0; id <= network.output(); ++id) {
    const Node& node = network.node(id);
    numbers += (2 * node.shape.features() + buffer_features(network, id)) * batch;
    kept += std::visit([&](const auto& op) { return kept_bytes(op, node, batch); }, node.operation);
  }
  return static_cast<double>(numbers) * sizeof(Scalar) + kept;
}

}  // namespace initbench
