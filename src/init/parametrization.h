/// What schemes change besides initial values: how parameters enter the network, residual blocks'
/// factors, learning rates.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "init/initialize.h"
#include "nn/model_spec.h"
#include "nn/network.h"

namespace initbench {

/// The model as its schemes want it, or nothing when they leave it as it is. `network`: built from
/// `model`; `inits`: parallel to its layers. Throws ConfigError when two schemes of one branch want
/// different blocks, or a block's own settings stand against what a scheme sets.
std::optional<ModelSpec> reshaped_model(const ModelSpec& model, const Network& network,
                                        std::span<const LayerInit> inits);

/// One per parameter of the network; factors of parameters that no scheme speaks of are 1.
std::vector<RateFactors> rate_factors(const Network& network, std::span<const LayerInit> inits);

}  // namespace initbench
