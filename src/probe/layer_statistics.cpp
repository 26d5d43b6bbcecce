#include "probe/layer_statistics.h"

#include <cmath>
#include <span>

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

Index count_nonfinite(std::span<const Scalar> values) {
  Index count = 0;
  for (const Scalar value : values) count += std::isfinite(value) ? 0 : 1;
  return count;
}

double share(Index count, Index total) {
  return static_cast<double>(count) / static_cast<double>(total);
}

/// Share of entries in the outer 3 % of a bounded activation's range, measured from its middle.
std::optional<double> saturated_fraction(const Activation& activation, ConstMatrixView activated) {
  if (!is_bounded(activation)) return std::nullopt;
  const ActivationRow& row = activation_row(activation.kind);
  const double middle = (*row.upper + *row.lower) / 2;
  const double limit = kSaturation * (*row.upper - *row.lower) / 2;
  const auto low = static_cast<Scalar>(middle - limit);
  const auto high = static_cast<Scalar>(middle + limit);
  Index count = 0;
  for (const Scalar value : entries(activated)) count += (value < low || value > high) ? 1 : 0;
  return share(count, activated.size());
}

/// Share of channels that are exactly zero for every sample and position.
double dead_fraction(Index channels, ConstMatrixView activated) {
  const Index positions = activated.size() / channels;
  const ConstMatrixView by_channel(activated.data(), channels, positions);
  Eigen::Array<bool, Eigen::Dynamic, 1> alive =
      Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(channels, false);
  for (Index i = 0; i < positions; ++i) alive = alive || (by_channel.col(i).array() != Scalar{0});
  return share(channels - alive.count(), channels);
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
  const auto batch = static_cast<double>(tape.batch());

  LayerStatistics statistics{.pre_mean = z.mean,
                             .pre_var = z.variance,
                             .pre_m2 = z.second_moment,
                             .act_mean = a.mean,
                             .act_var = a.variance,
                             .act_m2 = a.second_moment};
  statistics.act_zero_frac = share((activated.array() == Scalar{0}).count(), activated.size());
  statistics.act_sat_frac = saturated_fraction(layer.activation, activated);
  statistics.dead_frac = dead_fraction(network.node(layer.activated).shape.channels, activated);
  // The tape holds gradients of the batch mean: a sample's own loss has batch times as much.
  statistics.delta_norm = std::sqrt(batch * sum_of_squares(entries(delta)));
  statistics.grad_weight_norm = std::sqrt(sum_of_squares(entries(weight_gradient)));
  statistics.weight_norm = std::sqrt(sum_of_squares(entries(weight)));
  statistics.weight_std = std::sqrt(w.variance);
  statistics.nonfinite = count_nonfinite(entries(pre)) + count_nonfinite(entries(activated)) +
                         count_nonfinite(entries(delta)) + count_nonfinite(entries(weight)) +
                         count_nonfinite(entries(weight_gradient));
  statistics.act_near_zero_frac =
      share((activated.array().abs() <= kNearZero).count(), activated.size());
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
  const double norm = std::sqrt(sum_of_squares(entries(old_values)));
  if (norm == 0) return std::nullopt;  // exactly zero: the ratio is unknown
  double squared_change = 0;
  for (Index i = 0; i < parameter.size; ++i) {
    const double change = static_cast<double>(new_values(i)) - static_cast<double>(old_values(i));
    squared_change += change * change;
  }
  return std::sqrt(squared_change) / norm;
}

}  // namespace initbench
