/// Theory beside measurement: what mean-field theory predicts for a config at its initialization,
/// and what networks drawn by it show.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiment/config.h"
#include "nn/network.h"
#include "nn/tape.h"
#include "probe/layer_moments.h"
#include "theory/mean_field.h"
#include "theory/prediction.h"
#include "theory/repeated_layer.h"
#include "train/trainer.h"

namespace initbench {

/// One initialization; `statistics` are those of its layers. Behind pooling, which theory does not
/// derive, the prediction goes on from the moments that the tape shows.
struct TheorySample {
  NetworkPrediction predicted;
  std::vector<LayerMoments> measured;  // parallel to predicted.layers
};
TheorySample theory_sample(const ExperimentConfig& config, const StepView& first_step,
                           std::span<const LayerStatistics> statistics);

/// A quantity, as means over samples; delta_ratio: the geometric one.
struct Compared {
  std::optional<double> predicted;
  std::optional<double> measured;
};

/// One layer over several initializations that differ in the seed.
struct LayerComparison {
  Compared pre_m2, pre_var, act_m2, act_var, chi, delta_ratio, pre_cosine, act_cosine, dead_frac;
  std::optional<double> spread;  // predicted relative variance of pre_m2 between networks
  /// How far pre_m2 is from its prediction, in standard errors: beyond 4 one of the two is wrong.
  std::optional<double> z_score;
  /// The same of 1 - pre_cosine and of delta_ratio, by the spread over seeds; from three of these
  /// on.
  std::optional<double> cosine_z, delta_ratio_z;
  bool measured_start = false;
  std::string reason;        // why forward predictions are missing
  std::string delta_reason;  // why delta_ratio is
};
/// At least one sample, all of the same network but for the seed.
std::vector<LayerComparison> compare_with_theory(std::span<const TheorySample> samples);

/// Where the layer that the network mostly consists of leads.
struct DeepLimit {
  std::optional<RepeatedLayer> layer;
  std::optional<Phase> phase;
  std::string reason;  // why there is none
};
DeepLimit deep_limit(const ExperimentConfig& config, const Network& network,
                     const NetworkPrediction& prediction);

}  // namespace initbench
