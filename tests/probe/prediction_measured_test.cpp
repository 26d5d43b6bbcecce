/// Predictions against networks that are drawn and run.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "init/initialize.h"
#include "init/layer_laws.h"
#include "nn/tape.h"
#include "theory/prediction.h"
#include "theory/prediction_cases.h"

namespace initbench {
namespace {

using testing::chain;
using testing::conv;
using testing::dense;
using testing::kLinear;
using testing::kRelu;
using testing::kTanh;

Rng stream(std::uint64_t seed) {
  return Rng({.seed = seed, .purpose = Purpose::probe, .name = "test", .tensor = "x"});
}

/// Samples around a common pattern, of norms from 0.7 to 1.3.
Matrix correlated_samples(Index features, Index samples) {
  Rng rng = stream(1);
  Matrix x(features, samples);
  Vector common(features);
  for (Scalar& value : common) value = static_cast<Scalar>(rng.normal());
  for (Index j = 0; j < samples; ++j) {
    const double norm = .7 + .6 * static_cast<double>(j) / static_cast<double>(samples - 1);
    for (Index i = 0; i < features; ++i) {
      x(i, j) =
          static_cast<Scalar>(norm * (.6 * static_cast<double>(common(i)) + .8 * rng.normal()));
    }
  }
  return x;
}

/// Means over seeds of what one network shows at initialization, per layer.
struct Measured {
  std::vector<double> pre, act, dead, log_delta;
};

Measured measure(Network& network, const std::vector<LayerInit>& inits, const Matrix& x,
                 int seeds) {
  const auto layers = network.layers();
  const std::vector<double> zeros(layers.size());
  Measured sums{.pre = zeros, .act = zeros, .dead = zeros, .log_delta = zeros};
  Tape tape(network, x.cols());
  tape.set_batch(x.cols());
  Vector gradient;
  for (int seed = 0; seed < seeds; ++seed) {
    initialize(network, inits, static_cast<std::uint64_t>(seed));
    tape.value(0) = x;
    forward(network, {}, tape);
    Rng rng = stream(static_cast<std::uint64_t>(seed) + 100);
    for (Scalar& value : tape.gradient(network.output()).reshaped()) {
      value = static_cast<Scalar>(rng.normal());
    }
    backward(network, tape, gradient);
    const auto squared = [&](NodeId node) {
      return static_cast<const Tape&>(tape).gradient(node).cast<double>().squaredNorm();
    };
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const Matrix z = tape.value(layers[l].pre);
      const Matrix a = tape.value(layers[l].activated);
      sums.pre[l] += z.cast<double>().array().square().mean() / seeds;
      sums.act[l] += a.cast<double>().array().square().mean() / seeds;
      sums.dead[l] +=
          (z.rowwise().maxCoeff().array() <= 0).cast<double>().mean() / static_cast<double>(seeds);
      sums.log_delta[l] += std::log(squared(layers[l].pre) / squared(layers.back().pre)) / seeds;
    }
  }
  return sums;
}

/// With an output layer of 10 units at the end.
void expect_agreement(ModelSpec spec, const Shape& input, const char* scheme,
                      double delta_tolerance) {
  constexpr int kSeeds = 20;
  spec.push_back(dense("output", 10, kLinear));
  Network network(spec, input, 10);
  std::vector<LayerInit> inits;
  for (const Layer& layer : network.layers()) {
    inits.push_back({.layer = layer.name,
                     .weight = choose(scheme),
                     .bias = choose("zeros"),
                     .place = layer.name});
  }
  const Matrix x = correlated_samples(input.features(), 24);
  const ConstMatrixView view(x.data(), x.rows(), x.cols());
  const auto found = predict(network, laws_of(network, inits), measure_input(network, view));
  const Measured measured = measure(network, inits, x, kSeeds);
  for (std::size_t l = 0; l < found.layers.size(); ++l) {
    const LayerPrediction& row = found.layers[l];
    SCOPED_TRACE(row.name);
    const double pre_error = std::sqrt(row.pre_spread / kSeeds) + .01;  // O(1 / n) bias
    const double act_error = std::sqrt(row.act_spread / kSeeds) + .01;
    EXPECT_LT(std::abs(measured.pre[l] / row.pre_second_moment.value() - 1), 4 * pre_error);
    EXPECT_LT(std::abs(measured.act[l] / row.act_second_moment.value() - 1), 4 * act_error);
    EXPECT_NEAR(measured.log_delta[l], std::log(row.delta_share.value()), delta_tolerance);
    if (row.dead_fraction) {
      EXPECT_NEAR(measured.dead[l], *row.dead_fraction, .03);
    }
  }
}

TEST(PredictionAndMeasurement, AgreeForReluUnderHe) {
  expect_agreement(chain(8, 200, kRelu), Shape::flat(100), "kaiming_normal", .15);
}

TEST(PredictionAndMeasurement, AgreeForTanhUnderXavierUniformAndUnequalWidths) {
  expect_agreement({dense("a", 300, kTanh), dense("b", 120, kTanh), dense("c", 240, kTanh)},
                   Shape::flat(100), "xavier_uniform", .15);
}

TEST(PredictionAndMeasurement, AgreeForOrthogonalGelu) {
  expect_agreement(chain(5, 200, {ActivationKind::gelu, 0}), Shape::flat(100), "orthogonal", .1);
}

TEST(PredictionAndMeasurement, AgreeForBatchAndLayerNorm) {
  expect_agreement(chain(4, 200, kRelu, Norm::batch), Shape::flat(100), "xavier_normal", .25);
  expect_agreement(chain(4, 200, kRelu, Norm::layer), Shape::flat(100), "xavier_normal", .15);
}

TEST(PredictionAndMeasurement, AgreeForZeroPaddedConvolutions) {
  ModelSpec spec;
  for (int i = 1; i <= 6; ++i) {
    spec.push_back(conv("conv" + std::to_string(i), 32, PaddingMode::same, kRelu));
  }
  expect_agreement(spec, Shape::image(9, 9, 3), "kaiming_normal", .4);
}

TEST(PredictionAndMeasurement, AgreeForResidualBlocksWithAProjection) {
  ModelSpec spec{dense("stem", 128, kLinear)};
  const std::vector<LayerSpec> first{dense("r1.1", 128, kRelu), dense("r1.2", 128, kRelu)};
  const std::vector<LayerSpec> second{dense("r2.1", 128, kTanh), dense("r2.2", 200, kLinear)};
  spec.push_back({.name = "r1", .place = "r1", .kind = ResidualSpec{.layers = first, .scale = .5}});
  spec.push_back({.name = "r2",
                  .place = "r2",
                  .kind = ResidualSpec{.layers = second, .shortcut = Shortcut::projection}});
  expect_agreement(spec, Shape::flat(100), "kaiming_normal", .2);
}

TEST(PredictionAndMeasurement, AgreeForBatchNormInConvolutions) {
  ModelSpec spec;
  for (int i = 1; i <= 5; ++i) {
    spec.push_back(conv("conv" + std::to_string(i), 48, PaddingMode::same, kRelu));
    std::get<Conv2dSpec>(spec.back().kind).norm = Norm::batch;
  }
  expect_agreement(spec, Shape::image(9, 9, 3), "kaiming_normal", .25);
}

/// He et al. 2015: relu(x + W relu(W x)), whose shortcut is not normal.
ModelSpec blocks_with_activation(int blocks, const Activation& activation, bool convolves) {
  const auto layer = [&](const std::string& name, const Activation& of_layer) {
    return convolves ? conv(name, 24, PaddingMode::same, of_layer) : dense(name, 160, of_layer);
  };
  ModelSpec spec{layer("stem", activation)};
  for (int i = 1; i <= blocks; ++i) {
    const std::string name = "r" + std::to_string(i);
    spec.push_back({.name = name,
                    .place = name,
                    .kind = ResidualSpec{
                        .layers = {layer(name + ".1", activation), layer(name + ".2", kLinear)},
                        .activation = activation}});
  }
  return spec;
}

TEST(PredictionAndMeasurement, AgreeBehindActivationsOfResidualSums) {
  expect_agreement(blocks_with_activation(6, kRelu, false), Shape::flat(100), "kaiming_normal", .2);
  expect_agreement(blocks_with_activation(6, kTanh, false), Shape::flat(100), "xavier_normal", .2);
  expect_agreement(blocks_with_activation(3, kRelu, true), Shape::image(8, 8, 3), "kaiming_normal",
                   .3);
}

}  // namespace
}  // namespace initbench
