/// GradInit (Zhu et al. 2021): scales of tensors at which one step of the optimizer lowers the loss
/// most, while the gradient stays short.
#pragma once

#include <cstdint>
#include <span>

#include "init/calibration_surface.h"

namespace initbench {

/// The step that is looked ahead, whatever the gradient's length: p - eta g / |g|
/// with |g| the Euclidean norm, or p - eta sign(g) (Adam's first) with the sum of magnitudes.
enum class LookAhead { sgd, adam };

struct GradInitSettings {
  LookAhead optimizer = LookAhead::sgd;
  double eta = 0.1;
  double gamma = 1;
  int iterations = 390;
  double lr = 0.01;         // of Adam, which moves the scales
  double min_scale = 0.01;  // of weights; of biases 0
  Index batch_size = 128;
};

/// On the first two batches, before and after.
struct GradInitResult {
  double before = 0;  // loss after the step
  double after = 0;
  double norm_after = 0;  // of the gradient
  int constrained = 0;    // iterations that shortened the gradient instead
  std::int64_t gradient_evaluations = 0;
};

/// Multiplies each of the parameters' `tensors` (weights and biases) by a scale that starts at 1;
/// what is all 0 stays. Per iteration, with training samples a, b, c (half a batch each): g is the
/// gradient on (a, b). If |g| > gamma, Adam takes a step that shortens it, else one that lowers the
/// loss on (a, c), divided by eta, at the parameters after the looked-ahead step. Derivatives by
/// the scales are clipped to [-1, 1], each by itself, and come from a gradient and a Hessian
/// product: 3 or 4 gradients an iteration, whatever the number of tensors. Stops when a loss is not
/// finite, and then returns NaN as `after`.
GradInitResult run_gradinit(const Network& network, std::span<const ParameterId> tensors,
                            const Dataset& train, Loss loss, const GradInitSettings& settings,
                            std::uint64_t seed, Vector& parameters);

}  // namespace initbench
