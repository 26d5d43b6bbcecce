#include "theory/prediction.h"
#include "theory/activation_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "theory/prediction_cases.h"

namespace initbench {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): small networks and laws

NetworkPrediction predict_chain(int depth, Index width, const Activation& activation,
                                double sigma_w2, double sigma_b2 = 0) {
  const Network network(chain(depth, width, activation), Shape::flat(width), width);
  return predict(network, laws_with(network, sigma_w2, sigma_b2), {.gap = .8});
}

// tanh, 5 x 1000, inputs of second moment 1 (experiment E4).
TEST(Prediction, HasTheTabulatedActivationsAndGradientsOfTanhNetworks) {
  struct Case {
    double sigma_w2;
    std::vector<double> act_std;
    std::vector<double> chi;
    double ratio, digit;
  };
  const std::vector<Case> cases{
      {1.0 / 3, {.4603, .2495, .1412, .0810, .0467}, {.222, .295, .320, .329, .332}, .0069, 5e-5},
      {1, {.6279, .4863, .4082, .3576, .3216}, {.464, .637, .727, .782, .819}, .168, 5e-4},
      {25.0 / 9,
       {.7594, .6930, .6685, .6586, .6544},
       {.840, 1.067, 1.151, 1.185, 1.199},
       1.22,
       5e-3},
      {2, {.7211, .6336, .5956, .5769, .5673}, {.699, .915, 1.008, 1.054, 1.078}, .68, 5e-3},
  };
  for (const Case& expected : cases) {
    SCOPED_TRACE(expected.sigma_w2);
    const NetworkPrediction found = predict_chain(5, 1000, kTanh, expected.sigma_w2);
    for (std::size_t l = 0; l < 5; ++l) {
      EXPECT_NEAR(std::sqrt(found.layers[l].act_variance.value()), expected.act_std[l], 6e-5);
      EXPECT_NEAR(found.layers[l].chi.value(), expected.chi[l], 6e-4);
    }
    const double ratio = *found.layers[0].delta_share / *found.layers[4].delta_share;
    EXPECT_NEAR(ratio, expected.ratio, expected.digit);
  }
}

// PyTorch pull request 50664: 100 x Linear(1000), xavier_normal(gain = 0.75), SELU (E15).
TEST(Prediction, HasThePublishedStandardDeviationsOfSelu) {
  const NetworkPrediction found = predict_chain(100, 50, {ActivationKind::selu, 0}, .5625);
  const auto act_std = [&](std::size_t layer) {
    return std::sqrt(found.layers[layer - 1].act_variance.value());
  };
  EXPECT_NEAR(act_std(1), .7967, 5e-5);
  EXPECT_NEAR(act_std(11), .3092, 5e-5);
  EXPECT_NEAR(act_std(21), .2381, 5e-5);
  EXPECT_NEAR(act_std(31), .2154, 5e-5);
  EXPECT_NEAR(act_std(51), .2026, 5e-5);
  EXPECT_NEAR(act_std(91), .1997, 5e-5);
  EXPECT_NEAR(found.layers.back().chi.value(), 1.0037, 1e-4);  // still approaching it
}

TEST(Prediction, OfReluLadders) {
  const NetworkPrediction he = predict_chain(30, 256, kRelu, 2);
  EXPECT_NEAR(he.layers[29].pre_second_moment.value() / *he.layers[0].pre_second_moment, 1, 1e-11);
  EXPECT_NEAR(he.layers[0].delta_share.value(), 1, 1e-11);
  const NetworkPrediction xavier = predict_chain(30, 256, kRelu, 1);
  EXPECT_NEAR(
      *xavier.layers[29].pre_second_moment / *xavier.layers[0].pre_second_moment * std::exp2(29), 1,
      1e-10);
  EXPECT_NEAR(xavier.layers[0].delta_share.value() * std::exp2(29), 1, 1e-10);
  // torch.nn.Linear: the bias stops the decay at q* = 2 / (5 n).
  const NetworkPrediction torch = predict_chain(30, 256, kRelu, 1.0 / 3, 1.0 / (3 * 256));
  EXPECT_NEAR(torch.layers[29].pre_second_moment.value(), 1.5625e-3, 1e-9);
  EXPECT_NEAR(torch.layers[29].chi.value(), 1.0 / 6, 1e-12);
}

