#include "train/divergence.h"

#include <optional>

namespace initbench {
namespace {

bool finite(const auto& tensor) { return tensor.allFinite(); }

std::optional<NonFinite> in_parameters(const Network& network) {
  for (std::size_t i = 0; i < network.parameters().size(); ++i) {
    const Parameter& parameter = network.parameters()[i];
    if (!finite(network.values_of(static_cast<ParameterId>(i)))) {
      return NonFinite{.layer = parameter.layer, .tensor = parameter.tensor};
    }
  }
  return std::nullopt;
}

/// What a node's value is to the layer that it belongs to.
std::string tensor_of(const Network& network, NodeId id) {
  for (const Layer& layer : network.layers()) {
    if (id == layer.pre || id == layer.linear) return "pre_activation";
    if (id == layer.activated) return "activation";
  }
  return id == 0 ? "input" : "output";
}

std::optional<NonFinite> in_values(const Network& network, const Tape& tape) {
  for (NodeId id = 0; id <= network.output(); ++id) {
    if (finite(tape.value(id))) continue;
    return NonFinite{.layer = id == 0 ? "data" : network.node(id).layer,
                     .tensor = tensor_of(network, id)};
  }
  return std::nullopt;
}

std::optional<NonFinite> in_gradients(const Network& network, const Tape& tape,
                                      const Vector& gradient) {
  for (std::size_t i = network.layers().size(); i-- > 0;) {
    const Layer& layer = network.layers()[i];
    if (!finite(tape.gradient(layer.pre))) {
      return NonFinite{layer.name, "gradient of pre_activation"};
    }
  }
  for (std::size_t i = network.parameters().size(); i-- > 0;) {
    const Parameter& parameter = network.parameters()[i];
    if (!finite(gradient.segment(parameter.offset, parameter.size))) {
      return NonFinite{parameter.layer, "gradient of " + parameter.tensor};
    }
  }
  return std::nullopt;
}

}  // namespace

NonFinite first_nonfinite(const Network& network, const Tape& tape, const Vector& gradient) {
  if (const auto place = in_parameters(network)) return *place;
  if (const auto place = in_values(network, tape)) return *place;
  if (const auto place = in_gradients(network, tape, gradient)) return *place;
  // Every tensor is finite, so the overflow is the loss's own (or the sum of squares of the
  // gradient's).
  return {.layer = network.layers().empty() ? "" : network.layers().back().name, .tensor = "loss"};
}

}  // namespace initbench
