/// Chains of equal layers at initialization, for tests of published results.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "init/initialize.h"
#include "nn/tape.h"
#include "probe/layer_statistics.h"

namespace initbench::testing {

/// Equal layers on standard normal inputs, as many as the width.
struct Ladder {
  Index depth;
  Index width;
  ActivationKind activation;
  InitChoice weight;
  InitChoice bias = choose("zeros");
};

/// Draws the network with ten outputs, runs it forward and backward on random labels of ten classes
/// and shows it.
void visit_initialization(
    const Ladder& ladder, Index batch, std::uint64_t seed,
    const std::function<void(const Network&, const Tape&, const Vector&)>& visit);

/// Statistics of every hidden layer.
std::vector<LayerStatistics> at_initialization(const Ladder& ladder, Index batch,
                                               std::uint64_t seed);

}  // namespace initbench::testing
