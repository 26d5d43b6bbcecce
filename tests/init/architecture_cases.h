/// Small networks for schemes that ask where a layer stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "init/initialize.h"
#include "init/parametrization.h"
#include "nn/network.h"

namespace initbench::testing {

inline LayerSpec dense(const std::string& name, Index units, ActivationKind activation) {
  return {.name = name,
          .place = "place of " + name,
          .kind = DenseSpec{.units = units, .activation = {.kind = activation}}};
}

inline LayerSpec output() {
  return {.name = "output", .place = "place of output", .kind = DenseSpec{.is_output = true}};
}

/// dense1, `blocks` residual layers of `branch` dense ones each (the last of them linear), output.
inline ModelSpec residual_model(Index blocks, Index branch, Index width,
                                ActivationKind activation) {
  ModelSpec model{dense("dense1", width, activation)};
  for (Index block = 1; block <= blocks; ++block) {
    const std::string name = "residual" + std::to_string(block);
    ResidualSpec spec;
    for (Index i = 1; i <= branch; ++i) {
      spec.layers.push_back(dense(name + ".dense" + std::to_string(i), width,
                                  i < branch ? activation : ActivationKind::linear));
    }
    model.push_back({.name = name, .place = "place of " + name, .kind = spec});
  }
  model.push_back(output());
  return model;
}

inline std::vector<LayerInit> inits_of(const Network& network, const InitChoice& weight) {
  std::vector<LayerInit> inits;
  for (const Layer& layer : network.layers()) {
    inits.push_back({.layer = layer.name,
                     .weight = weight,
                     .bias = weight.scheme->brings_biases ? weight : choose("zeros"),
                     .place = "place of " + layer.name});
  }
  return inits;
}

/// The network as the scheme wants it, initialized, with its inits.
struct Prepared {
  Network network;
  std::vector<LayerInit> inits;
};

inline Prepared prepare(const ModelSpec& model, const Shape& input, Index outputs,
                        const InitChoice& choice, std::uint64_t seed = 0) {
  Network plain(model, input, outputs);
  std::vector<LayerInit> inits = inits_of(plain, choice);
  const std::optional<ModelSpec> reshaped = reshaped_model(model, plain, inits);
  Network network = reshaped ? Network(*reshaped, input, outputs) : plain;
  initialize(network, inits, seed);
  return {std::move(network), std::move(inits)};
}

inline const Layer& layer_of(const Network& network, std::string_view name) {
  for (const Layer& layer : network.layers()) {
    if (layer.name == name) return layer;
  }
  throw std::out_of_range("no such layer");
}

/// Var(w) as the scheme announces it for a layer's weight.
inline double announced_variance(const Network& network, std::string_view name,
                                 const InitChoice& choice) {
  const Layer& layer = layer_of(network, name);
  return choice.scheme->variance(choice, context_of(network, layer, layer.weight)).value();
}

}  // namespace initbench::testing
