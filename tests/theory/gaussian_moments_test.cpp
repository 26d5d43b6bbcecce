#include "theory/gaussian_moments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "theory/gaussian_moments_cases.h"
#include "theory/pair_moments_cases.h"

namespace initbench {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kLengths[] = {1e-8, 1e-4, 0.1, 1, 10, 1e4, 1e8};
constexpr double kGaps[] = {1e-10, 1e-3, 0.2, 1, 1.3, 1.7, 1.999999, 2};

Activation named(const std::string& name) {
  const ActivationRow* row = find_activation(name);
  EXPECT_NE(row, nullptr) << name;
  return {row->kind, row->default_parameter};
}

double relative_error(double value, double expected) { return std::abs(value / expected - 1); }

TEST(GaussianMoments, AgreeWithThirtyDigitArithmeticForEveryActivation) {
  for (const GaussianMomentCase& expected : gaussian_moment_cases()) {
    SCOPED_TRACE(expected.activation + " at q = " + std::to_string(expected.q));
    const Activation activation = named(expected.activation);
    const bool smooth = activation_row(activation.kind).kinks.empty();
    const double tolerance = smooth ? 1e-10 : 1e-8;
    const GaussianMoments moments = gaussian_moments(activation, expected.q);
    EXPECT_LT(relative_error(moments.second_moment, expected.second_moment), tolerance);
    EXPECT_LT(relative_error(moments.slope_second_moment, expected.slope_second_moment), tolerance);
  }
}

TEST(GaussianMoments, HaveTheClosedFormsOfErf) {
  for (const double q : kLengths) {
    const GaussianMoments moments = gaussian_moments(named("erf"), q);
    EXPECT_LT(relative_error(moments.second_moment, 2 / kPi * std::asin(2 * q / (1 + 2 * q))),
              1e-10);
    EXPECT_LT(relative_error(moments.slope_second_moment, 4 / kPi / std::sqrt(1 + 4 * q)), 1e-10);
    // The derivative of the first by q.
    EXPECT_LT(relative_error(moments.growth, 4 / kPi / ((1 + 2 * q) * std::sqrt(1 + 4 * q))), 1e-9);
  }
}

TEST(GaussianMoments, HaveTheClosedFormsOfSineAtAnyFrequency) {
  for (const double omega : {0.3, 1.0, 30.0}) {
    for (const double q : kLengths) {
      const double phase = omega * omega * q;
      const GaussianMoments moments = gaussian_moments({ActivationKind::sin, omega}, q);
      EXPECT_LT(relative_error(moments.second_moment, -std::expm1(-2 * phase) / 2), 1e-10);
      EXPECT_LT(relative_error(moments.slope_second_moment,
                               omega * omega * (1 + std::exp(-2 * phase)) / 2),
                1e-10);
      EXPECT_NEAR(moments.growth, omega * omega * std::exp(-2 * phase), 1e-9 * omega * omega);
    }
  }
}

TEST(GaussianMoments, HaveTheClosedFormsOfHardtanh) {
  for (const double q : {0.1, 1.0, 10.0, 1e4, 1e8}) {  // the first one cancels for smaller q
    const double p = std::erf(1 / std::sqrt(2 * q));
    const double second = q * (p - std::sqrt(2 / (kPi * q)) * std::exp(-1 / (2 * q))) + 1 - p;
    const GaussianMoments moments = gaussian_moments(named("hardtanh"), q);
    EXPECT_LT(relative_error(moments.second_moment, second), 1e-8);
    EXPECT_LT(relative_error(moments.slope_second_moment, p), 1e-8);
  }
}

TEST(GaussianMoments, HaveTheClosedFormsOfRectifiers) {
  for (const double slope : {0.0, 0.01, 0.2, -0.5}) {
    for (const double q : kLengths) {
      const double half = (1 + slope * slope) / 2;
      const GaussianMoments moments = gaussian_moments({ActivationKind::leaky_relu, slope}, q);
      EXPECT_LT(relative_error(moments.second_moment, half * q), 1e-10);
      EXPECT_LT(relative_error(moments.slope_second_moment, half), 1e-10);
      EXPECT_LT(relative_error(moments.mean, (1 - slope) * std::sqrt(q / (2 * kPi))), 1e-10);
      EXPECT_LT(relative_error(moments.growth, half), 1e-10);
    }
  }
}

TEST(GaussianMoments, KeepTheDigitsOfASmallVariance) {
  // sigmoid x = 1/2 + x/4 - x^3/48 ...: Var = q/16 (1 - q/2 ...)
  const GaussianMoments moments = gaussian_moments(named("sigmoid"), 1e-8);
  EXPECT_LT(relative_error(moments.variance, 1e-8 / 16 * (1 - 0.5e-8)), 1e-10);
}

TEST(GaussianMoments, FluctuateAsTheFourthMomentsSay) {
  EXPECT_NEAR(gaussian_moments(named("relu"), 3).relative_spread, 5, 1e-9);
  EXPECT_NEAR(gaussian_moments(named("linear"), 3).relative_spread, 2, 1e-9);
  EXPECT_NEAR(gaussian_moments(named("relu"), 3).slope_spread, 1, 1e-12);
}

TEST(GaussianMoments, HaveALimitAtZeroLength) {
  EXPECT_EQ(gaussian_moments(named("relu"), 0).second_moment, 0);
  EXPECT_NEAR(gaussian_moments(named("relu"), 0).slope_second_moment, 0.5, 1e-14);
  EXPECT_NEAR(gaussian_moments(named("gelu"), 0).slope_second_moment, 0.25, 1e-14);
  EXPECT_NEAR(gaussian_moments(named("sigmoid"), 0).second_moment, 0.25, 1e-14);
  // (phi^2)'' / 2 = phi'^2 + phi phi'' = 1/4 + ln 2 / 4 for softplus
  EXPECT_NEAR(gaussian_moments(named("softplus"), 0).growth, (1 + std::log(2.0)) / 4, 1e-8);
}

TEST(PairMoments, AgreeWithFinePanelsForEveryActivationWithoutAClosedForm) {
  for (const PairMomentCase& expected : pair_moment_cases()) {
    SCOPED_TRACE(expected.activation + " at q = " + std::to_string(expected.q) +
                 ", gap = " + std::to_string(expected.gap));
    const Activation activation = named(expected.activation);
    const bool smooth = activation_row(activation.kind).kinks.empty();
    const double tolerance = smooth ? 1e-10 : 1e-8;
    const double difference = half_squared_difference(activation, expected.q, expected.gap);
    EXPECT_LT(relative_error(difference, expected.half_squared_difference), tolerance);
    const double scale = gaussian_moments(activation, expected.q).slope_second_moment;
    EXPECT_NEAR(slope_covariance(activation, expected.q, expected.gap), expected.slope_covariance,
                tolerance * scale);
  }
}

/// E[phi(u) phi(v)].
double covariance(const Activation& activation, double q, double gap) {
  return gaussian_moments(activation, q).second_moment -
         half_squared_difference(activation, q, gap);
}

TEST(PairMoments, OfALinearLayerAreTheCovariance) {
  for (const double q : kLengths) {
    for (const double gap : kGaps) {
      EXPECT_NEAR(covariance(named("linear"), q, gap), q * (1 - gap), 1e-10 * q);
    }
  }
}

TEST(PairMoments, HaveTheClosedFormOfErf) {
  for (const double q : kLengths) {
    for (const double gap : kGaps) {
      const double c = 1 - gap;
      const double scale = gaussian_moments(named("erf"), q).second_moment;
      EXPECT_NEAR(covariance(named("erf"), q, gap), 2 / kPi * std::asin(2 * q * c / (1 + 2 * q)),
                  1e-10 * scale);
      const double slope =
          4 / kPi / std::sqrt((1 + 2 * q * gap) * (1 + 2 * q * (2 - gap)));  // 1 + 2q -+ 2qc
      EXPECT_LT(relative_error(slope_covariance(named("erf"), q, gap), slope), 1e-10)
          << "q " << q << " gap " << gap;
    }
  }
}

TEST(PairMoments, HaveTheClosedFormOfSine) {
  for (const double q : kLengths) {
    for (const double gap : kGaps) {
      // e^-q sinh(q c), without overflow
      const double expected = std::exp(-q * gap) * -std::expm1(-2 * q * (1 - gap)) / 2;
      const bool positive = gap <= 1;
      const double scale = gaussian_moments(named("sin"), q).second_moment;
      const double mirrored = std::exp(-q * (2 - gap)) * std::expm1(-2 * q * (gap - 1)) / 2;
      EXPECT_NEAR(covariance(named("sin"), q, gap), positive ? expected : mirrored, 1e-10 * scale)
          << "q " << q << " gap " << gap;
    }
  }
}

/// 1 - kappa(c) of the arc-cosine kernel (Cho & Saul 2009) in the angle t, 1 - c = 2 sin^2(t/2):
/// 1 - (sin t + (pi - t) cos t) / pi, and its series t^2/2 - t^3/(3 pi) - t^4/24 for small angles.
double rectifier_gap(double gap) {
  const double t = 2 * std::asin(std::sqrt(gap / 2));
  if (t < 1e-2) return t * t / 2 - t * t * t / (3 * kPi) - t * t * t * t / 24;
  return 1 - (std::sin(t) + (kPi - t) * std::cos(t)) / kPi;
}

TEST(PairMoments, HaveTheClosedFormOfRectifiersWithTheDigitsOfASmallGap) {
  for (const double q : kLengths) {
    for (const double gap : kGaps) {
      const double relu = half_squared_difference(named("relu"), q, gap);
      EXPECT_LT(relative_error(relu, q / 2 * rectifier_gap(gap)), 1e-8) << "gap " << gap;
      const double angle = 2 * std::asin(std::sqrt(gap / 2));
      EXPECT_NEAR(slope_covariance(named("relu"), q, gap), (kPi - angle) / (2 * kPi), 1e-8);
    }
  }
}

TEST(PairMoments, HaveTheClosedFormOfLeakyRectifiers) {
  constexpr double kSlope = 0.2;
  for (const double gap : kGaps) {
    const double c = 1 - gap;
    const double kappa = 1 - rectifier_gap(gap);
    const double expected = 3 * (kSlope * c + std::pow(1 - kSlope, 2) * kappa / 2);
    EXPECT_NEAR(covariance({ActivationKind::leaky_relu, kSlope}, 3, gap), expected, 3e-8);
  }
}

TEST(PairMoments, KeepTheirDigitsForEveryActivationAsTheGapCloses) {
  // E[(phi(u) - phi(v))^2] / 2 -> q gap E[phi'^2]; corrections are of order sqrt(gap) at kinks.
  for (const ActivationRow& row : activation_table()) {
    const Activation activation{row.kind, row.default_parameter};
    const double slope = gaussian_moments(activation, 1).slope_second_moment;
    EXPECT_LT(relative_error(half_squared_difference(activation, 1, 1e-12), 1e-12 * slope), 2e-6)
        << row.name;
  }
}

TEST(PairMoments, MeetTheirMarginsAtBothEnds) {
  for (const ActivationRow& row : activation_table()) {
    const Activation activation{row.kind, row.default_parameter};
    const GaussianMoments moments = gaussian_moments(activation, 2);
    EXPECT_EQ(half_squared_difference(activation, 2, 0), 0);
    EXPECT_NEAR(slope_covariance(activation, 2, 0), moments.slope_second_moment, 1e-14);
    // Independent inputs: E[phi]^2.
    EXPECT_NEAR(covariance(activation, 2, 1), moments.mean * moments.mean, 1e-9) << row.name;
  }
}

}  // namespace
}  // namespace initbench
