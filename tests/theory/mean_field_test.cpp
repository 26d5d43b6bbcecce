#include "theory/mean_field.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "theory/critical.h"

namespace initbench {
namespace {

constexpr Activation kTanh{ActivationKind::tanh, 0};
constexpr Activation kRelu{ActivationKind::relu, 0};
constexpr Activation kGelu{ActivationKind::gelu, 0};

struct PhaseCase {
  double sigma_w2, q, chi, c, xi_q, xi_c, trainable, xi_c_digits, trainable_digits;
};

// tanh with sigma_b2 = 0.05.
TEST(Phase, HasTheTabulatedNumbersOfTanh) {
  const std::vector<PhaseCase> cases{
      {1.0, .19359, .75903, 1, 1.75, 3.63, 21.8, .005, .05},
      {1.25, .29205, .86324, 1, 1.80, 6.80, 40.8, .005, .05},
      {1.5, .41804, .93864, 1, 1.68, 15.79, 94.7, .005, .05},
      {1.7, .53308, .98674, 1, 1.56, 74.9, 449, .05, .5},
      {2.0, .72176, 1.04767, .7441, 1.39, 25.2, 151, .05, .5},
      {2.5, 1.06396, 1.13352, .4468, 1.18, 11.8, 70.8, .05, .05},
      {3.0, 1.42801, 1.20893, .2993, 1.04, 9.05, 54.3, .005, .05},
      {4.0, 2.19549, 1.34240, .1651, .87, 6.98, 41.9, .005, .05},
  };
  for (const PhaseCase& expected : cases) {
    SCOPED_TRACE(expected.sigma_w2);
    const Phase phase = phase_of(kTanh, {.sigma_w2 = expected.sigma_w2, .sigma_b2 = .05});
    EXPECT_EQ(phase.length.kind, LongRun::finite);
    EXPECT_NEAR(phase.length.q, expected.q, 5.1e-6);
    EXPECT_NEAR(phase.length.chi, expected.chi, 5.1e-6);
    EXPECT_NEAR(phase.correlation.value(), expected.c, 5.1e-5);
    EXPECT_NEAR(phase.xi_q.value(), expected.xi_q, 5.1e-3);
    EXPECT_NEAR(phase.xi_c.value(), expected.xi_c, expected.xi_c_digits * 1.02);
    EXPECT_NEAR(phase.trainable_depth.value(), expected.trainable, expected.trainable_digits * 1.1);
  }
}

TEST(Phase, ChangesGradientsOverFiftyLayersAsTabulated) {
  const auto factor = [](double sigma_w2) {
    return std::pow(phase_of(kTanh, {.sigma_w2 = sigma_w2, .sigma_b2 = .05}).length.chi, 50);
  };
  EXPECT_NEAR(factor(1.0), 1.0e-6, .05e-6);
  EXPECT_NEAR(factor(1.25), 6.4e-4, .05e-4);
  EXPECT_NEAR(factor(1.5), 4.2e-2, .05e-2);
  EXPECT_NEAR(factor(1.7), .51, .005);
  EXPECT_NEAR(factor(2.0), 10.3, .05);
  EXPECT_NEAR(factor(2.5), 5.3e2, 5);
  EXPECT_NEAR(factor(3.0), 1.3e4, 5e2);
  EXPECT_NEAR(factor(4.0), 2.5e6, 5e4);
}

// c* leaves 1 continuously, and a start on the fixed point stays there whatever the rounding.
TEST(Phase, JustAboveCriticalityStillHasCorrelationOne) {
  const Activation hardtanh{ActivationKind::hardtanh, 0};
  const double p = std::erf(1 / std::sqrt(2 * .5));
  const double second = .5 * (p - std::sqrt(2 / (std::numbers::pi * .5)) * std::exp(-1.0)) + 1 - p;
  const WeightScale scale{.sigma_w2 = 1 / p * (1 + 1e-8), .sigma_b2 = .5 - second / p};
  const Phase phase = phase_of(hardtanh, scale, .5);
  EXPECT_NEAR(phase.correlation.value(), 1, 1e-6);
}

TEST(Destination, OfAStartOnAnAttractingFixedPointIsThatPoint) {
  for (int i = 0; i < 24; ++i) {
    const double sigma_w2 = 2 + .2 * i;
    const double second = .183014021266548;  // E[softsign^2] at q = 1
    const WeightScale scale{.sigma_w2 = sigma_w2, .sigma_b2 = 1 - sigma_w2 * second};
    if (scale.sigma_b2 < 0) continue;
    const Destination found = destination({ActivationKind::softsign, 0}, scale, 1);
    EXPECT_EQ(found.kind, LongRun::finite) << sigma_w2;
    EXPECT_NEAR(found.q, 1, 1e-9) << sigma_w2;
  }
}

TEST(Destination, OfAStartOnARepellingFixedPointIsNotDecidedByRounding) {
  for (const ActivationKind kind :
       {ActivationKind::gelu, ActivationKind::silu, ActivationKind::mish}) {
    const Activation activation{kind, 0};
    const Destination found =
        destination(activation, critical_at_length(activation, 1).point->scale, 1);
    EXPECT_EQ(found.kind, LongRun::finite);
    EXPECT_NEAR(found.q, 1, 1e-9);
    EXPECT_GT(found.growth, 1);
  }
}

TEST(Phase, OfTorchsTanhGainIsChaotic) {
  const Phase phase = phase_of(kTanh, {.sigma_w2 = 25.0 / 9.0});
  EXPECT_NEAR(phase.length.q, 1.17848, 5e-6);
  EXPECT_NEAR(phase.length.chi, 1.20983, 5e-6);
  EXPECT_EQ(phase.correlation, 0);  // an odd function without biases
  EXPECT_EQ(phase.gap, 1);
}

TEST(Phase, OfReluAtItsCriticalPointHasEveryLengthAndAlgebraicCorrelations) {
  const Phase phase = phase_of(kRelu, {.sigma_w2 = 2}, 3.5);
  EXPECT_EQ(phase.length.kind, LongRun::neutral);
  EXPECT_EQ(phase.length.q, 3.5);
  EXPECT_TRUE(phase.length.algebraic);
  EXPECT_EQ(phase.correlation, 1);
  EXPECT_TRUE(std::isinf(phase.xi_c.value()));
  EXPECT_FALSE(phase.reason.empty());
}

TEST(Phase, OfALinearNetworkHasNoCorrelationOfItsOwn) {
  const Phase phase = phase_of({ActivationKind::linear, 0}, {.sigma_w2 = 1});
  EXPECT_EQ(phase.length.kind, LongRun::neutral);
  EXPECT_FALSE(phase.correlation.has_value());
  EXPECT_NE(phase.reason.find("every correlation"), std::string::npos);
}

TEST(Phase, WithoutAFixedPointSaysSo) {
  const Phase phase = phase_of(kRelu, {.sigma_w2 = 2, .sigma_b2 = .1});
  EXPECT_EQ(phase.length.kind, LongRun::infinite);
  EXPECT_FALSE(phase.correlation.has_value());
  EXPECT_NE(phase.reason.find("no q*"), std::string::npos);
}

TEST(Phase, OfADecayingNetworkIsLimitedByItsGradients) {
  const Phase phase = phase_of(kRelu, {.sigma_w2 = 1});
  EXPECT_EQ(phase.length.kind, LongRun::zero);
  EXPECT_NEAR(phase.xi_gradient.value(), 1 / std::log(2.0), 1e-12);
  EXPECT_NEAR(phase.trainable_depth.value(), 6 / std::log(2.0), 1e-11);
  EXPECT_FALSE(phase.correlation.has_value());
}

TEST(CorrelationMap, OfReluClosesTheGapLikeNinePiSquaredOverTwoDepthsSquared) {
  double gap = 1;
  int depth = 0;
  const auto times_depth_squared = [&](int to) {
    for (; depth < to; ++depth) gap = next_gap(kRelu, {.sigma_w2 = 2}, 1, gap);
    return gap * depth * depth;
  };
  EXPECT_NEAR(times_depth_squared(100), 35.77, 5.1e-3);
  EXPECT_NEAR(times_depth_squared(1000), 43.13, 5.1e-3);
  EXPECT_NEAR(times_depth_squared(10'000), 44.25, 5.1e-3);  // -> 9 pi^2 / 2 = 44.413
}

TEST(LengthMap, OfCriticalTanhDecaysLikeOneOverTwiceTheDepth) {
  double q = 1;  // of the input: q of layer 0
  int depth = 0;
  const auto times_depth = [&](int to) {
    for (; depth < to; ++depth) q = next_length(kTanh, {}, q);
    return q * depth;
  };
  EXPECT_NEAR(times_depth(10), .5220, 5.1e-5);
  EXPECT_NEAR(times_depth(50), .5110, 5.1e-5);
  EXPECT_NEAR(times_depth(200), .5042, 5.1e-5);
}

TEST(FixedPoints, OfGeluAreBistable) {
  const LengthFixedPoints found = length_fixed_points(kGelu, {.sigma_w2 = 25.0 / 9.0});
  ASSERT_EQ(found.points.size(), 2U);
  EXPECT_EQ(found.points[0].q, 0);
  EXPECT_LT(found.points[0].growth, 1);
  EXPECT_GT(found.points[1].q, 0);
  EXPECT_GT(found.points[1].growth, 1);  // repels
  const double between = found.points[1].q;
  const WeightScale scale{.sigma_w2 = 25.0 / 9.0};
  EXPECT_EQ(destination(kGelu, scale, .9 * between).kind, LongRun::zero);
  EXPECT_EQ(destination(kGelu, scale, 1.1 * between).kind, LongRun::infinite);
}

TEST(FixedPoints, SurviveBeingOnTheSearchGrid) {
  // selu keeps (mean 0, variance 1) by construction (Klambauer et al. 2017).
  const Destination to = destination({ActivationKind::selu, 0}, {.sigma_w2 = 1}, .5);
  EXPECT_EQ(to.kind, LongRun::finite);
  EXPECT_NEAR(to.q, 1, 1e-9);
}

TEST(FixedPoints, MapToThemselves) {
  for (const ActivationRow& row : activation_table()) {
    const Activation activation{row.kind, row.default_parameter};
    const WeightScale scale{.sigma_w2 = 1.5, .sigma_b2 = .3};
    for (const LengthFixedPoint& point : length_fixed_points(activation, scale).points) {
      EXPECT_NEAR(next_length(activation, scale, point.q) / point.q, 1, 1e-11) << row.name;
    }
  }
}

TEST(FixedPoints, WithoutWeightsAreTheBiases) {
  const LengthFixedPoints found = length_fixed_points(kTanh, {.sigma_w2 = 0, .sigma_b2 = .3});
  ASSERT_EQ(found.points.size(), 1U);
  EXPECT_EQ(found.points[0].q, .3);
}

struct RunCase {
  LongRun kind;
  double q;  // of a finite fixed point
  double q_tolerance;
  double chi;
};
constexpr RunCase to_zero(double chi) { return {LongRun::zero, 0, 0, chi}; }
constexpr RunCase to_infinity(double chi) { return {LongRun::infinite, 0, 0, chi}; }
constexpr RunCase to(double q, double chi) { return {LongRun::finite, q, 5.1e-5, chi}; }

// Square layers without biases that start at q = 1, sigma_w2 = 1/3 (torch default), 1 (LeCun,
// Xavier), 2 (He), 25/9 (Xavier with the gain of tanh), 0.5625 (of selu).
TEST(Destination, OfEachSchemeAndActivationIsAsTabulated) {
  struct Row {
    std::string activation;
    double parameter;
    std::vector<RunCase> runs;
  };
  const std::vector<Row> rows{
      {"relu",
       0,
       {to_zero(.1667),
        to_zero(.5),
        {LongRun::neutral, 1, 1e-12, 1},
        to_infinity(1.389),
        to_zero(.281)}},
      {"leaky_relu",
       .2,
       {to_zero(.1733), to_zero(.52), to_infinity(1.04), to_infinity(1.444), to_zero(.2925)}},
      {"tanh",
       0,
       {to_zero(.333), to_zero(1), to(.6180, 1.1055), to(1.1785, 1.2098), to_zero(.5625)}},
      {"sigmoid",
       0,
       {to(.0850, .0200), to(.2647, .0557), to(.5553, .1010), to(.7963, .1310), to(.1454, .0329)}},
      {"softsign",
       0,
       {to_zero(.333), to_zero(1), to(.0795, 1.0424), to(.2202, 1.0898), to_zero(.5625)}},
      {"selu",
       0,
       {to_zero(.699), to(1, 1.0716), to_infinity(1.104), to_infinity(1.533), to(.0230, 1.0037)}},
      // With He, elu grows without bound but only by a constant per layer: chi -> 1.
      {"elu", 1, {to_zero(.333), to_zero(1), to_infinity(1), to_infinity(1.389), to_zero(.5625)}},
      {"gelu", 0, {to_zero(.083), to_zero(.25), to_zero(.5), to_infinity(1.389), to_zero(.141)}},
      {"silu", 0, {to_zero(.083), to_zero(.25), to_zero(.5), to_zero(.694), to_zero(.141)}},
      {"sin",
       1,
       {to_zero(.333), to_zero(1), to(.7968, 1.2032), to(1.2819, 1.4958), to_zero(.5625)}},
  };
  constexpr double kScales[] = {1.0 / 3.0, 1, 2, 25.0 / 9.0, .5625};
  for (const Row& row : rows) {
    const Activation activation{find_activation(row.activation)->kind, row.parameter};
    for (std::size_t i = 0; i < row.runs.size(); ++i) {
      SCOPED_TRACE(row.activation + ", sigma_w2 " + std::to_string(kScales[i]));
      const Destination found = destination(activation, {.sigma_w2 = kScales[i]});
      EXPECT_EQ(found.kind, row.runs[i].kind);
      EXPECT_NEAR(found.chi, row.runs[i].chi, 5.1e-4);
      if (row.runs[i].q_tolerance > 0) {
        EXPECT_NEAR(found.q, row.runs[i].q, row.runs[i].q_tolerance);
      }
    }
  }
}

TEST(Destination, OfEluUnderHeIsReachedAtAConstantPacePerLayer) {
  const Activation elu{ActivationKind::elu, 1};
  EXPECT_TRUE(destination(elu, {.sigma_w2 = 2}).algebraic);
  const double q = 3.8e3;
  EXPECT_NEAR(next_length(elu, {.sigma_w2 = 2}, q) - q, 1, .05);
}

}  // namespace
}  // namespace initbench
