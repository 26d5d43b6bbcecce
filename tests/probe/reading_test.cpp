#include "probe/reading.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace initbench {
namespace {

using enum Condition;

double share(Condition condition, double value) {
  return Reading{.condition = condition,
                 .layer = "",
                 .value = value,
                 .threshold = threshold_of(condition, {}, false)}
      .share();
}

// A tenth is half of the way to a hundredth; 70^(1/4) a quarter of that to 70.
TEST(Reading, GoesARatiosWayInTheLogarithm) {
  EXPECT_NEAR(share(vanishing_activations, 0.1), 0.5, 1e-12);
  EXPECT_NEAR(share(exploding_gradients, std::pow(70, 0.25)), 0.25, 1e-12);
}

TEST(Reading, GoesTheWayOfAShareInProportion) {
  EXPECT_NEAR(share(dead_units, 0.25), 0.5, 1e-12);
  EXPECT_NEAR(share(saturated, 0.1), 0.25, 1e-12);
}

TEST(Reading, HasGoneNothingOnTheSafeSideOfTheIdeal) {
  EXPECT_EQ(share(rank_collapse, 1.2), 0);
  EXPECT_EQ(share(exploding_activations, 0.5), 0);
}

TEST(Reading, IsBeyondItsThresholdWhenItIsNoNumber) {
  EXPECT_GE(share(vanishing_gradients, std::numeric_limits<double>::quiet_NaN()), 1);
}

TEST(Reading, OfResidualNetworksAllowsLongerSignals) {
  EXPECT_EQ(threshold_of(exploding_activations, {}, false), 10);
  EXPECT_EQ(threshold_of(exploding_activations, {}, true), 100);
}

TEST(Reading, NearestIsTheLargestShare) {
  const std::vector<Reading> readings{
      {.condition = vanishing_activations, .layer = "", .value = 0.1, .threshold = 0.01},
      {.condition = dead_units, .layer = "", .value = 0.3, .threshold = 0.5}};
  EXPECT_EQ(nearest_of(readings).condition, dead_units);
  EXPECT_EQ(reading_of(readings, rank_collapse), nullptr);
}

}  // namespace
}  // namespace initbench
