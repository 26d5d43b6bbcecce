/// MetaInit (Dauphin & Schoenholz 2019): norms of weight tensors at which the gradient changes
/// little over one gradient step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "init/calibration_surface.h"

namespace initbench {

/// The gradient quotient (1/N) sum_i |(g_i - (Hg)_i) / (g_i + eps sgn(g_i)) - 1|, sgn(0) = 1, over
/// all parameters of the network; three gradients.
double gradient_quotient(LossSurface& surface, const Vector& parameters, const Samples& samples,
                         double epsilon);

struct MetaInitSettings {
  int steps = 500;
  double lr = 0.1;
  double momentum = 0.9;
  double epsilon = 1e-5;
  Index batch_size = 128;
};

/// A quotient's value on noise that no step has used, before and after.
struct MetaInitResult {
  double before = 0;
  double after = 0;
  std::int64_t gradient_evaluations = 0;
};

/// Changes the norms of the parameters' `tensors`: memory = momentum * memory - lr * sign(dGQ /
/// d norm), norm += memory, and never below a hundredth of its start, where the memory is cleared;
/// what is all 0 stays. Each step draws inputs and answers of its own (noise_samples) keyed by
/// (seed, step). The derivative is a central difference over each norm's logarithm: 6 gradients a
/// tensor and step. Stops when a quotient is not finite, and then returns NaN as `after`.
MetaInitResult run_metainit(const Network& network, std::span<const ParameterId> tensors,
                            const Dataset& like, Loss loss, const MetaInitSettings& settings,
                            std::uint64_t seed, Vector& parameters);

}  // namespace initbench
