#include "theory/sampled_nodes.h"

#include <variant>

namespace initbench {
namespace {

std::size_t place(NodeId id) { return static_cast<std::size_t>(id); }

bool is_linear(const Operation& operation) {
  return std::holds_alternative<DenseOp>(operation) ||
         std::holds_alternative<ConvolutionOp>(operation);
}

}  // namespace

SampledNodes::SampledNodes(const Network& network)
    : network_(network), normal_(network.nodes().size()), sampled_(network.nodes().size()) {
  for (NodeId id = 1; id <= network.output(); ++id) {
    const Node& node = network.node(id);
    normal_[place(id)] = is_normal(node) ? 1 : 0;
    const bool activates = std::holds_alternative<ActivationOp>(node.operation);
    if (activates && normal_[place(node.input)] == 0) mark(node.input);
  }
}

bool SampledNodes::is_normal(const Node& node) const {
  const Operation& operation = node.operation;
  if (is_linear(operation)) return true;
  if (std::holds_alternative<ActivationOp>(operation)) return false;
  if (std::holds_alternative<PoolOp>(operation)) return false;
  const auto* add = std::get_if<AddOp>(&operation);
  return normal_[place(node.input)] != 0 && (add == nullptr || normal_[place(add->shortcut)] != 0);
}

void SampledNodes::mark(NodeId id) {
  if (id == 0 || sampled_[place(id)] != 0) return;
  sampled_[place(id)] = 1;
  const Node& node = network_.node(id);
  if (is_linear(node.operation)) return;
  mark(node.input);
  if (const auto* add = std::get_if<AddOp>(&node.operation)) mark(add->shortcut);
}

}  // namespace initbench
