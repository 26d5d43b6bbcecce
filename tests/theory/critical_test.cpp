#include "theory/critical.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

Activation named(const std::string& name, double parameter) {
  return {find_activation(name)->kind, parameter};
}
Activation named(const std::string& name) {
  return named(name, find_activation(name)->default_parameter);
}

TEST(CriticalLine, OfErfIsItsClosedForm) {
  for (const double q : {1e-8, 1e-3, .1, .5, 1.0, 7.0, 100.0, 1e4, 1e8}) {
    const CriticalPoint point = critical_at_length(named("erf"), q).point.value();
    const double expected = std::numbers::pi / 4 * std::sqrt(1 + 4 * q);
    EXPECT_NEAR(point.scale.sigma_w2 / expected, 1, 1e-10) << q;
  }
}

TEST(CriticalLine, OfErfGoesThroughTheValueUsedForNeuralTangents) {
  // W_std = 1.76 at b_var = 0.18 in the neural-tangents notebook, rounded; 1.7476 by quadrature.
  const CriticalPoint point = critical_at_bias(named("erf"), .18).point.value();
  EXPECT_NEAR(point.scale.sigma_w2, 1.7476, 5e-5);
}

struct LineCase {
  std::string activation;
  double q, sigma_w2, sigma_b2, w_digit, b_digit;  // half a unit of the last digit given
};

TEST(CriticalLine, HasTheTabulatedPoints) {
  const std::vector<LineCase> cases{
      {"tanh", .001, 1.001997, 1.325e-9, 5e-7, 5e-13},
      {"tanh", 1.0 / 64, 1.030558, 4.651e-6, 5e-7, 5e-10},
      {"tanh", .025921, 1.050000, 2.0105e-5, 5e-7, 5e-10},
      {"tanh", 1.0 / 16, 1.115381, 2.369e-4, 5e-7, 5e-8},
      {"tanh", .1, 1.177569, 8.323e-4, 5e-7, 5e-8},
      {"tanh", .5, 1.687975, 3.804e-2, 5e-7, 5e-6},
      {"tanh", 1, 2.153303, 1.5096e-1, 5e-7, 5e-6},
      {"gelu", 1, 2.1937, .06719, 5e-5, 5e-6},
      {"silu", 1, 2.6352, .06247, 5e-5, 5e-6},
      {"elu", 1, 1.4968, .03466, 5e-5, 5e-6},
      {"selu", 1, .93321, .06679, 5e-6, 5e-6},
      {"selu", .1, .64644, 1.343e-3, 5e-6, 5e-7},
      {"hardtanh", .5, 1.18666, .05964, 5e-6, 5e-6},
      {"softsign", .5, 3.36656, .0678, 5e-6, 5e-5},
      {"sin", .1, 1.09967, 3.32e-4, 5e-6, 5e-7},
      {"sin", .5, 1.46212, .03788, 5e-6, 5e-6},
  };
  for (const LineCase& expected : cases) {
    SCOPED_TRACE(expected.activation + " at " + std::to_string(expected.q));
    const CriticalResult result = critical_at_length(named(expected.activation), expected.q);
    ASSERT_TRUE(result.point.has_value()) << result.reason;
    EXPECT_NEAR(result.point->scale.sigma_w2, expected.sigma_w2, expected.w_digit * 1.02);
    EXPECT_NEAR(result.point->scale.sigma_b2, expected.sigma_b2, expected.b_digit * 1.02);
  }
}

TEST(CriticalLine, OfTanhIsFoundFromTheBias) {
  struct Case {
    double sigma_b2, q, sigma_w2, sigma_w;
  };
  for (const Case& expected : std::vector<Case>{{.0025, .15369, 1.26009, 1.12254},
                                                {.01, .27330, 1.42421, 1.19340},
                                                {.04, .51208, 1.70080, 1.30415},
                                                {.05, .57005, 1.76095, 1.32701},
                                                {.09, .76347, 1.94765, 1.39558},
                                                {.25, 1.31794, 2.40149, 1.54967}}) {
    const CriticalPoint point = critical_at_bias(named("tanh"), expected.sigma_b2).point.value();
    EXPECT_NEAR(point.q, expected.q, 5.1e-6);
    EXPECT_NEAR(point.scale.sigma_w2, expected.sigma_w2, 5.1e-6);
    EXPECT_NEAR(std::sqrt(point.scale.sigma_w2), expected.sigma_w, 5.1e-6);
    EXPECT_NEAR(point.scale.sigma_b2, expected.sigma_b2, 1e-12);
  }
}