TEST(Prediction, SeparatesSecondMomentFromVariance) {
  const LayerPrediction layer = predict_chain(1, 100, kRelu, 2).layers[0];
  EXPECT_NEAR(layer.pre_second_moment.value(), 2, 1e-12);
  EXPECT_NEAR(layer.pre_variance.value(), 2, 1e-12);
  EXPECT_NEAR(layer.act_second_moment.value(), 1, 1e-12);
  EXPECT_NEAR(layer.act_variance.value(), 2 * .340845, 2e-6);
}

TEST(Prediction, FollowsTheArcCosineKernel) {
  // One relu layer from independent inputs: c = kappa(0) = 1 / pi.
  const Network network(chain(2, 100, kRelu), Shape::flat(100), 100);
  const auto found = predict(network, laws_with(network, 2), {.gap = 1});
  EXPECT_NEAR(found.layers[1].pre_cosine.value(), 1 / std::numbers::pi, 1e-8);
}

TEST(Prediction, CarriesLengthsOfSamplesSeparately) {
  // Samples of lengths 1 and 2 in like numbers: the mean of squares is 5/2, that of products
  // (3/2)^2 times the cosine.
  ValueMoments input{.second_moment = Eigen::ArrayXXd{{1.0, 4.0}}};
  const auto last_cosine = [&](const Activation& activation, double sigma_w2, double cosine) {
    input.gap = 1 - cosine * (9.0 / 4.0) / (5.0 / 2.0);
    const Network network(chain(50, 100, activation), Shape::flat(100), 100);
    return predict(network, laws_with(network, sigma_w2), input).layers[49].pre_cosine.value();
  };
  EXPECT_NEAR(last_cosine(kLinear, 1, .5), .5, 1e-12);
  EXPECT_NEAR(last_cosine(kRelu, 2, 1), 1, 1e-9);  // homogeneous: what is aligned stays so
}

TEST(Prediction, OfExactZerosTakesTheSlopeThatTrainingUses) {
  // Nothing but padding is read at the corners: z = 0 there, where relu has the slope 0.
  const Network network({conv("conv1", 8, PaddingMode::same, kRelu), dense("output", 10, kLinear)},
                        Shape::image(5, 5, 3), 10);
  Eigen::ArrayXXd lengths = Eigen::ArrayXXd::Zero(25, 1);
  lengths(12) = 1;  // the centre, which the 9 positions around it read
  const auto found = predict(network, laws_with(network, 2), {.second_moment = lengths});
  EXPECT_NEAR(found.layers[0].chi.value(), 9.0 / 25, 1e-12);
}

TEST(Prediction, OfFiniteWidthIsTheProductOverLayers) {
  const NetworkPrediction relu = predict_chain(20, 50, kRelu, 2);
  EXPECT_NEAR(relu.finite_width_factor.value(), std::pow(1 + 5.0 / 50, 20), 1e-6);
  // The first layer sees a fixed input: for homogeneous units all later fluctuations survive.
  EXPECT_NEAR(relu.layers[19].act_spread, std::pow(1 + 5.0 / 50, 20) - 1, 1e-6);
  const NetworkPrediction linear = predict_chain(20, 50, kLinear, 1);
  EXPECT_NEAR(linear.finite_width_factor.value(), std::pow(1 + 2.0 / 50, 19), 1e-9);
}

TEST(Prediction, OfOrthogonalLinearNetworksDoesNotFluctuate) {
  const Network network(chain(20, 50, kLinear), Shape::flat(50), 50);
  std::vector<LayerLaw> laws = laws_with(network, 1);
  for (LayerLaw& law : laws) law.orthogonal = true;
  const auto found = predict(network, laws, {});
  EXPECT_NEAR(found.layers[19].act_spread, 0, 1e-12);
  EXPECT_NEAR(found.jacobian_relative_variance.value(), 0, 1e-12);
  EXPECT_NEAR(found.jacobian_mean.value(), 1, 1e-12);
}

TEST(Prediction, OfDeadInputsIsExact) {
  EXPECT_NEAR(predict_chain(3, 8, kRelu, 2).dead_input_probability.value(),
              1 - std::pow(1 - 1.0 / 256, 3), 1e-14);
  EXPECT_FALSE(predict_chain(3, 8, kTanh, 2).dead_input_probability.has_value());
}

