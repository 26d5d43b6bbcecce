/// Fills a network's weights and biases by the schemes chosen for its layers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "init/scheme.h"
#include "nn/network.h"

namespace initbench {

/// The schemes of one layer, and where the user wrote them (for messages).
struct LayerInit {
  std::string layer;  // a Layer::name
  InitChoice weight;
  InitChoice bias;    // ignored when the layer has none
  std::string place;  // "model.layers.2"
};

/// Throws ConfigError with every scheme that cannot serve its layer: the layer's name, the reason,
/// what fits.
void check_schemes(const Network& network, std::span<const LayerInit> inits);

/// Draws each tensor from its own stream (seed, weights, layer name, tensor). `inits` is parallel
/// to network.layers(). Throws as `check_schemes`.
void initialize(Network& network, std::span<const LayerInit> inits, std::uint64_t seed);

}  // namespace initbench
