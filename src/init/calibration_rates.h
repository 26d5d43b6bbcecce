/// The second stage of Kraehenbuehl et al. 2016, arXiv:1511.06856: weights of all layers change at
/// the same relative rate under a random loss.
#pragma once

#include <cstdint>

#include "init/calibration.h"

namespace initbench {

struct RateResult {
  double before = 0;  // largest |ln(rate / geometric mean of the rates)| over the layers
  double after = 0;
  int iterations = 0;
  std::int64_t gradient_evaluations = 0;
};

/// Rates that differ from their geometric mean by no more than this share count as equal.
inline constexpr double kEqualRates = 0.01;

/// Rescales the calibration's layers until their rates r = sqrt(mean(dW^2) / mean(W^2)) are equal,
/// in at most `max_iterations` steps: weights and bias of a layer times sqrt(r / geometric mean),
/// whose product over the layers is 1, and biases by what their layer's input has been scaled by
/// (mean |x|, the authors' code), so that a chain of homogeneous activations keeps its function.
/// dW is the gradient of noise * outputs over the pass's batch, one noise ~ N(0, 1) for all
/// iterations. Throws ConfigError for a layer whose rate is 0 or not finite.
RateResult equalize_rates(const Scheme& scheme, int max_iterations, Calibration& calibration);

}  // namespace initbench
