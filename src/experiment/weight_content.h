/// A network's tensors as a file of weights holds them: PyTorch's names and layouts.
#pragma once

#include <cstdint>

#include "experiment/safetensors.h"
#include "nn/network.h"

namespace initbench {

/// Everything that a network is, as it is trained: parameters, running means and variances; of each
/// batch norm, num_batches_tracked = `updates`. What a training goes on from.
SafetensorsContent trained_content_of(const Network& network, std::int64_t updates);

/// Everything that a network is, as the scheme `load` reads it: parameters, with the factors of a
/// parametrization (NTK's, muP's) multiplied in; running means and variances; of each batch norm,
/// num_batches_tracked = `updates`. A residual block's fixed scale, which is no tensor, is the
/// metadata "<block>.scale".
SafetensorsContent content_of(const Network& network, std::int64_t updates);

}  // namespace initbench
