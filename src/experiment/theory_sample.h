/// One initialized network as mean-field theory predicts it, and as it is.
#pragma once

#include <span>
#include <vector>

#include "experiment/config.h"
#include "probe/layer_moments.h"
#include "theory/prediction.h"
#include "train/trainer.h"

namespace initbench {

/// Behind pooling, which theory does not derive, the prediction goes on from the moments that the
/// tape shows.
struct TheorySample {
  NetworkPrediction predicted;
  std::vector<LayerMoments> measured;  // parallel to predicted.layers
};
/// `statistics` are those of the network's layers at that step.
TheorySample theory_sample(const ExperimentConfig& config, const StepView& first_step,
                           std::span<const LayerStatistics> statistics);

/// ||dl/dz||^2 over that of the next layer. Empty after the last one, and where float cannot hold
/// the gradients.
std::optional<double> measured_delta_ratio(const TheorySample& sample, std::size_t layer);

/// Whether gradients at the layer are smaller than float can hold: of those that are 0, by what
/// theory makes of the nearest ones behind that are not.
bool gradients_underflow(const TheorySample& sample, std::size_t layer);

}  // namespace initbench
