/// A network at one step, as diagnosis looks at it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/activation.h"
#include "nn/network.h"
#include "probe/layer_statistics.h"
#include "probe/signal_path.h"

namespace initbench {

struct LayerSnapshot {
  std::string name;
  LayerRole role = LayerRole::hidden;
  Activation activation;
  Index units = 0;           // channels
  bool ends_branch = false;  // its output is added to a residual block's shortcut
  LayerStatistics statistics;
};

struct Snapshot {
  std::int64_t step = 0;
  std::vector<LayerSnapshot> layers;  // parallel to network.layers()
  std::vector<SignalPoint> path;
  std::optional<double> first_delta_norm;  // see SignalPath
  double output_second_moment = 0;         // of logits or predictions
  Index blocks = 0;                        // residual blocks
};

/// After forward and backward; reads the tape, changes nothing.
Snapshot take_snapshot(std::int64_t step, const Network& network, const Tape& tape,
                       const Vector& gradient);

}  // namespace initbench
