/// SGD, Adam, AdamW and RMSprop with PyTorch's update rules and defaults, and learning-rate
/// schedules.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/types.h"

namespace initbench {

enum class OptimizerKind { sgd, adam, adamw, rmsprop };

struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::sgd;
  double lr = 0.01;
  double momentum = 0;      // sgd, rmsprop
  bool nesterov = false;    // sgd
  double weight_decay = 0;  // added to the gradient; adamw: decoupled
  double beta1 = 0.9;       // adam, adamw
  double beta2 = 0.999;
  double epsilon = 1e-8;  // adam, adamw, rmsprop
  double alpha = 0.99;    // rmsprop's smoothing constant
};

/// For `initbench list optimizers` and the config: name, update rule, source.
struct OptimizerRow {
  OptimizerKind kind;
  std::string_view name;
  std::string_view formula;
  std::string_view source;
};
std::span<const OptimizerRow> optimizer_table();

/// Everything an optimizer remembers between steps; sized at the first step, saved and restored as
/// it is.
struct OptimizerState {
  Vector first;   // momentum buffer, or first moment
  Vector second;  // second moment
  std::int64_t steps = 0;
};

/// Numbers that the state holds for each parameter.
Index state_per_parameter(const OptimizerSpec& spec);

/// A stretch of parameters whose learning rate is multiplied by a factor of its own (muP). Weight
/// decay is divided by it, so that their product stays what it was.
struct RateStretch {
  Index begin = 0;
  Index size = 0;
  double factor = 1;  // > 0
};

/// One update, in place: values -= f(gradient, state). `lr` is the scheduled rate of this step.
/// `stretches` cover all parameters, or are empty: every factor is 1. Whether all values are finite
/// afterwards.
bool apply_update(const OptimizerSpec& spec, double lr, const Vector& gradient,
                  OptimizerState& state, Vector& values,
                  std::span<const RateStretch> stretches = {});

/// The same. Afterwards `gradient` holds what was added to each value.
bool apply_update_and_keep_change(const OptimizerSpec& spec, double lr, Vector& gradient,
                                  OptimizerState& state, Vector& values,
                                  std::span<const RateStretch> stretches = {});

enum class ScheduleKind { constant, step, cosine };

struct ScheduleSpec {
  ScheduleKind kind = ScheduleKind::constant;
  std::int64_t warmup_steps = 0;  // linear from lr / warmup_steps up to lr
  std::int64_t step_size = 0;     // step: multiply by gamma every step_size steps after the warm-up
  double gamma = 0.1;
  double min_lr = 0;  // cosine: reached at the last step
};

/// Learning rate of update number `step` (0-based) of `total` ones (Loshchilov & Hutter 2017 for
/// cosine, without restarts).
double scheduled_lr(const ScheduleSpec& schedule, double lr, std::int64_t step, std::int64_t total);

}  // namespace initbench
