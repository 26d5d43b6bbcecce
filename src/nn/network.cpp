#include "nn/network.h"

namespace initbench {

VectorView Network::values_of(ParameterId id) {
  const Parameter& wanted = parameter(id);
  return {values_.data() + wanted.offset, wanted.size};
}

ConstVectorView Network::values_of(ParameterId id) const {
  const Parameter& wanted = parameter(id);
  return {values_.data() + wanted.offset, wanted.size};
}

bool is_on_path(const Layer& layer) {
  return layer.position.role != LayerRole::projection && layer.position.branch_index == 0;
}

NodeId read_by(const Network& network, const Layer& layer) {
  NodeId node = layer.input;
  const auto is_parametrization = [&](const Operation& operation) {
    return std::holds_alternative<ScaleOp>(operation) || std::holds_alternative<ShiftOp>(operation);
  };
  while (is_parametrization(network.node(node).operation)) node = network.node(node).input;
  return node;
}

NodeId before_pooling(const Network& network, NodeId node) {
  while (std::holds_alternative<PoolOp>(network.node(node).operation)) {
    node = network.node(node).input;
  }
  return node;
}

}  // namespace initbench
