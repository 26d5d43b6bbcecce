#include "probe/layer_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "base/lane_sum.h"
#include "base/moments.h"
#include "probe/identical_units.h"
#include "probe/similarity.h"

namespace initbench {
namespace {

// |a| beyond this share of a bounded activation's range counts as saturated (Karpathy's makemore
// uses .97).
constexpr double kSaturation = 0.97;
// Up to here an activation counts as near zero (fastai's ActivationStats, there without the sign).
constexpr Scalar kNearZero = 0.05F;

std::span<const Scalar> entries(ConstMatrixView matrix) {
  return {matrix.data(), static_cast<std::size_t>(matrix.size())};
}

std::span<const Scalar> entries(ConstVectorView vector) {
  return {vector.data(), static_cast<std::size_t>(vector.size())};
}

/// `sum` is one of the values or of their squares, in double: it is finite when all of them are.
Index count_nonfinite(std::span<const Scalar> values, double sum) {
  if (std::isfinite(sum)) return 0;
  return std::count_if(values.begin(), values.end(),
                       [](Scalar value) { return !std::isfinite(value); });
}

double share(Index count, Index total) {
  return static_cast<double>(count) / static_cast<double>(total);
}

/// An interval of a bounded activation's values without the outer 3 % of its range, measured from
/// its middle.
struct Unsaturated {
  Scalar low = -std::numeric_limits<Scalar>::infinity();
  Scalar high = std::numeric_limits<Scalar>::infinity();
};

Unsaturated unsaturated(const Activation& activation) {
  if (!is_bounded(activation)) return {};
  const ActivationRow& row = activation_row(activation.kind);
  const double middle = (*row.upper + *row.lower) / 2;
  const double limit = kSaturation * (*row.upper - *row.lower) / 2;
  return {.low = static_cast<Scalar>(middle - limit), .high = static_cast<Scalar>(middle + limit)};
}

struct Counts {
  Index zero = 0;
  Index near_zero = 0;
  Index saturated = 0;
};

/// In one pass. Counters of a block are as wide as the values, for vector registers.
Counts count(std::span<const Scalar> values, const Unsaturated& range) {
  constexpr std::size_t kBlock = 4096;
  Counts counts;
  for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
    const std::span<const Scalar> block =
        values.subspan(begin, std::min(kBlock, values.size() - begin));
    std::int32_t zero = 0;
    std::int32_t near_zero = 0;
    std::int32_t saturated = 0;
    for (const Scalar value : block) {
      zero += value == Scalar{0} ? 1 : 0;
      near_zero += std::abs(value) <= kNearZero ? 1 : 0;
      saturated += static_cast<std::int32_t>(value < range.low) +
                   static_cast<std::int32_t>(value > range.high);
    }
    counts.zero += zero;
    counts.near_zero += near_zero;
    counts.saturated += saturated;
  }
  return counts;
}

/// Share of channels that are exactly zero for every sample and position; `zeros` entries are.
double dead_fraction(Index channels, ConstMatrixView activated, Index zeros) {
  const Index positions = activated.size() / channels;
  if (zeros < positions) return 0;
  const ConstMatrixView by_channel(activated.data(), channels, positions);
  // Flags as wide as the values, for vector registers.
  Vector alive = Vector::Zero(channels);
  constexpr Index kBetweenLooks = 16;
  for (Index begin = 0; begin < positions; begin += kBetweenLooks) {
    const Index end = std::min(begin + kBetweenLooks, positions);
    for (Index i = begin; i < end; ++i) {
      const Scalar* const values = by_channel.data() + i * channels;
      for (Index c = 0; c < channels; ++c) {
        alive.data()[c] = values[c] != Scalar{0} ? Scalar{1} : alive.data()[c];
      }
    }
    if ((alive.array() != Scalar{0}).all()) return 0;
  }
  return share((alive.array() == Scalar{0}).count(), channels);
}

}  // namespace

LayerStatistics layer_statistics(const Network& network, const Layer& layer, const Tape& tape,
                                 const Vector& gradient) {
  const ConstMatrixView pre = tape.value(layer.pre);
  const ConstMatrixView activated = tape.value(layer.activated);
  const ConstMatrixView delta = tape.gradient(layer.pre);
  const ConstVectorView weight = network.values_of(layer.weight);
  const auto gradient_of = [&](ParameterId id) {
    const Parameter& parameter = network.parameter(id);
    return ConstVectorView(gradient.data() + parameter.offset, parameter.size);
  };
  const ConstVectorView weight_gradient = gradient_of(layer.weight);

  const Moments z = moments_of(entries(pre));
  const Moments a = layer.activated == layer.pre ? z : moments_of(entries(activated));
  const Moments w = moments_of(entries(weight));
  const double delta_squares = sum_of_squares(entries(delta));
  const double gradient_squares = sum_of_squares(entries(weight_gradient));
  const Counts counts = count(entries(activated), unsaturated(layer.activation));
  const auto batch = static_cast<double>(tape.batch());

  LayerStatistics statistics{.pre_mean = z.mean,
                             .pre_var = z.variance,
                             .pre_m2 = z.second_moment,
                             .act_mean = a.mean,
                             .act_var = a.variance,
                             .act_m2 = a.second_moment};
  statistics.act_zero_frac = share(counts.zero, activated.size());
  if (is_bounded(layer.activation)) {
    statistics.act_sat_frac = share(counts.saturated, activated.size());
  }
  statistics.dead_frac =
      dead_fraction(network.node(layer.activated).shape.channels, activated, counts.zero);
  // The tape holds gradients of the batch mean: a sample's own loss has batch times as much.
  statistics.delta_norm = std::sqrt(batch * delta_squares);
  statistics.grad_weight_norm = std::sqrt(gradient_squares);
  statistics.weight_norm = std::sqrt(w.second_moment * static_cast<double>(weight.size()));
  statistics.weight_std = std::sqrt(w.variance);
  statistics.nonfinite = count_nonfinite(entries(pre), z.second_moment) +
                         count_nonfinite(entries(activated), a.second_moment) +
                         count_nonfinite(entries(delta), delta_squares) +
                         count_nonfinite(entries(weight), w.second_moment) +
                         count_nonfinite(entries(weight_gradient), gradient_squares);
  statistics.act_near_zero_frac = share(counts.near_zero, activated.size());
  if (const auto gap = mean_gap(activated)) statistics.act_cosine = 1 - *gap;
  statistics.act_effective_rank = effective_rank(activated);
  statistics.identical_frac = identical_fraction(network, layer, gradient);
  if (layer.bias) {
    statistics.grad_bias_norm = std::sqrt(sum_of_squares(entries(gradient_of(*layer.bias))));
  }
  return statistics;
}

std::optional<double> update_ratio(const Layer& layer, const Network& after, const Vector& before) {
  const Parameter& parameter = after.parameter(layer.weight);
  const ConstVectorView new_values = after.values_of(layer.weight);
  const ConstVectorView old_values(before.data() + parameter.offset, parameter.size);
  const Scalar* const now = new_values.data();
  const Scalar* const then = old_values.data();
  const auto count = static_cast<std::size_t>(parameter.size);
  const double squared_norm = sum_of_squares(entries(old_values));
  if (squared_norm == 0) return std::nullopt;  // exactly zero: the ratio is unknown
  const double squared_change = lane_sum(count, [&](std::size_t i) {
    const double change = static_cast<double>(now[i]) - static_cast<double>(then[i]);
    return change * change;
  });
  return std::sqrt(squared_change) / std::sqrt(squared_norm);
}

}  // namespace initbench
