/// The layer that a deep network mostly consists of: what mean-field theory of one layer repeated
/// for ever can say of a network as it is.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "nn/network.h"
#include "theory/layer_law.h"
#include "theory/weight_scale.h"

namespace initbench {

struct RepeatedLayer {
  std::size_t first = 0;  // its first place in network.layers()
  Index count = 0;        // layers like it
  Activation activation;
  WeightScale scale;
};

/// The most frequent one among plain layers: in no residual branch, without norm, not the output.
/// At least two are alike. Empty: `why_none_repeats` says why.
std::optional<RepeatedLayer> repeated_layer(const Network& network, std::span<const LayerLaw> laws);
std::string why_none_repeats(const Network& network, std::span<const LayerLaw> laws);

}  // namespace initbench