LayerSpec residual(const std::string& name, std::vector<LayerSpec> layers, double scale = 1) {
  return {.name = name,
          .place = name,
          .kind = ResidualSpec{.layers = std::move(layers), .scale = scale}};
}

LayerSpec activation(const std::string& name, const Activation& phi) {
  return {.name = name, .place = name, .kind = ActivationSpec{.activation = phi}};
}

/// A linear stem, then blocks x + scale * W2 relu(W1 [relu](x)).
ModelSpec residual_chain(int blocks, bool leading, double scale) {
  ModelSpec spec{dense("stem", 128, kLinear)};
  for (int i = 1; i <= blocks; ++i) {
    const std::string name = "block" + std::to_string(i);
    std::vector<LayerSpec> branch{dense(name + ".1", 128, kRelu), dense(name + ".2", 128, kLinear)};
    if (leading) branch.insert(branch.begin(), activation(name + ".0", kRelu));
    spec.push_back(residual(name, branch, scale));
  }
  spec.push_back(dense("output", 10, kLinear));
  return spec;
}

double residual_growth(int blocks, bool leading, double scale) {
  const Network network(residual_chain(blocks, leading, scale), Shape::flat(128), 10);
  const auto found = predict(network, laws_with(network, 2), {});
  return *found.layers.back().pre_second_moment / *found.layers.front().pre_second_moment / 2;
}

TEST(Prediction, OfResidualBlocksMultipliesPerBlock) {
  EXPECT_NEAR(residual_growth(32, true, 1) / std::exp2(32), 1, 1e-10);
  EXPECT_NEAR(residual_growth(4, false, 1), 81, 1e-9);
  EXPECT_NEAR(residual_growth(16, true, .25), std::pow(1 + 1.0 / 16, 16), 1e-9);
  EXPECT_NEAR(residual_growth(16, true, 0), 1, 1e-12);
}

TEST(Prediction, SendsGradientsThroughBothWaysOfAResidualBlock) {
  const Network network(residual_chain(4, true, 1), Shape::flat(128), 10);
  const auto found = predict(network, laws_with(network, 2), {});
  // W of variance 2 / n without relu doubles the gradient at the output, each block doubles it.
  EXPECT_NEAR(found.layers.front().delta_share.value(), 2 * std::exp2(4) * 128 / 128, 1e-9);
  const Network halved(residual_chain(4, true, .5), Shape::flat(128), 10);
  EXPECT_NEAR(predict(halved, laws_with(halved, 2), {}).layers.front().delta_share.value(),
              2 * std::pow(1.25, 4), 1e-9);
}

TEST(Prediction, OfResidualBlocksFollowsSamplesOfTheirOwnLength) {
  ModelSpec spec{dense("stem", 64, kTanh)};
  for (const char* name : {"block1", "block2"}) {
    spec.push_back(residual(name, {dense(std::string(name) + ".1", 64, kTanh),
                                   dense(std::string(name) + ".2", 64, kLinear)}));
  }
  spec.push_back(dense("output", 10, kLinear));
  const Network network(spec, Shape::flat(64), 10);
  const auto last = [&](const Eigen::ArrayXXd& lengths) {
    return predict(network, laws_with(network, 2), {.second_moment = lengths})
        .layers.back()
        .pre_second_moment.value();
  };
  const auto alone = [&](double length) { return last(Eigen::ArrayXXd::Constant(1, 1, length)); };
  EXPECT_NEAR(last(Eigen::ArrayXXd{{.1, 4.0}}), (alone(.1) + alone(4)) / 2, 1e-12);
}

TEST(Prediction, OfZeroPaddingIsExactByPosition) {
  const ModelSpec spec{conv("conv1", 8, PaddingMode::same, kLinear),
                       conv("conv2", 8, PaddingMode::same, kLinear), dense("output", 10, kLinear)};
  const Network network(spec, Shape::image(7, 7, 3), 10);
  const auto found = predict(network, laws_with(network, 1), {});
  // By axis, of 3 taps: (2, 3, 3, 3, 3, 3, 2) / 3 read the image; again: their mean is 53 / 63.
  EXPECT_NEAR(found.layers[0].pre_second_moment.value(), std::pow(19.0 / 21.0, 2), 1e-12);
  EXPECT_NEAR(found.layers[1].pre_second_moment.value(), std::pow(53.0 / 63.0, 2), 1e-12);
  // The transpose of the same taps: 19 / 21 of the gradient finds an input.
  EXPECT_NEAR(found.layers[0].delta_ratio.value(), std::pow(19.0 / 21.0, 2), 1e-12);
}

