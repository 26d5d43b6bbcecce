/// Predictions against networks that are drawn and run.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "base/random.h"
#include "init/initialize.h"
#include "init/layer_laws.h"
#include "nn/tape.h"
#include "probe/layer_moments.h"
#include "probe/layer_statistics.h"
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

/// What networks of several seeds show at initialization: per seed, per layer.
using Measured = std::vector<std::vector<LayerMoments>>;

Measured measure(Network& network, const std::vector<LayerInit>& inits, const Matrix& x) {
  constexpr std::uint64_t kSeeds = 20;
  Tape tape(network, x.cols());
  tape.set_batch(x.cols());
  Vector gradient;
  Measured measured;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    initialize(network, inits, seed);
    tape.value(0) = x;
    forward(network, {}, tape);
    Rng rng = stream(seed + 100);
    for (Scalar& value : tape.gradient(network.output()).reshaped()) {
      value = static_cast<Scalar>(rng.normal());
    }
    backward(network, tape, gradient);
    std::vector<LayerMoments>& layers = measured.emplace_back();
    for (const Layer& layer : network.layers()) {
      layers.push_back(
          layer_moments(network, layer, tape, layer_statistics(network, layer, tape, gradient)));
    }
  }
  return measured;
}

/// That a ratio of measured to predicted is 1 in the mean over seeds, by its spread over these and
/// the share that finite width may shift it by. Such ratios are products of many factors: in
/// logarithms, whose mean is below that of the ratio by half their variance.
void expect_one(const char* what, const std::vector<double>& ratios, double bias) {
  double mean = 0;
  double squares = 0;
  const auto count = static_cast<double>(ratios.size());
  for (const double ratio : ratios) mean += std::log(ratio) / count;
  for (const double ratio : ratios) squares += std::pow(std::log(ratio) - mean, 2);
  const double variance = squares / (count - 1);
  EXPECT_LT(std::abs(mean + variance / 2), 4 * std::sqrt(variance / count + bias * bias))
      << what << ": " << std::exp(mean + variance / 2);
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// That what networks show is what was predicted for them, in every layer.
void expect_measured(const std::vector<LayerPrediction>& predicted, const Measured& measured) {
  double behind = 0;  // of what finite widths shift, up to the layer
  for (std::size_t l = 0; l < predicted.size(); ++l) {
    const LayerPrediction& row = predicted[l];
    SCOPED_TRACE(row.name);
    behind += row.width_bias + 1e-5;
    const auto ratios = [&](auto figure, double prediction) {
      std::vector<double> found;
      for (const auto& layers : measured) found.push_back(figure(layers) / prediction);
      return found;
    };
    const auto of_layer = [&](double LayerMoments::*member, double prediction) {
      return ratios([&](const auto& layers) { return layers[l].*member; }, prediction);
    };
    const auto error = [&](double spread) {
      return 4 * (std::sqrt(spread / static_cast<double>(measured.size())) + .01);
    };
    EXPECT_NEAR(mean_of(of_layer(&LayerMoments::pre_second_moment, *row.pre_second_moment)), 1,
                error(row.pre_spread));
    EXPECT_NEAR(mean_of(of_layer(&LayerMoments::act_second_moment, *row.act_second_moment)), 1,
                error(row.act_spread));
    expect_one("Var(a)", of_layer(&LayerMoments::act_variance, *row.act_variance), behind);
    expect_one("chi", ratios([&](const auto& layers) { return *layers[l].chi; }, *row.chi),
               behind + row.divisor_bias);
    expect_one("1 - cosine",
               ratios([&](const auto& layers) { return 1 - *layers[l].pre_cosine; }, *row.pre_gap),
               behind + 1e-2);  // theory counts pairs by their lengths
    if (row.dead_fraction) {
      const double dead = mean_of(of_layer(&LayerMoments::dead_fraction, 1));
      EXPECT_NEAR(dead, *row.dead_fraction, .03);
    }
    if (!row.delta_ratio) continue;
    const auto delta_ratio = [&](const auto& layers) {
      return layers[l].delta_squared / layers[l + 1].delta_squared;
    };
    const LayerPrediction& next = predicted[l + 1];
    expect_one("ratio of deltas", ratios(delta_ratio, *row.delta_ratio),
               row.width_bias + next.width_bias + next.divisor_bias + 1e-5);
  }
}

struct Predicted {
  std::vector<LayerPrediction> predicted;
  Measured measured;
};

/// With an output layer of 10 units at the end.
Predicted predicted_and_measured(ModelSpec spec, const Shape& input, const char* scheme,
                                 const Matrix& x) {
  spec.push_back(dense("output", 10, kLinear));
  Network network(spec, input, 10);
  std::vector<LayerInit> inits;
  for (const Layer& layer : network.layers()) {
    inits.push_back({.layer = layer.name,
                     .weight = choose(scheme),
                     .bias = choose("zeros"),
                     .place = layer.name});
  }
  const ConstMatrixView view(x.data(), x.rows(), x.cols());
  const auto found = predict(network, laws_of(network, inits), measure_input(network, view));
  return {.predicted = found.layers, .measured = measure(network, inits, x)};
}

void expect_agreement(const ModelSpec& spec, const Shape& input, const char* scheme) {
  const Predicted found =
      predicted_and_measured(spec, input, scheme, correlated_samples(input.features(), 24));
  expect_measured(found.predicted, found.measured);
}

TEST(PredictionAndMeasurement, AgreeForReluUnderHe) {
  expect_agreement(chain(8, 200, kRelu), Shape::flat(100), "kaiming_normal");
}

TEST(PredictionAndMeasurement, AgreeForTanhUnderXavierUniformAndUnequalWidths) {
  expect_agreement({dense("a", 300, kTanh), dense("b", 120, kTanh), dense("c", 240, kTanh)},
                   Shape::flat(100), "xavier_uniform");
}

TEST(PredictionAndMeasurement, AgreeForOrthogonalGelu) {
  expect_agreement(chain(5, 200, {ActivationKind::gelu, 0}), Shape::flat(100), "orthogonal");
}

TEST(PredictionAndMeasurement, AgreeForBatchAndLayerNorm) {
  expect_agreement(chain(4, 200, kRelu, Norm::batch), Shape::flat(100), "xavier_normal");
  expect_agreement(chain(4, 200, kRelu, Norm::layer), Shape::flat(100), "xavier_normal");
}

// Behind few features samples differ in length, and units in their variance, by tens of percent.
TEST(PredictionAndMeasurement, AgreeForNormsBehindFewFeatures) {
  expect_agreement(chain(4, 300, kTanh, Norm::batch), Shape::flat(10), "kaiming_normal");
  expect_agreement(chain(4, 300, kRelu, Norm::layer), Shape::flat(10), "kaiming_normal");
}

TEST(PredictionAndMeasurement, AgreeForZeroPaddedConvolutions) {
  ModelSpec spec;
  for (int i = 1; i <= 6; ++i) {
    spec.push_back(conv("conv" + std::to_string(i), 32, PaddingMode::same, kRelu));
  }
  expect_agreement(spec, Shape::image(9, 9, 3), "kaiming_normal");
}

TEST(PredictionAndMeasurement, AgreeForResidualBlocksWithAProjection) {
  ModelSpec spec{dense("stem", 128, kLinear)};
  const std::vector<LayerSpec> first{dense("r1.1", 128, kRelu), dense("r1.2", 128, kRelu)};
  const std::vector<LayerSpec> second{dense("r2.1", 128, kTanh), dense("r2.2", 200, kLinear)};
  spec.push_back({.name = "r1", .place = "r1", .kind = ResidualSpec{.layers = first, .scale = .5}});
  spec.push_back({.name = "r2",
                  .place = "r2",
                  .kind = ResidualSpec{.layers = second, .shortcut = Shortcut::projection}});
  expect_agreement(spec, Shape::flat(100), "kaiming_normal");
}

TEST(PredictionAndMeasurement, AgreeForBatchNormInConvolutions) {
  ModelSpec spec;
  for (int i = 1; i <= 5; ++i) {
    spec.push_back(conv("conv" + std::to_string(i), 48, PaddingMode::same, kRelu));
    std::get<Conv2dSpec>(spec.back().kind).norm = Norm::batch;
  }
  expect_agreement(spec, Shape::image(9, 9, 3), "kaiming_normal");
}

/// Bright blobs at random places.
Matrix blobs(Index size, Index samples) {
  Rng rng = stream(2);
  Matrix x(size * size, samples);
  for (Index j = 0; j < samples; ++j) {
    const double row = static_cast<double>(size) * rng.uniform();
    const double column = static_cast<double>(size) * rng.uniform();
    for (Index i = 0; i < x.rows(); ++i) {
      const double distance =
          std::hypot(static_cast<double>(i / size) - row, static_cast<double>(i % size) - column);
      x(i, j) = static_cast<Scalar>(std::exp(-distance * distance / 18));
    }
  }
  return x;
}

// Neighbouring pixels are alike, so that few directions make a first layer's variances.
TEST(PredictionAndMeasurement, AgreeForBatchNormBehindFewDirections) {
  ModelSpec spec;
  for (int i = 1; i <= 3; ++i) {
    spec.push_back(conv("conv" + std::to_string(i), 96, PaddingMode::same, kRelu));
    std::get<Conv2dSpec>(spec.back().kind).norm = Norm::batch;
  }
  const Predicted found =
      predicted_and_measured(spec, Shape::image(12, 12, 1), "kaiming_normal", blobs(12, 24));
  const std::array<double, 3> tolerance{.1, .2, .2};
  for (std::size_t l = 0; l < 3; ++l) {
    double chi = 0;
    for (const auto& layers : found.measured) chi += *layers[l].chi / 20;
    EXPECT_NEAR(*found.predicted[l].chi / chi, 1, tolerance[l]) << l;
  }
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
  expect_agreement(blocks_with_activation(6, kRelu, false), Shape::flat(100), "kaiming_normal");
  expect_agreement(blocks_with_activation(6, kTanh, false), Shape::flat(100), "xavier_normal");
  expect_agreement(blocks_with_activation(3, kRelu, true), Shape::image(8, 8, 3), "kaiming_normal");
}

}  // namespace
}  // namespace initbench
