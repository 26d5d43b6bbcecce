/// Theory beside measurement: what mean-field theory predicts for a config at its initialization,
/// and what networks drawn by it show.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiment/config.h"
#include "experiment/theory_sample.h"
#include "nn/network.h"
#include "theory/mean_field.h"
#include "theory/prediction.h"
#include "theory/repeated_layer.h"

namespace initbench {

/// A quantity, as means over samples; delta_ratio: the geometric one.
struct Compared {
  std::optional<double> predicted;
  std::optional<double> measured;
};

/// One layer over several initializations that differ in the seed.
struct LayerComparison {
  Compared pre_m2, pre_var, act_m2, act_var, chi, delta_ratio, pre_cosine, act_cosine, dead_frac;
  std::optional<double> spread;  // predicted relative variance of pre_m2 between networks
  /// experiment/theory_scores.h: of pre_m2, 1 - pre_cosine and delta_ratio.
  std::optional<double> z_score, cosine_z, delta_ratio_z;
  bool measured_start = false;
  std::string reason;        // why forward predictions are missing
  std::string delta_reason;  // why a figure of delta_ratio is
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
