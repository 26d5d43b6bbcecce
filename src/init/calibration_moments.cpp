#include "init/calibration_moments.h"

#include <cmath>

namespace initbench {
namespace {

/// Rounding of a layer's sums differs from sample to sample by far less than this.
constexpr double kRounding = 1e-6;

}  // namespace

std::vector<Moments> unit_moments(const Shape& shape, ConstMatrixView values) {
  const Index units = shape.channels;
  // (units x positions * batch): channels vary fastest
  const ConstMatrixView z(values.data(), units, shape.positions() * values.cols());
  const auto count = static_cast<double>(z.cols());
  Eigen::ArrayXd mean = Eigen::ArrayXd::Zero(units);
  for (Index i = 0; i < z.cols(); ++i) mean += z.col(i).cast<double>().array();
  mean /= count;
  Eigen::ArrayXd variance = Eigen::ArrayXd::Zero(units);
  for (Index i = 0; i < z.cols(); ++i) {
    variance += (z.col(i).cast<double>().array() - mean).square();
  }
  variance /= count;
  std::vector<Moments> moments;
  for (Index unit = 0; unit < units; ++unit) {
    moments.push_back({.mean = mean[unit],
                       .variance = variance[unit],
                       .second_moment = variance[unit] + mean[unit] * mean[unit],
                       .count = z.cols()});
  }
  return moments;
}

bool is_constant(const Moments& moments) {
  if (!std::isfinite(moments.second_moment)) return true;
  return !(moments.variance > kRounding * kRounding * moments.second_moment);
}

void scale_weight(Network& network, const Layer& layer, double factor) {
  VectorView weight = network.values_of(layer.weight);
  for (Index i = 0; i < weight.size(); ++i) {
    weight[i] = static_cast<Scalar>(static_cast<double>(weight[i]) * factor);
  }
}

std::span<Scalar> weights_of_unit(Network& network, const Layer& layer, Index unit) {
  const Parameter& parameter = network.parameter(layer.weight);
  const Index size = parameter.size / parameter.dims[0];
  return {network.values_of(layer.weight).data() + unit * size, static_cast<std::size_t>(size)};
}

void standardize_units(Network& network, const Layer& layer, std::span<const Moments> moments,
                       const UnitTarget& target) {
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const auto unit = static_cast<Index>(i);
    const std::span<Scalar> weights = weights_of_unit(network, layer, unit);
    const double variance = moments[i].variance + target.epsilon * sum_of_squares(weights);
    const double factor = target.scale / std::sqrt(variance);
    for (Scalar& weight : weights) {
      weight = static_cast<Scalar>(static_cast<double>(weight) * factor);
    }
    if (!layer.bias) continue;
    Scalar& bias = network.values_of(*layer.bias)[unit];
    const double without_bias = moments[i].mean - static_cast<double>(bias);
    bias = static_cast<Scalar>(target.mean - without_bias * factor);
  }
}

bool is_finite(const Network& network, const Layer& layer) {
  const auto finite = [&](ParameterId id) {
    return network.values_of(id).array().isFinite().all();
  };
  return finite(layer.weight) && (!layer.bias || finite(*layer.bias));
}

}  // namespace initbench
