#include "experiment/theory_scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"

namespace initbench {
namespace {

/// A network of one layer as theory and measurement see it.
TheorySample one_layer(Index units, double spread, double measured) {
  TheorySample sample;
  sample.predicted.layers.push_back(
      {.name = "output", .pre_second_moment = 1, .pre_spread = spread});
  sample.measured.push_back({.units = units, .pre_second_moment = measured});
  return sample;
}

struct Scores {
  double mean = 0;
  double deviation = 0;
  double beyond_four = 0;
};

/// Of experiments in which theory is right: the units are sums of squares of normal numbers, and a
/// wide network before them multiplies their variance by a factor, with the given variance of its
/// logarithm.
Scores simulated(Index units, std::size_t seeds, double log_variance) {
  constexpr int kExperiments = 1500;
  Rng rng({.seed = static_cast<std::uint64_t>(units), .purpose = Purpose::probe, .name = "scores"});
  const double spread = std::exp(log_variance) * (1 + 2 / static_cast<double>(units)) - 1;
  double sum = 0;
  double squares = 0;
  double beyond = 0;
  for (int i = 0; i < kExperiments; ++i) {
    std::vector<TheorySample> samples;
    for (std::size_t seed = 0; seed < seeds; ++seed) {
      double m2 = 0;
      for (Index unit = 0; unit < units; ++unit) m2 += std::pow(rng.normal(), 2);
      m2 /= static_cast<double>(units);
      m2 *= std::exp(std::sqrt(log_variance) * rng.normal() - log_variance / 2);
      samples.push_back(one_layer(units, spread, m2));
    }
    const double z = length_z(samples, 0, spread).value();
    sum += z;
    squares += z * z;
    if (std::abs(z) >= 4) ++beyond;
  }
  const double mean = sum / kExperiments;
  return {.mean = mean,
          .deviation = std::sqrt(squares / kExperiments - mean * mean),
          .beyond_four = beyond / kExperiments};
}

// The mean of the logarithm of one squared normal number is -1.27, and its variance is 4.93: scores
// that take it for normal are at -2.2 +- 2.1 in the mean over 10 seeds, at -6.2 +- 2.1 over 80.
TEST(LengthScore, IsFairToFewUnits) {
  for (const Index units : {1, 2, 3, 10}) {
    for (const std::size_t seeds : {10UL, 80UL}) {
      for (const double log_variance : {0.0, 0.05}) {
        SCOPED_TRACE(std::to_string(units) + " units, " + std::to_string(seeds) + " seeds");
        const Scores scores = simulated(units, seeds, log_variance);
        EXPECT_NEAR(scores.mean, -.2, .3);
        EXPECT_NEAR(scores.deviation, .95, .2);
        EXPECT_LT(scores.beyond_four, .004);
      }
    }
  }
}

TEST(LengthScore, SeesWhenOneUnitIsTwiceAsLong) {
  Rng rng({.seed = 3, .purpose = Purpose::probe, .name = "scores"});
  std::vector<TheorySample> samples;
  for (int seed = 0; seed < 400; ++seed) {
    samples.push_back(one_layer(1, 2, 2 * std::pow(rng.normal(), 2)));
  }
  EXPECT_GT(length_z(samples, 0, 2).value(), 4);
}

/// Of a network of three layers, and three seeds; theory predicts a ratio of 1e-7.
std::vector<TheorySample> with_gradients(std::vector<double> squared) {
  TheorySample sample;
  for (const double delta : squared) {
    sample.predicted.layers.push_back({.name = "dense", .delta_ratio = 1e-7});
    sample.measured.push_back({.units = 10, .delta_squared = delta});
  }
  sample.predicted.layers.back().delta_ratio.reset();
  return std::vector<TheorySample>(3, sample);
}

TEST(DeltaRatio, IsUnknownWhereGradientsUnderflow) {
  const std::vector<TheorySample> samples = with_gradients({0, 0, 1e-68, 1e-58});
  for (const std::size_t layer : {0, 1, 2}) {
    EXPECT_TRUE(gradients_underflow(samples[0], layer));
    EXPECT_FALSE(measured_delta_ratio(samples[0], layer));
    EXPECT_FALSE(delta_ratio_z(samples, layer));
  }
}

TEST(DeltaRatio, IsJudgedWhereGradientsAreZeroForAnotherReason) {
  const std::vector<TheorySample> samples = with_gradients({1e-20, 0, 1e-3});
  EXPECT_EQ(measured_delta_ratio(samples[0], 1), 0);
  EXPECT_EQ(delta_ratio_z(samples, 1), -HUGE_VAL);
}

}  // namespace
}  // namespace initbench