TEST(Prediction, OfCircularConvolutionIsThatOfADenseLayer) {
  const ModelSpec spec{conv("conv1", 8, PaddingMode::circular, kTanh),
                       conv("conv2", 8, PaddingMode::circular, kTanh),
                       dense("output", 10, kLinear)};
  const Network network(spec, Shape::image(7, 7, 3), 10);
  const auto found = predict(network, laws_with(network, 2), {.gap = .8});
  const Network dense_network(
      {dense("dense1", 100, kTanh), dense("dense2", 100, kTanh), dense("output", 10, kLinear)},
      Shape::flat(100), 10);
  const auto flat = predict(dense_network, laws_with(dense_network, 2), {.gap = .8});
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_NEAR(*found.layers[l].act_second_moment, *flat.layers[l].act_second_moment, 1e-12);
    EXPECT_NEAR(*found.layers[l].act_gap, *flat.layers[l].act_gap, 1e-12);
    EXPECT_NEAR(*found.layers[l].delta_share, *flat.layers[l].delta_share, 1e-12);
  }
}

// Of a kernel that is 0 but at its centre every position is a dense network of its own.
TEST(Prediction, OfDeltaKernelsIsThatOfADenseLayerPerPosition) {
  for (const PaddingMode padding : {PaddingMode::circular, PaddingMode::same}) {
    const ModelSpec spec{conv("conv1", 8, padding, kTanh), conv("conv2", 8, padding, kTanh),
                         dense("output", 10, kLinear)};
    const Network network(spec, Shape::image(5, 5, 8), 10);
    std::vector<LayerLaw> laws = laws_with(network, 1);
    for (LayerLaw& law : laws) law.orthogonal = true;
    for (std::size_t l = 0; l < 2; ++l) laws[l] = {.weight_variance = 1.5 / 8, .centre_only = true};
    Eigen::ArrayXXd lengths = Eigen::ArrayXXd::Constant(25, 1, .1);
    lengths(7) = 2;
    const auto found = predict(network, laws, {.second_moment = lengths, .gap = .8});
    const Network flat({dense("dense1", 8, kTanh), dense("dense2", 8, kTanh)}, Shape::flat(8), 8);
    const auto position = [&](double length) {
      const ValueMoments input{.second_moment = Eigen::ArrayXXd::Constant(1, 1, length), .gap = .8};
      return predict(flat, laws_with(flat, 1.5), input).layers[1].act_second_moment.value();
    };
    EXPECT_NEAR(found.layers[1].act_second_moment.value(), (24 * position(.1) + position(2)) / 25,
                1e-9);
    EXPECT_NEAR(found.layers[0].pre_second_moment.value(), 1.5 * lengths.mean(), 1e-12);
  }
}

class TabulatedMoments : public ::testing::TestWithParam<const ActivationRow*> {};

TEST_P(TabulatedMoments, AreThoseOfSingleIntegrals) {
  // 400 samples of their own length against each alone.
  const Activation activation{GetParam()->kind, GetParam()->default_parameter};
  const Network network(chain(1, 100, activation), Shape::flat(100), 100);
  const auto laws = laws_with(network, 2);
  Eigen::ArrayXXd lengths(1, 400);
  for (Index i = 0; i < 400; ++i) lengths(0, i) = std::pow(10.0, -4 + .02 * static_cast<double>(i));
  const double together =
      predict(network, laws, {.second_moment = lengths}).layers[0].act_second_moment.value();
  double sum = 0;
  for (const double length : lengths.reshaped()) {
    const ValueMoments one{.second_moment = Eigen::ArrayXXd::Constant(1, 1, length)};
    sum += predict(network, laws, one).layers[0].act_second_moment.value();
  }
  EXPECT_NEAR(together / (sum / 400), 1, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Activations, TabulatedMoments,
                         ::testing::ValuesIn(testing::activation_rows()), testing::name_of_row);

}  // namespace
}  // namespace initbench
