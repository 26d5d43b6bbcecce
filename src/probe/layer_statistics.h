/// What one layer looks like at one step: the statistics of `layers.csv`.
#pragma once

#include <optional>

#include "base/types.h"
#include "nn/network.h"
#include "nn/tape.h"

namespace initbench {

/// Over units x positions x samples of that step's batch unless said; variances are population
/// variances.
struct LayerStatistics {
  double pre_mean = 0, pre_var = 0,
         pre_m2 = 0;  // z, the input of the activation; m2: second moment
  double act_mean = 0, act_var = 0, act_m2 = 0;  // a, its output
  double act_zero_frac = 0;                      // exact zeros
  std::optional<double> act_sat_frac;    // |a| beyond 97 % of a bounded range; empty when unbounded
  double dead_frac = 0;                  // units (channels) that are zero for the whole batch
  double delta_norm = 0;                 // sqrt(mean over samples of ||d l_i / d z||^2)
  double grad_weight_norm = 0;           // of the batch-mean loss
  std::optional<double> grad_bias_norm;  // empty without bias
  double weight_norm = 0;
  double weight_std = 0;
  std::optional<double> update_ratio;  // ||dW|| / ||W|| of the update that follows
  Index nonfinite = 0;               // NaN or infinite entries of z, a, dl/dz, weight and gradient
  double act_near_zero_frac = 0;     // |a| <= 0.05
  std::optional<double> act_cosine;  // of two samples' a; empty below 2 samples that are not 0
  std::optional<double> act_effective_rank;  // of the samples' a: probe/similarity.h
  double identical_frac = 0;  // units that are copies of another: probe/identical_units.h
};

/// After forward and backward; reads the tape, changes nothing. `update_ratio` stays empty.
LayerStatistics layer_statistics(const Network& network, const Layer& layer, const Tape& tape,
                                 const Vector& gradient);

/// ||change|| / ||weight|| of the layer's weight, whose norm before the change is `weight_norm`;
/// empty when it was all zero. `change`: of all parameters of the network.
std::optional<double> update_ratio(const Network& network, const Layer& layer, const Vector& change,
                                   double weight_norm);

}  // namespace initbench
