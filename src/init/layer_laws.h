/// The laws of a network's layers, as theory asks for them.
#pragma once

#include <span>
#include <vector>

#include "init/initialize.h"
#include "nn/network.h"
#include "theory/layer_law.h"

namespace initbench {

/// The laws of all layers; `inits` is parallel to network.layers().
std::vector<LayerLaw> laws_of(const Network& network, std::span<const LayerInit> inits);

}  // namespace initbench
