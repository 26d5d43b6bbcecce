/// Fills a network's weights and biases by the schemes chosen for its layers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "init/calibration.h"
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

/// What schemes may need besides the network: files of weights, and for calibrations the training
/// set and the loss.
struct InitInputs {
  const WeightFiles* files = nullptr;
  const Dataset* train = nullptr;
  Loss loss = Loss::cross_entropy;
};

/// One of a layer's tensors, as schemes see it.
TensorContext context_of(const Network& network, const Layer& layer, ParameterId tensor,
                         const WeightFiles* files = nullptr);

/// Throws ConfigError with every scheme that cannot serve its layer: the layer's name, the reason,
/// what fits.
void check_schemes(const Network& network, std::span<const LayerInit> inits,
                   const WeightFiles* files = nullptr);

/// Draws each tensor from its own stream (seed, weights, layer name, tensor), then lets the schemes
/// that look at data or gradients adjust theirs. `inits` is parallel to network.layers(). Throws as
/// `check_schemes`, and when a calibration cannot reach what it promises.
InitReport initialize(Network& network, std::span<const LayerInit> inits, std::uint64_t seed,
                      const InitInputs& inputs = {});

}  // namespace initbench
