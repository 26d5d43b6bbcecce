/// Files of weights on their way into a network (the scheme `load`).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiment/config.h"
#include "experiment/safetensors.h"
#include "nn/network.h"

namespace initbench {

/// The files that a config's schemes name.
struct LoadedWeights {
  WeightFiles files;
  /// What they say besides tensors, by path.
  std::map<std::string, std::map<std::string, std::string>, std::less<>> metadata;
  std::vector<std::string> notes;  // for run.json: each file and its digest
};

/// Reads every file once. A file that is not there is left out: the scheme reports it with its
/// layer. Throws DataError for one that cannot be read or is damaged.
LoadedWeights load_weight_files(const ExperimentConfig& config);

/// What a network has besides weights and biases comes from a file by these rules:
/// 1. All of a layer's other tensors (norm, slope, scalar biases, running statistics), when the
///    layer loads without "tensor". One that the file lacks is an error.
/// 2. What belongs to no such layer (residual scales, slopes and scalar biases between layers),
///    when all layers load without "tensor" and by name from one file. What the file lacks stays at
///    its start, and a note says so.
/// 3. A block whose fixed scale the file tells, then, must have that scale.
/// 4. A tensor of such a layer (or of a block and the like, by 2.) that only the file has is an
///    error: without it the network would be another one.
/// Returns those notes. Throws ConfigError with every tensor that does not fit; `inits` is parallel
/// to network.layers(). A file that was not there is passed over.
std::vector<std::string> restore_other_tensors(Network& network, std::span<const LayerInit> inits,
                                               const LoadedWeights& weights);

}  // namespace initbench
