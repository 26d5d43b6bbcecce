#include "train/optimizer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <numbers>

#include "base/errors.h"
#include "nn/threads.h"

namespace initbench {
namespace {

constexpr std::array<OptimizerRow, 4> kTable{{
    {OptimizerKind::sgd, "sgd",
     "g += weight_decay w; b = momentum b + g (first: b = g); w -= lr b (nesterov: g + momentum b)",
     "Sutskever et al. 2013, as torch.optim.SGD"},
    {OptimizerKind::adam, "adam",
     "g += weight_decay w; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; "
     "w -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon)",
     "Kingma & Ba 2015, arXiv:1412.6980, as torch.optim.Adam"},
    {OptimizerKind::adamw, "adamw", "w -= lr weight_decay w; then adam without weight_decay",
     "Loshchilov & Hutter 2019, arXiv:1711.05101, as torch.optim.AdamW"},
    {OptimizerKind::rmsprop, "rmsprop",
     "g += weight_decay w; v = alpha v + (1 - alpha) g^2; u = g / (sqrt(v) + epsilon); "
     "w -= lr u (momentum: b = momentum b + u; w -= lr b)",
     "Tieleman & Hinton 2012, lecture 6.5, as torch.optim.RMSprop"},
}};

// Numbers updated at once: what several statements read and write stays in the first-level cache,
// so that an update is one pass over the buffers.
constexpr Index kBlock = 512;

using Block = Eigen::Array<Scalar, Eigen::Dynamic, 1, Eigen::ColMajor, kBlock, 1>;

/// What an update reads and writes.
struct Buffers {
  const Vector& gradient;
  OptimizerState& state;
  Vector& values;
  Vector* change = nullptr;  // what is added to the values, where somebody wants to know
};

/// Calls update(first, size) for blocks of up to kBlock values of the stretch, in the threads of
/// this one; whether all values are finite after it, which costs least while a block is in the
/// cache.
bool update_blocks(const RateStretch& stretch, const Buffers& buffers, auto update) {
  const Vector& values = buffers.values;
  std::atomic<bool> finite = true;
  for_each_part(stretch.size, [&](Index begin, Index part_size) {
    const Index end = stretch.begin + begin + part_size;
    Scalar zero = 0;
    for (Index first = stretch.begin + begin; first < end; first += kBlock) {
      const Index size = std::min(kBlock, end - first);
      Block before;
      if (buffers.change != nullptr) before = values.segment(first, size).array();
      update(first, size);
      if (buffers.change != nullptr) {
        buffers.change->segment(first, size).array() = values.segment(first, size).array() - before;
      }
      zero += (Scalar{0} * values.segment(first, size)).sum();  // NaN beside a NaN or an infinity
    }
    if (zero != 0) finite = false;  // NaN: it is exactly zero otherwise
  });
  return finite;
}

Scalar scalar(double value) { return static_cast<Scalar>(value); }

/// The gradient of the loss plus weight_decay / 2 times the squared norm.
Block decayed(const OptimizerSpec& spec, const Buffers& buffers, Index first, Index size) {
  Block g = buffers.gradient.segment(first, size).array();
  if (spec.weight_decay != 0) {
    g += scalar(spec.weight_decay) * buffers.values.segment(first, size).array();
  }
  return g;
}

bool is_plain_descent(const OptimizerSpec& spec) {
  return spec.momentum == 0 && spec.weight_decay == 0;
}

bool sgd(const OptimizerSpec& spec, double lr, const RateStretch& stretch, const Buffers& buffers) {
  const Scalar momentum = scalar(spec.momentum);
  return update_blocks(stretch, buffers, [&](Index first, Index size) {
    Eigen::Ref<Vector> w = buffers.values.segment(first, size);
    if (is_plain_descent(spec)) {
      w -= scalar(lr) * buffers.gradient.segment(first, size);
      return;
    }
    Block g = decayed(spec, buffers, first, size);
    if (spec.momentum != 0) {
      Eigen::Ref<Vector> buffer = buffers.state.first.segment(first, size);
      if (buffers.state.steps == 1) {
        buffer = g.matrix();
      } else {
        buffer.array() = momentum * buffer.array() + g;
      }
      if (spec.nesterov) {
        g += momentum * buffer.array();
      } else {
        g = buffer.array();
      }
    }
    w.array() -= scalar(lr) * g;
  });
}

/// Adam, and AdamW: the decay is then taken from the values and not added to the gradient.
bool adam(const OptimizerSpec& spec, double lr, const RateStretch& stretch,
          const Buffers& buffers) {
  OptimizerSpec coupled = spec;
  double kept = 1;
  if (spec.kind == OptimizerKind::adamw) {
    coupled.weight_decay = 0;
    kept = 1 - lr * spec.weight_decay;
  }
  const auto steps = static_cast<double>(buffers.state.steps);
  const Scalar rate = scalar(lr / (1 - std::pow(spec.beta1, steps)));
  const Scalar correction = scalar(1 / std::sqrt(1 - std::pow(spec.beta2, steps)));
  const Scalar epsilon = scalar(spec.epsilon);
  return update_blocks(stretch, buffers, [&](Index first, Index size) {
    const Block g = decayed(coupled, buffers, first, size);
    Eigen::Ref<Vector> m = buffers.state.first.segment(first, size);
    Eigen::Ref<Vector> v = buffers.state.second.segment(first, size);
    Eigen::Ref<Vector> w = buffers.values.segment(first, size);
    m.array() = scalar(spec.beta1) * m.array() + scalar(1 - spec.beta1) * g;
    v.array() = scalar(spec.beta2) * v.array() + scalar(1 - spec.beta2) * g.square();
    w.array() =
        scalar(kept) * w.array() - rate * m.array() / (v.array().sqrt() * correction + epsilon);
  });
}

bool rmsprop(const OptimizerSpec& spec, double lr, const RateStretch& stretch,
             const Buffers& buffers) {
  const Scalar epsilon = scalar(spec.epsilon);
  return update_blocks(stretch, buffers, [&](Index first, Index size) {
    Block g = decayed(spec, buffers, first, size);
    Eigen::Ref<Vector> v = buffers.state.second.segment(first, size);
    v.array() = scalar(spec.alpha) * v.array() + scalar(1 - spec.alpha) * g.square();
    g /= v.array().sqrt() + epsilon;
    if (spec.momentum != 0) {
      Eigen::Ref<Vector> buffer = buffers.state.first.segment(first, size);
      buffer.array() = scalar(spec.momentum) * buffer.array() + g;
      g = buffer.array();
    }
    buffers.values.segment(first, size).array() -= scalar(lr) * g;
  });
}

bool remembers_first(const OptimizerSpec& spec) {
  return spec.kind == OptimizerKind::adam || spec.kind == OptimizerKind::adamw ||
         spec.momentum != 0;
}

bool remembers_second(const OptimizerSpec& spec) { return spec.kind != OptimizerKind::sgd; }

bool update(const OptimizerSpec& spec, double lr, const RateStretch& stretch,
            const Buffers& buffers) {
  switch (spec.kind) {
    case OptimizerKind::sgd: return sgd(spec, lr, stretch, buffers);
    case OptimizerKind::adam:
    case OptimizerKind::adamw: return adam(spec, lr, stretch, buffers);
    case OptimizerKind::rmsprop: return rmsprop(spec, lr, stretch, buffers);
  }
  expects(false, "every optimizer has an update");
  return false;
}

bool update_stretches(const OptimizerSpec& spec, double lr, std::span<const RateStretch> stretches,
                      const Buffers& buffers) {
  OptimizerState& state = buffers.state;
  const Index size = buffers.values.size();
  expects(buffers.gradient.size() == size, "an update has one gradient per value");
  const Index first = remembers_first(spec) ? size : 0;
  const Index second = remembers_second(spec) ? size : 0;
  if (state.steps == 0) {
    state.first = Vector::Zero(first);
    state.second = Vector::Zero(second);
  }
  expects(state.first.size() == first && state.second.size() == second,
          "the optimizer's state belongs to this optimizer and these values");
  ++state.steps;
  if (stretches.empty()) {
    return update(spec, lr, {.begin = 0, .size = size}, buffers);
  }
  bool finite = true;
  for (const RateStretch& stretch : stretches) {
    OptimizerSpec own = spec;
    own.weight_decay /= stretch.factor;
    finite &= update(own, lr * stretch.factor, stretch, buffers);
  }
  return finite;
}

}  // namespace

std::span<const OptimizerRow> optimizer_table() { return kTable; }

Index state_per_parameter(const OptimizerSpec& spec) {
  return Index{remembers_first(spec)} + Index{remembers_second(spec)};
}

bool apply_update(const OptimizerSpec& spec, double lr, const Vector& gradient,
                  OptimizerState& state, Vector& values, std::span<const RateStretch> stretches) {
  return update_stretches(spec, lr, stretches, {gradient, state, values});
}

bool apply_update_and_keep_change(const OptimizerSpec& spec, double lr, Vector& gradient,
                                  OptimizerState& state, Vector& values,
                                  std::span<const RateStretch> stretches) {
  return update_stretches(spec, lr, stretches, {gradient, state, values, &gradient});
}

double scheduled_lr(const ScheduleSpec& schedule, double lr, std::int64_t step,
                    std::int64_t total) {
  if (step < schedule.warmup_steps) {
    return lr * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  }
  const std::int64_t since = step - schedule.warmup_steps;
  switch (schedule.kind) {
    case ScheduleKind::constant: return lr;
    case ScheduleKind::step: {
      expects(schedule.step_size > 0, "a step schedule has a step size");
      const std::int64_t drops = since / schedule.step_size;
      return lr * std::pow(schedule.gamma, static_cast<double>(drops));
    }
    case ScheduleKind::cosine: {
      const std::int64_t last = total - schedule.warmup_steps - 1;
      if (last <= 0) return lr;
      const double progress = std::min(1.0, static_cast<double>(since) / static_cast<double>(last));
      return schedule.min_lr +
             (lr - schedule.min_lr) * (1 + std::cos(std::numbers::pi * progress)) / 2;
    }
  }
  return lr;
}

}  // namespace initbench
