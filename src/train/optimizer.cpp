#include "train/optimizer.h"

#include <array>
#include <cmath>
#include <numbers>

#include "base/errors.h"

namespace initbench {
namespace {

Scalar scalar(double value) { return static_cast<Scalar>(value); }

/// One pass over the parameters: `update(i)` may touch entry i of each buffer only, so that the
/// compiler can use vector registers.
void for_each_entry(Index size, auto update) {
  for (Index i = 0; i < size; ++i) update(i);
}

void update_sgd(const OptimizerSpec& spec, double lr, const Vector& gradient, OptimizerState& state,
                Vector& values) {
  const Scalar rate = scalar(lr);
  const Scalar decay = scalar(spec.weight_decay);
  const Scalar* g = gradient.data();
  Scalar* w = values.data();
  if (spec.momentum == 0) {
    for_each_entry(values.size(), [=](Index i) { w[i] -= rate * (g[i] + decay * w[i]); });
    return;
  }
  // The first step's buffer is the gradient itself: a buffer of zeros times the momentum, plus it.
  const Scalar momentum = scalar(spec.momentum);
  Scalar* buffer = state.first.data();
  if (spec.nesterov) {
    for_each_entry(values.size(), [=](Index i) {
      const Scalar decayed = g[i] + decay * w[i];
      buffer[i] = momentum * buffer[i] + decayed;
      w[i] -= rate * (decayed + momentum * buffer[i]);
    });
    return;
  }
  for_each_entry(values.size(), [=](Index i) {
    buffer[i] = momentum * buffer[i] + (g[i] + decay * w[i]);
    w[i] -= rate * buffer[i];
  });
}

void update_adam(const OptimizerSpec& spec, double lr, const Vector& gradient,
                 OptimizerState& state, Vector& values) {
  const bool decoupled = spec.kind == OptimizerKind::adamw;
  const auto t = static_cast<double>(state.steps);
  const Scalar rate = scalar(lr / (1 - std::pow(spec.beta1, t)));
  const Scalar root_correction = scalar(1 / std::sqrt(1 - std::pow(spec.beta2, t)));
  const Scalar shrink = scalar(decoupled ? 1 - lr * spec.weight_decay : 1);
  const Scalar decay = scalar(decoupled ? 0 : spec.weight_decay);
  const Scalar beta1 = scalar(spec.beta1);
  const Scalar beta2 = scalar(spec.beta2);
  const Scalar rest1 = scalar(1 - spec.beta1);
  const Scalar rest2 = scalar(1 - spec.beta2);
  const Scalar epsilon = scalar(spec.epsilon);
  const Scalar* g = gradient.data();
  Scalar* w = values.data();
  Scalar* first = state.first.data();
  Scalar* second = state.second.data();
  for_each_entry(values.size(), [=](Index i) {
    const Scalar decayed = g[i] + decay * w[i];
    first[i] = beta1 * first[i] + rest1 * decayed;
    second[i] = beta2 * second[i] + rest2 * decayed * decayed;
    const Scalar scale = std::sqrt(second[i]) * root_correction + epsilon;
    w[i] = shrink * w[i] - rate * first[i] / scale;
  });
}

void update_rmsprop(const OptimizerSpec& spec, double lr, const Vector& gradient,
                    OptimizerState& state, Vector& values) {
  const Scalar rate = scalar(lr);
  const Scalar decay = scalar(spec.weight_decay);
  const Scalar alpha = scalar(spec.alpha);
  const Scalar rest = scalar(1 - spec.alpha);
  const Scalar epsilon = scalar(spec.epsilon);
  const Scalar momentum = scalar(spec.momentum);
  const Scalar* g = gradient.data();
  Scalar* w = values.data();
  Scalar* buffer = state.first.data();
  Scalar* second = state.second.data();
  for_each_entry(values.size(), [=](Index i) {
    const Scalar decayed = g[i] + decay * w[i];
    second[i] = alpha * second[i] + rest * decayed * decayed;
    buffer[i] = momentum * buffer[i] + decayed / (std::sqrt(second[i]) + epsilon);
    w[i] -= rate * buffer[i];
  });
}

bool needs_first(const OptimizerSpec& spec) {
  return spec.kind != OptimizerKind::sgd || spec.momentum != 0;
}

constexpr std::array<OptimizerRow, 4> kOptimizers{{
    {OptimizerKind::sgd, "sgd",
     "g += weight_decay w; v = momentum v + g; w -= lr v (nesterov: lr (g + momentum v))",
     "torch.optim.SGD; Sutskever et al. 2013"},
    {OptimizerKind::adam, "adam",
     "g += weight_decay w; m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; "
     "w -= lr m/(1-b1^t) / (sqrt(v/(1-b2^t)) + eps)",
     "torch.optim.Adam; Kingma & Ba 2015, arXiv:1412.6980"},
    {OptimizerKind::adamw, "adamw", "adam with w -= lr weight_decay w in place of g += ...",
     "torch.optim.AdamW; Loshchilov & Hutter 2019, arXiv:1711.05101"},
    {OptimizerKind::rmsprop, "rmsprop",
     "g += weight_decay w; s = alpha s + (1-alpha) g^2; v = momentum v + g / (sqrt(s) + eps); "
     "w -= lr v",
     "torch.optim.RMSprop; Tieleman & Hinton 2012"},
}};

}  // namespace

std::span<const OptimizerRow> optimizer_table() { return kOptimizers; }

void apply_update(const OptimizerSpec& spec, double lr, const Vector& gradient,
                  OptimizerState& state, Vector& values) {
  expects(gradient.size() == values.size(), "one gradient entry per parameter");
  if (state.steps == 0) {
    if (needs_first(spec)) state.first.setZero(values.size());
    if (spec.kind != OptimizerKind::sgd) state.second.setZero(values.size());
  }
  ++state.steps;
  switch (spec.kind) {
    case OptimizerKind::sgd: update_sgd(spec, lr, gradient, state, values); return;
    case OptimizerKind::adam:
    case OptimizerKind::adamw: update_adam(spec, lr, gradient, state, values); return;
    case OptimizerKind::rmsprop: update_rmsprop(spec, lr, gradient, state, values); return;
  }
}

double scheduled_lr(const ScheduleSpec& schedule, double lr, std::int64_t step,
                    std::int64_t total) {
  const std::int64_t since_warmup = step - schedule.warmup_steps;
  if (since_warmup < 0) {
    return lr * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  }
  switch (schedule.kind) {
    case ScheduleKind::constant: break;
    case ScheduleKind::step: {
      const std::int64_t drops = since_warmup / schedule.step_size;
      return lr * std::pow(schedule.gamma, static_cast<double>(drops));
    }
    case ScheduleKind::cosine: {
      const auto length = static_cast<double>(total - schedule.warmup_steps);
      if (length <= 0) break;
      const double progress = static_cast<double>(since_warmup) / length;
      return schedule.min_lr +
             (lr - schedule.min_lr) * (1 + std::cos(std::numbers::pi * progress)) / 2;
    }
  }
  return lr;
}

}  // namespace initbench
