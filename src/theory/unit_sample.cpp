#include "theory/unit_sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/exact_math.h"
#include "base/random.h"

namespace initbench {
namespace {

constexpr Index kUnits = 8192;

/// The quantiles of a normal law in random order: each column alone has no noise of sampling.
Eigen::ArrayXd shuffled_quantiles(Rng& rng) {
  std::vector<Index> order(static_cast<std::size_t>(kUnits));
  std::iota(order.begin(), order.end(), Index{0});
  shuffle(order, rng);
  Eigen::ArrayXd values(kUnits);
  for (Index i = 0; i < kUnits / 2; ++i) {
    const double quantile =
        exact::normal_quantile((static_cast<double>(i) + 0.5) / static_cast<double>(kUnits));
    values(order[static_cast<std::size_t>(i)]) = quantile;
    values(order[static_cast<std::size_t>(kUnits - 1 - i)]) = -quantile;
  }
  return values;
}

/// Takes out of `x` what is along `y`, both around their means.
void decorrelate(Eigen::ArrayXd& x, const Eigen::ArrayXd& y) {
  const Eigen::ArrayXd centred = y - y.mean();
  const double square = centred.square().sum();
  if (square > 0) x -= (x * centred).sum() / square * centred;
}

Eigen::ArrayXd middle(const Eigen::ArrayX2d& values) { return (values.col(0) + values.col(1)) / 2; }
Eigen::ArrayXd apart(const Eigen::ArrayX2d& values) { return (values.col(0) - values.col(1)) / 2; }

double relative_variance(const Eigen::ArrayX2d& squares) {
  const double mean = squares.mean();
  return mean > 0 ? (squares - mean).square().mean() / (mean * mean) : 0;
}

}  // namespace

UnitSample::UnitSample(std::uint64_t stream) : values_(kUnits, 2) {
  Rng rng({.seed = 0,
           .purpose = Purpose::probe,
           .name = "units",
           .tensor = "values",
           .substream = stream});
  for (Index column = 0; column < 2; ++column) values_.col(column) = shuffled_quantiles(rng);
  match(1, 1);
}

void UnitSample::match(double second_moment, double half_difference) {
  if (is_empty()) return;
  const Eigen::ArrayXd old_middle = middle(values_);
  const Eigen::ArrayXd old_apart = apart(values_);
  const auto factor = [](const Eigen::ArrayXd& part, double square) {
    const double now = part.square().mean();
    return now > 0 ? std::sqrt(std::max(square, 0.0) / now) : 0;
  };
  const Eigen::ArrayXd new_apart = factor(old_apart, half_difference / 2) * old_apart;
  const Eigen::ArrayXd new_middle =
      factor(old_middle, second_moment - half_difference / 2) * old_middle;
  values_.col(0) = new_middle + new_apart;
  values_.col(1) = new_middle - new_apart;
}

void UnitSample::add(const UnitSample& branch, double scale, bool is_centred) {
  Eigen::ArrayXd branch_middle = scale * middle(branch.values_);
  Eigen::ArrayXd branch_apart = scale * apart(branch.values_);
  if (is_centred) {
    for (const Eigen::ArrayXd& part : {middle(values_), apart(values_)}) {
      decorrelate(branch_middle, part);
      decorrelate(branch_apart, part);
    }
  }
  values_.col(0) += branch_middle + branch_apart;
  values_.col(1) += branch_middle - branch_apart;
}

void UnitSample::activate(const Activation& activation) {
  const ActivationRow& row = activation_row(activation.kind);
  for (double& value : values_.reshaped()) value = row.value(value, activation.parameter);
}

SampleMoments UnitSample::moments(const Activation& activation, double factor) const {
  const ActivationRow& row = activation_row(activation.kind);
  const Eigen::ArrayX2d x = factor * values_;
  Eigen::ArrayX2d value = x;
  Eigen::ArrayX2d slope = x;
  for (double& v : value.reshaped()) v = row.value(v, activation.parameter);
  for (double& s : slope.reshaped()) s = row.derivative(s, activation.parameter);
  SampleMoments moments{.second_moment = value.square().mean(),
                        .mean = value.mean(),
                        .slope_second_moment = slope.square().mean(),
                        .half_difference = (value.col(0) - value.col(1)).square().mean() / 2,
                        .relative_spread = relative_variance(value.square()),
                        .slope_spread = relative_variance(slope.square()),
                        .input_relative_spread = relative_variance(x.square())};
  if (moments.second_moment > 0) {
    moments.elasticity = (value * slope * x).mean() / moments.second_moment;
  }
  return moments;
}

Eigen::ArrayXf UnitSample::squared_slopes(const Activation& activation) const {
  const ActivationRow& row = activation_row(activation.kind);
  Eigen::ArrayXf squares(values_.size());
  for (Index i = 0; i < values_.size(); ++i) {
    const double slope = row.derivative(values_.reshaped()(i), activation.parameter);
    squares(i) = static_cast<float>(slope * slope);
  }
  return squares;
}

}  // namespace initbench
