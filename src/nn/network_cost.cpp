#include "nn/network_cost.h"

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

}  // namespace initbench
