/// Published and derivable results about networks at initialization: the variance ladder of He et
/// al. 2015 and the activation and gradient table of Glorot & Bengio 2010, by mean-field theory.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "probe/ladder_cases.h"

namespace initbench {
namespace {

using testing::at_initialization;
using testing::Ladder;

// ---- He et al. 2015, section 2.2: 30 ReLU layers of 256, twenty weight seeds ----

constexpr int kSeeds = 20;
// Finite width makes ln Var drift by -5/2 per layer and unit, and spread: Var of it is ln(1 + 5/n)
// per layer.
constexpr double kDrift = -2.5 * 29 / 256;
const double kStandardError = std::sqrt(29 * std::log1p(5.0 / 256) / kSeeds);

struct LadderMeans {
  double log_variance_ratio = 0;  // ln Var(z_30) / Var(z_1), mean over seeds
  double log_delta_ratio = 0;     // ln ||delta_1||^2 / ||delta_30||^2
  double last_second_moment = 0;
};

LadderMeans relu_ladder(const InitChoice& weight, const InitChoice& bias) {
  LadderMeans means;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto layers = at_initialization({.depth = 30,
                                           .width = 256,
                                           .activation = ActivationKind::relu,
                                           .weight = weight,
                                           .bias = bias},
                                          32, static_cast<std::uint64_t>(seed));
    const LayerStatistics& first = layers.front();
    const LayerStatistics& last = layers.back();
    means.log_variance_ratio += std::log(last.pre_m2 / first.pre_m2) / kSeeds;
    means.log_delta_ratio += 2 * std::log(first.delta_norm / last.delta_norm) / kSeeds;
    means.last_second_moment += last.pre_m2 / kSeeds;
  }
  return means;
}

TEST(ReluLadder, KeepsTheVarianceUnderKaiming) {
  const LadderMeans means = relu_ladder(choose("kaiming_normal"), choose("zeros"));
  EXPECT_NEAR(means.log_variance_ratio, kDrift, 4 * kStandardError);
  EXPECT_NEAR(means.log_delta_ratio, kDrift, 4 * kStandardError);
}

TEST(ReluLadder, HalvesTheVariancePerLayerUnderXavier) {
  const LadderMeans means = relu_ladder(choose("xavier_normal"), choose("zeros"));
  EXPECT_NEAR(means.log_variance_ratio, -29 * std::log(2.0) + kDrift, 4 * kStandardError);
  EXPECT_NEAR(means.log_delta_ratio, -29 * std::log(2.0) + kDrift, 4 * kStandardError);
}

TEST(ReluLadder, DividesTheVarianceBySixPerLayerUnderPyTorchsDefaultWithoutBias) {
  const LadderMeans means = relu_ladder(choose("torch_default"), choose("zeros"));
  EXPECT_NEAR(means.log_variance_ratio, -29 * std::log(6.0) + kDrift, 4 * kStandardError);
  EXPECT_NEAR(means.log_delta_ratio, -29 * std::log(6.0) + kDrift, 4 * kStandardError);
}

TEST(ReluLadder, StopsAtTwoFifthsOfOneOverTheWidthUnderPyTorchsDefaultBiases) {
  const LadderMeans means = relu_ladder(choose("torch_default"), choose("torch_default"));
  // q = q / 6 + 1 / (3 n); a layer's 256 biases alone spread their mean square by sqrt(4 / 5 / 256)
  EXPECT_NEAR(means.last_second_moment / (2.0 / (5 * 256)), 1, 4 * 0.056 / std::sqrt(kSeeds));
  // chi = 1/6, as without biases
  EXPECT_NEAR(means.log_delta_ratio, -29 * std::log(6.0) + kDrift, 4 * kStandardError);
}

// ---- Hanin & Rolnick 2018: lengths of narrow networks drift and fluctuate ----

/// Mean of ln(||a_L||^2 / ||x||^2) over draws of a chain as wide as its input.
double mean_log_growth(const Ladder& ladder, int draws) {
  double mean = 0;
  for (int seed = 0; seed < draws; ++seed) {
    testing::visit_initialization(
        ladder, 1, static_cast<std::uint64_t>(seed),
        [&](const Network& network, const Tape& tape, const Vector&) {
          const Layer& last = network.layers()[static_cast<std::size_t>(ladder.depth) - 1];
          const auto squares = [&](NodeId node) {
            return tape.value(node).cast<double>().squaredNorm();
          };
          mean += std::log(squares(last.activated) / squares(0)) / draws;
        });
  }
  return mean;
}

// About -5/2 and -1 times L / n. The exact values are L E[ln(chi^2_k 2 / n)] with k ~ Binomial(n,
// 1/2) active units, by digamma functions; Monte Carlo elsewhere gave -1.03 and -1.36.
TEST(NarrowNetworks, LoseLengthByFluctuationsAlone) {
  const auto relu = [](Index width, Index depth) {
    return Ladder{.depth = depth,
                  .width = width,
                  .activation = ActivationKind::relu,
                  .weight = choose("kaiming_normal")};
  };
  const auto error = [](Index width, Index depth, int draws) {
    return std::sqrt(static_cast<double>(depth) * std::log1p(5.0 / static_cast<double>(width)) /
                     draws);
  };
  EXPECT_NEAR(mean_log_growth(relu(50, 20), 1000), -1.0348, 4 * error(50, 20, 1000));
  EXPECT_NEAR(mean_log_growth(relu(20, 10), 2000), -1.3719, 4 * error(20, 10, 2000));
  Ladder linear = relu(20, 10);
  linear.activation = ActivationKind::linear;
  linear.weight = choose("lecun_normal");
  EXPECT_NEAR(mean_log_growth(linear, 2000), -.5083, 3 * error(20, 10, 2000));
}

// ---- Glorot & Bengio 2010, figures 6 and 7: five tanh layers of 1000 ----

struct TanhRow {
  const char* name;
  InitChoice weight;
  double std_of_layer[5];
  double squared_delta_ratio;  // ||delta_1||^2 / ||delta_5||^2
};

// By quadrature of the mean-field recursion with sigma_w^2 = 1/3, 1, 25/9 and 2.
const std::vector<TanhRow>& tanh_table() {
  static const std::vector<TanhRow> table = {
      {"Standard", choose("inverse_sqrt_fan_in"), {.4603, .2495, .1412, .0810, .0467}, .0069},
      {"Normalized", choose("xavier_uniform"), {.6279, .4863, .4082, .3576, .3216}, .168},
      {"NormalizedTimesFiveThirds",
       choose("xavier_uniform", std::vector<NamedArgument>{{"gain", 5.0 / 3}}),
       {.7594, .6930, .6685, .6586, .6544},
       1.22},
      {"NormalizedTimesSqrtTwo",
       choose("xavier_uniform", std::vector<NamedArgument>{{"gain", std::sqrt(2.0)}}),
       {.7211, .6336, .5956, .5769, .5673},
       .68}};
  return table;
}

class TanhLayers : public ::testing::TestWithParam<TanhRow> {};

TEST_P(TanhLayers, HaveThePredictedActivationsAndGradients) {
  const auto layers = at_initialization(
      {.depth = 5, .width = 1000, .activation = ActivationKind::tanh, .weight = GetParam().weight},
      128, 1);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(std::sqrt(layers[i].act_m2) / GetParam().std_of_layer[i], 1, 0.03) << i + 1;
  }
  const double ratio = std::pow(layers[0].delta_norm / layers[4].delta_norm, 2);
  EXPECT_NEAR(ratio / GetParam().squared_delta_ratio, 1, 0.15);
}

INSTANTIATE_TEST_SUITE_P(GlorotAndBengio, TanhLayers, ::testing::ValuesIn(tanh_table()),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace initbench