TEST(CriticalLine, KeepsLengthsAndGradientsForEveryActivation) {
  for (const ActivationRow& row : activation_table()) {
    const Activation activation{row.kind, row.default_parameter};
    const CriticalResult result = critical_at_length(activation, .7);
    if (!result.point) continue;
    const WeightScale& scale = result.point->scale;
    EXPECT_NEAR(next_length(activation, scale, .7), .7, 1e-12) << row.name;
    EXPECT_NEAR(scale.sigma_w2 * gaussian_moments(activation, .7).slope_second_moment, 1, 1e-12);
  }
}

// By iterating the length map from 1.01 (python, adaptive quadrature): gelu and silu leave q* = 1
// for .25 and .27 from below, mish for infinity; tanh comes back.
TEST(CriticalLine, SaysWhereItRepelsLengths) {
  for (const char* name : {"gelu", "silu", "mish"}) {
    EXPECT_TRUE(critical_at_length(named(name), 1).point->repels()) << name;
  }
  for (const char* name : {"tanh", "erf", "selu", "hardtanh", "relu"}) {
    EXPECT_FALSE(critical_at_length(named(name), .5).point->repels()) << name;
  }
}

TEST(CriticalLine, OfReluIsOnePoint) {
  for (const double q : {1e-6, 1.0, 1e6}) {
    const CriticalPoint point = critical_at_length(named("relu"), q).point.value();
    EXPECT_NEAR(point.scale.sigma_w2, 2, 1e-12);
    EXPECT_EQ(point.scale.sigma_b2, 0);
  }
  const CriticalPoint without_bias = critical_at_bias(named("relu"), 0).point.value();
  EXPECT_NEAR(without_bias.scale.sigma_w2, 2, 1e-12);
  const CriticalResult with_bias = critical_at_bias(named("relu"), .01);
  EXPECT_FALSE(with_bias.point.has_value());
  EXPECT_NE(with_bias.reason.find("sigma_b^2 > 0"), std::string::npos);
}

TEST(CriticalLine, DoesNotExistForSoftplus) {
  for (const double q : {1e-6, .1, 1.0, 10.0, 1e4}) {
    const CriticalResult result = critical_at_length(named("softplus"), q);
    EXPECT_FALSE(result.point.has_value());
    EXPECT_NE(result.reason.find("no critical point exists for softplus"), std::string::npos);
  }
  EXPECT_FALSE(critical_at_bias(named("softplus"), .1).point.has_value());
}

// For large q, E[phi'^2] = 1 / (6 sqrt(2 pi q)) and E[phi^2] = 1/2, so that sigma_w2 E[phi^2] grows
// like sqrt(q) only: beyond q = 45.6 even sigmoid has a critical point, of no practical use. Its
// line begins at q* = 45.6242777973797, sigma_w^2 = 103.007553855519 (mpmath, 30 digits).
TEST(CriticalLine, OfSigmoidBeginsDeepInSaturation) {
  for (const double q : {1e-6, .1, 1.0, 10.0, 45.0}) {
    const CriticalResult result = critical_at_length(named("sigmoid"), q);
    EXPECT_FALSE(result.point.has_value());
    EXPECT_NE(result.reason.find("no critical point exists for sigmoid"), std::string::npos);
    EXPECT_NE(result.reason.find("q* below 45.62"), std::string::npos) << result.reason;
  }
  const CriticalPoint far = critical_at_length(named("sigmoid"), 1e4).point.value();
  EXPECT_NEAR(far.scale.sigma_w2, 6 * std::sqrt(2 * std::numbers::pi * 1e4), 1);
  const CriticalResult first = critical_at_bias(named("sigmoid"), 0);
  EXPECT_NEAR(first.point.value().q, 45.6242777973797, 1e-9);
  EXPECT_NEAR(first.point->scale.sigma_w2, 103.007553855519, 1e-9);
  EXPECT_NE(first.reason.find("no critical point exists for sigmoid at usual lengths"),
            std::string::npos);
}

