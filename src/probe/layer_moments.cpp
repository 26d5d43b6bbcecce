#include "probe/layer_moments.h"

#include <algorithm>

#include "base/moments.h"
#include "nn/normalization.h"
#include "probe/similarity.h"
#include "theory/weight_scale.h"

namespace initbench {
namespace {

double mean_square(ConstVectorView values) {
  return sum_of_squares(entries(values)) / static_cast<double>(values.size());
}

double mean_squared_slope(const Activation& activation, ConstMatrixView z, ConstMatrixView a) {
  constexpr Index kBlock = 4096;  // what is read and written stays in the first cache
  const Vector ones = Vector::Ones(kBlock);
  Vector slopes(kBlock);
  double squares = 0;
  for (Index begin = 0; begin < z.size(); begin += kBlock) {
    const Index size = std::min(kBlock, z.size() - begin);
    activation_backward(activation, {z.data() + begin, size, 1}, {a.data() + begin, size, 1},
                        {ones.data(), size, 1}, {slopes.data(), size, 1});
    squares += sum_of_squares(entries(slopes).first(static_cast<std::size_t>(size)));
  }
  return squares / static_cast<double>(z.size());
}

/// Mean of 1 / (variance + eps) over what the norm normalized; 1 without a norm.
double norm_factor(const Network& network, const Layer& layer, const Tape& tape) {
  const std::optional<NodeId> norm = norm_node(network, layer);
  if (!norm) return 1;
  const Eigen::VectorXd& variance = tape.scratch(*norm).norm.variance;
  return (variance.array() + kNormEpsilon).inverse().mean();
}

double chi_of(const Network& network, const Layer& layer, const Tape& tape) {
  const double factor = input_factor(network, layer);
  const double sigma_w2 = static_cast<double>(layer.fans.in) *
                          mean_square(network.values_of(layer.weight)) * factor * factor;
  const double scaled = sigma_w2 * norm_factor(network, layer, tape);
  if (layer.activated == layer.pre) return scaled;
  return scaled *
         mean_squared_slope(layer.activation, tape.value(layer.pre), tape.value(layer.activated));
}

}  // namespace

LayerMoments layer_moments(const Network& network, const Layer& layer, const Tape& tape,
                           const LayerStatistics& statistics) {
  return {.units = network.node(layer.pre).shape.channels,
          .pre_second_moment = statistics.pre_m2,
          .pre_variance = statistics.pre_var,
          .act_second_moment = statistics.act_m2,
          .act_variance = statistics.act_var,
          .chi = chi_of(network, layer, tape),
          .pre_cosine = mean_cosine(tape.value(layer.pre)),
          .act_cosine = mean_cosine(tape.value(layer.activated)),
          .dead_fraction = statistics.dead_frac,
          .delta_squared = statistics.delta_norm * statistics.delta_norm};
}

}  // namespace initbench
