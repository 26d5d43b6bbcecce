/// What theory predicts of a layer, as one initialized network shows it: the measured counterpart
/// of LayerPrediction (theory/prediction.h).
#pragma once

#include <optional>

#include "nn/network.h"
#include "nn/tape.h"
#include "probe/layer_statistics.h"

namespace initbench {

struct LayerMoments {
  Index units = 0;               // of z; channels
  double pre_second_moment = 0;  // z, the activation's input
  double pre_variance = 0;
  double act_second_moment = 0;  // a, its output
  double act_variance = 0;
  /// sigma_w^2 mean(phi'(z)^2) with the weights' measured second moment, over the variance that a
  /// norm divides by.
  std::optional<double> chi;
  std::optional<double> pre_cosine;  // of two samples of the batch
  std::optional<double> act_cosine;
  double dead_fraction = 0;
  double delta_squared = 0;  // mean over samples of ||dl_i/dz||^2
};

/// After forward and backward in train mode; `statistics` are that layer's of the same tape.
LayerMoments layer_moments(const Network& network, const Layer& layer, const Tape& tape,
                           const LayerStatistics& statistics);

}  // namespace initbench