struct GainCase {
  std::string activation;
  double parameter, mean, second, variance, slope, g2, gv, chi;
};

TEST(Gains, AreAsTabulated) {
  const std::vector<GainCase> cases{
      {"linear", 0, 0, 1, 1, 1, 1, 1, 1},
      {"relu", 0, .398942, .5, .340845, .5, 1.414214, 1.7129, 1},
      {"leaky_relu", .01, .394953, .50005, .344062, .50005, 1.41414, 1.7048, 1},
      {"leaky_relu", .2, .319154, .52, .418141, .52, 1.386750, 1.5465, 1},
      {"tanh", 0, 0, .394294, .394294, .464403, 1.592537, 1.592537, 1.17781},
      {"erf", 0, 0, .464559, .464559, .569410, 1.467167, 1.467167, 1.22570},
      {"sigmoid", 0, .5, .293379, .043379, .044836, 1.846229, 4.80131, .15283},
      {"softplus", 0, .806059, .921246, .271515, .293379, 1.041867, 1.91913, .31846},
      {"softsign", 0, 0, .183014, .183014, .227671, 2.337533, 2.337533, 1.24401},
      {"selu", 0, 0, 1, 1, 1.071575, 1, 1, 1.07157},
      {"elu", 1, .160521, .644945, .619179, .668102, 1.245198, 1.27084, 1.03590},
      {"gelu", 0, .282095, .425221, .345644, .455851, 1.533530, 1.70094, 1.07203},
      {"silu", 0, .206621, .355776, .313083, .379482, 1.676530, 1.78719, 1.06663},
      {"sin", 1, 0, .432332, .432332, .567668, 1.520866, 1.520866, 1.31304},
      {"hardtanh", 0, 0, .516059, .516059, .682689, 1.392036, 1.392036, 1.32289},
  };
  for (const GainCase& expected : cases) {
    SCOPED_TRACE(expected.activation);
    const Activation activation = named(expected.activation, expected.parameter);
    const GaussianMoments moments = gaussian_moments(activation, 1);
    const Gains gains = gains_of(activation);
    EXPECT_NEAR(moments.mean, expected.mean, 5.1e-7);
    EXPECT_NEAR(moments.second_moment, expected.second, 5.1e-7);
    EXPECT_NEAR(moments.variance, expected.variance, 5.1e-7);
    EXPECT_NEAR(moments.slope_second_moment, expected.slope, 5.1e-7);
    EXPECT_NEAR(gains.second_moment, expected.g2, 6e-6);
    EXPECT_NEAR(gains.variance, expected.gv, 6e-5);
    EXPECT_NEAR(gains.chi, expected.chi, 6e-6);
    EXPECT_NEAR(gains.critical, 1 / std::sqrt(expected.slope), 1e-4);
  }
}

TEST(Gains, OfTorchAreThoseOfItsTable) {
  EXPECT_DOUBLE_EQ(gains_of(named("tanh")).torch.value(), 5.0 / 3.0);
  EXPECT_DOUBLE_EQ(gains_of(named("selu")).torch.value(), .75);
  EXPECT_FALSE(gains_of(named("gelu")).torch.has_value());
}

TEST(Gains, KeepTheLengthTheyAreMadeFor) {
  for (const ActivationRow& row : activation_table()) {
    const Activation activation{row.kind, row.default_parameter};
    const double gain = gains_of(activation, 3).second_moment;
    EXPECT_NEAR(next_length(activation, {.sigma_w2 = gain * gain}, 3), 3, 1e-11) << row.name;
  }
}

}  // namespace
}  // namespace initbench
