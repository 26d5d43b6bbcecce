/// Files of weights in a run's directory (`log.weights`).
#pragma once

#include <cstdint>
#include <string>

#include "nn/network.h"

namespace initbench {

/// Which weights, for the file's name and its metadata.
struct WeightsMoment {
  std::string name;  // "init", "final" or a step: weights_<name>.safetensors
  std::string run_id;
  std::int64_t step = 0;  // updates done
};

/// Writes `<directory>/weights_<name>.safetensors` as a whole, with metadata run_id and step added:
/// whoever reads finds all of it or nothing. The same network gives the same bytes. Throws
/// OutputError.
void write_weights(const std::string& directory, const Network& network,
                   const WeightsMoment& moment);

}  // namespace initbench
