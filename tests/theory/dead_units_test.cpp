#include "theory/dead_units.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

namespace initbench {
namespace {

TEST(DeadFraction, IsOneHalfForEqualSamplesAndAPowerForIndependentOnes) {
  EXPECT_EQ(dead_fraction(0, 100), .5);
  EXPECT_NEAR(dead_fraction(1e-12, 10), .5, 1e-5);
  EXPECT_NEAR(dead_fraction(1, 10), std::exp2(-10), 1e-15);
  EXPECT_NEAR(dead_fraction(1.3, 10), std::exp2(-10), 1e-15);
  EXPECT_NEAR(dead_fraction(.4, 1), .5, 1e-12);
}

TEST(DeadFraction, HasTheOrthantProbabilitiesOfTwoAndThreeSamples) {
  for (const double gap : {1e-6, .01, .2, .5, .9}) {
    const double angle = std::asin(1 - gap);
    EXPECT_NEAR(dead_fraction(gap, 2), .25 + angle / (2 * std::numbers::pi), 1e-10);
    EXPECT_NEAR(dead_fraction(gap, 3), .125 + 3 * angle / (4 * std::numbers::pi), 1e-10);
  }
}

TEST(DeadFraction, OfHalfCorrelatedSamplesIsOneOverTheirNumberPlusOne) {
  // c = 1/2: the common part is one more exchangeable normal, which must be the largest.
  for (const Index samples : {2, 9, 127, 9999}) {
    EXPECT_NEAR(dead_fraction(.5, samples) * static_cast<double>(samples + 1), 1, 1e-9);
  }
}

TEST(DeadInputProbability, IsExactForSymmetricLaws) {
  EXPECT_EQ(dead_input_probability({}), 0);
  const std::array<Index, 2> narrow{1, 2};
  EXPECT_NEAR(dead_input_probability(narrow), 1 - .5 * .75, 1e-15);
  const std::array<Index, 1> wide{100};
  EXPECT_NEAR(dead_input_probability(wide) / std::exp2(-100), 1, 1e-12);  // no cancellation
}

}  // namespace
}  // namespace initbench
