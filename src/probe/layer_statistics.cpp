#include "probe/layer_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "base/moments.h"
#include "probe/identical_units.h"
#include "probe/similarity.h"

namespace initbench {
namespace {

// Up to here an activation counts as near zero (fastai's ActivationStats, there without the sign).
constexpr Scalar kNearZero = 0.05F;

/// `sum` is one of the values or of their squares, in double: it is finite when all of them are.
Index count_nonfinite(std::span<const Scalar> values, double sum) {
  if (std::isfinite(sum)) return 0;
  return std::count_if(values.begin(), values.end(),
                       [](Scalar value) { return !std::isfinite(value); });
}

double share(Index count, Index total) {
  return static_cast<double>(count) / static_cast<double>(total);
}

/// How many values meet it. Counters of a block are as wide as the values, for vector registers.
template <class Condition>
Index count(std::span<const Scalar> values, Condition condition) {
  constexpr std::size_t kBlock = 4096;
  Index total = 0;
  for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
    std::int32_t found = 0;
    for (const Scalar value : values.subspan(begin, std::min(kBlock, values.size() - begin))) {
      found += static_cast<std::int32_t>(condition(value));
    }
    total += found;
  }
  return total;
}

double saturated_fraction(std::span<const Scalar> values, const Activation& activation) {
  const ActivationRange range = unsaturated_range(activation);
  const auto low = static_cast<Scalar>(range.low);
  const auto high = static_cast<Scalar>(range.high);
  const Index outside = count(values, [=](Scalar value) { return (value < low) | (value > high); });
  return share(outside, static_cast<Index>(values.size()));
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

/// The parameter's part of a vector laid out as all of them.
ConstVectorView stretch_of(const Parameter& parameter, const Vector& all) {
  return {all.data() + parameter.offset, parameter.size};
}

}  // namespace

LayerStatistics layer_statistics(const Network& network, const Layer& layer, const Tape& tape,
                                 const Vector& gradient) {
  const ConstMatrixView pre = tape.value(layer.pre);
  const ConstMatrixView activated = tape.value(layer.activated);
  const ConstMatrixView delta = tape.gradient(layer.pre);
  const ConstVectorView weight = network.values_of(layer.weight);
  const ConstVectorView weight_gradient = stretch_of(network.parameter(layer.weight), gradient);

  const Moments z = moments_of(entries(pre));
  const Moments a = layer.activated == layer.pre ? z : moments_of(entries(activated));
  const Moments w = moments_of(entries(weight));
  const double delta_squares = sum_of_squares(entries(delta));
  const double gradient_squares = sum_of_squares(entries(weight_gradient));
  const Index zeros = count(entries(activated), [](Scalar value) { return value == Scalar{0}; });
  const Index near_zeros =
      count(entries(activated), [](Scalar value) { return std::abs(value) <= kNearZero; });
  const auto batch = static_cast<double>(tape.batch());

  LayerStatistics statistics{.pre_mean = z.mean,
                             .pre_var = z.variance,
                             .pre_m2 = z.second_moment,
                             .act_mean = a.mean,
                             .act_var = a.variance,
                             .act_m2 = a.second_moment};
  statistics.act_zero_frac = share(zeros, activated.size());
  if (is_bounded(layer.activation)) {
    statistics.act_sat_frac = saturated_fraction(entries(activated), layer.activation);
  }
  statistics.dead_frac =
      dead_fraction(network.node(layer.activated).shape.channels, activated, zeros);
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
  statistics.act_near_zero_frac = share(near_zeros, activated.size());
  const Likeness samples = likeness(activated);
  statistics.act_cosine = samples.mean_cosine;
  statistics.act_effective_rank = samples.effective_rank;
  statistics.identical_frac = identical_fraction(network, layer, gradient);
  if (layer.bias) {
    const ConstVectorView bias_gradient = stretch_of(network.parameter(*layer.bias), gradient);
    statistics.grad_bias_norm = std::sqrt(sum_of_squares(entries(bias_gradient)));
  }
  return statistics;
}

std::optional<double> update_ratio(const Network& network, const Layer& layer, const Vector& change,
                                   double weight_norm) {
  if (weight_norm == 0) return std::nullopt;  // exactly zero: the ratio is unknown
  return std::sqrt(sum_of_squares(entries(stretch_of(network.parameter(layer.weight), change)))) /
         weight_norm;
}

}  // namespace initbench
