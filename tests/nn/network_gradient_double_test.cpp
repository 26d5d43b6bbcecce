#include <gtest/gtest.h>

#include "nn/network_cases.h"

namespace initbench {
namespace {

/// A network with random parameters, and the objective sum(c * output) with random c.
class Objective {
 public:
  Objective(const NetworkCase& network_case, Index batch)
      : network_(network_case.spec, network_case.input, network_case.outputs),
        tape_(network_, batch),
        coefficients_(network_case.outputs, batch) {
    fill_normal("values", 0.5, network_.values().data(), network_.values().size());
    fill_normal("inputs", 1.0, tape_.value(0).data(), tape_.value(0).size());
    fill_normal("coefficients", 1.0, coefficients_.data(), coefficients_.size());
  }

  Network& network() { return network_; }

  Scalar value() {
    forward(network_, {.mode = Mode::train, .seed = 3, .step = 2}, tape_);
    return tape_.value(network_.output()).cwiseProduct(coefficients_).sum();
  }

  Vector gradient() {
    value();
    tape_.gradient(network_.output()) = coefficients_;
    Vector result;
    backward(network_, tape_, result);
    return result;
  }

  /// Central differences, one entry at a time.
  Vector numerical_gradient() {
    const Scalar step = 1e-6;
    Vector& values = network_.values();
    Vector result(values.size());
    for (Index i = 0; i < values.size(); ++i) {
      const Scalar kept = values(i);
      values(i) = kept + step;
      const Scalar above = value();
      values(i) = kept - step;
      const Scalar below = value();
      values(i) = kept;
      result(i) = (above - below) / (2 * step);
    }
    return result;
  }

 private:
  Network network_;
  Tape tape_;
  Matrix coefficients_;
};

class NetworkGradient : public testing::TestWithParam<NetworkCase> {};

void expect_central_differences(const NetworkCase& network_case, Index batch) {
  Objective objective(network_case, batch);
  const Vector numerical = objective.numerical_gradient();
  const Vector gradient = objective.gradient();
  // Relative to the whole gradient, since a bias before a norm has a gradient of exactly zero.
  const Scalar scale = numerical.norm();
  for (const Parameter& parameter : objective.network().parameters()) {
    const Vector expected = numerical.segment(parameter.offset, parameter.size);
    const Vector actual = gradient.segment(parameter.offset, parameter.size);
    const Scalar tensor_scale = std::max(expected.norm(), Scalar{1e-3} * scale);
    EXPECT_LT((actual - expected).norm(), 1e-6 * tensor_scale) << parameter.name;
  }
}

TEST_P(NetworkGradient, EqualsCentralDifferences) { expect_central_differences(GetParam(), 5); }

TEST_P(NetworkGradient, EqualsCentralDifferencesForASingleSample) {
  if (GetParam().name == "batch_norm_mlp") GTEST_SKIP() << "one value has no variance to divide by";
  expect_central_differences(GetParam(), 1);
}

INSTANTIATE_TEST_SUITE_P(EveryOperation, NetworkGradient, testing::ValuesIn(network_cases()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace initbench
