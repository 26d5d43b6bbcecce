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

std::optional<NonFinite> in_values(const Network& network, const Tape& tape) {
  for (const Layer& layer : network.layers()) {
    if (!finite(tape.value(layer.pre))) return NonFinite{layer.name, "pre_activation"};
    if (!finite(tape.value(layer.activated))) return NonFinite{layer.name, "activation"};
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
