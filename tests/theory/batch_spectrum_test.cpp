#include "theory/batch_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace initbench {
namespace {

// 1 / E over chi^2 of n degrees of freedom: E[1 / chi^2_n] = 1 / (n - 2).
TEST(MeanInverse, OfEqualEigenvaluesIsThatOfChiSquared) {
  for (const int n : {3, 4, 8, 100}) {
    EXPECT_NEAR(inverse_moments(Eigen::ArrayXd::Constant(n, 1.0 / n), 0).mean * (n - 2) / n, 1,
                1e-12);
  }
}

TEST(MeanInverse, IgnoresEigenvaluesOfZero) {
  Eigen::ArrayXd some = Eigen::ArrayXd::Zero(63);
  some.head(8) = 1.0 / 8;
  EXPECT_NEAR(inverse_moments(some, 0).mean, 8.0 / 6, 1e-12);
}

// Of the pairs a, a, b, b the integral of 1 / ((1 + 2 t a)(1 + 2 t b)) is ln(a / b) / (2 (a - b)).
TEST(MeanInverse, OfTwoPairsIsTheirLogarithm) {
  const Eigen::ArrayXd pairs{{.4, .4, .1, .1}};
  EXPECT_NEAR(inverse_moments(pairs, 0).mean, std::log(4) / .6, 1e-12);
}

// By Simpson's rule in Python.
TEST(MeanInverse, OfMixedEigenvaluesIsTheirIntegral) {
  const Eigen::ArrayXd mixed{{.5, .2, .1, .1, .05, .05}};
  EXPECT_NEAR(inverse_moments(mixed, 0).mean, 1.826182904740, 1e-9);
  EXPECT_NEAR(inverse_moments(mixed, .01).mean, 1.757053877685, 1e-8);
}

// The angle of (sqrt(a) g_1, sqrt(b) g_2): E[cos^2 / (a cos^2 + b sin^2)] = 1 / (a + sqrt(a b)).
TEST(InverseMoments, HaveTheClosedFormsOfTwoEigenvalues) {
  const Eigen::ArrayXd ratios = inverse_moments(Eigen::ArrayXd{{.9, .1}}, 0).ratios;
  EXPECT_NEAR(ratios(0), 1 / (.9 + .3), 1e-12);
  EXPECT_NEAR(ratios(1), 1 / (.1 + .3), 1e-12);
}

// Of 400 ranks to the powers -0.9, -1.3, -1.9 and -2.8, in Python.
TEST(PowerLawInverse, IsThatOfSpectraOfItsConcentration) {
  EXPECT_NEAR(power_law_inverse(.0242944), 1.04280, .005);
  EXPECT_NEAR(power_law_inverse(.1142844), 1.18496, .005);
  EXPECT_NEAR(power_law_inverse(.3605535), 1.68498, .01);
  EXPECT_NEAR(power_law_inverse(.6580944), 2.99664, .05);
}

TEST(PowerLawInverse, IsOneForManyEqualOnes) { EXPECT_EQ(power_law_inverse(0), 1); }

TEST(MeanInverse, OfTwoDegreesOfFreedomDoesNotExist) {
  EXPECT_TRUE(std::isinf(inverse_moments(Eigen::ArrayXd{{.5, .5, 0, 0}}, 0).mean));
}

TEST(BatchSpectrum, HasTheVariancesOfUncorrelatedFeatures) {
  // Features 2 and 1 of four samples that do not correlate: variances 4 and 1.
  const Eigen::MatrixXd x{{5, 5, 1, 1}, {0, 2, 0, 2}};
  const Eigen::ArrayXd found = batch_spectrum(x);
  ASSERT_EQ(found.size(), 3);
  EXPECT_NEAR(found(0), .8, 1e-12);
  EXPECT_NEAR(found(1), .2, 1e-12);
  EXPECT_EQ(found(2), 0);
}

TEST(BatchSpectrum, IsTheSameFromFeaturesAndFromSamples) {
  Rng rng({.seed = 1, .purpose = Purpose::probe, .name = "test", .tensor = "x"});
  Eigen::MatrixXd x(12, 9);
  for (double& value : x.reshaped()) value = rng.normal();
  Eigen::MatrixXd doubled(24, 9);  // more features of the same Gram matrix
  doubled << x, x;
  const Eigen::MatrixXd fewer = x.topRows(5);
  Eigen::MatrixXd padded = Eigen::MatrixXd::Zero(12, 9);
  padded.topRows(5) = fewer;
  EXPECT_LT((batch_spectrum(x) - batch_spectrum(doubled)).abs().maxCoeff(), 1e-12);
  EXPECT_LT((batch_spectrum(fewer) - batch_spectrum(padded)).abs().maxCoeff(), 1e-12);
}

TEST(BatchSpectrum, OfEqualSamplesIsUnknown) {
  EXPECT_EQ(batch_spectrum(Eigen::MatrixXd::Ones(3, 4)).size(), 0);
}

}  // namespace
}  // namespace initbench
