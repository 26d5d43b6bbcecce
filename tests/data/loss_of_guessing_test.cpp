#include <gtest/gtest.h>

#include <cmath>

#include "data/dataset.h"

namespace initbench {
namespace {

TEST(LossOfGuessing, IsTheEntropyOfTheLabels) {
  const Dataset equal{.size = 4, .classes = 2, .labels = {0, 1, 0, 1}};
  EXPECT_NEAR(loss_of_guessing(equal), std::log(2.0), 1e-12);
  const Dataset uneven{.size = 4, .classes = 10, .labels = {0, 0, 0, 7}};
  EXPECT_NEAR(loss_of_guessing(uneven), .75 * std::log(4 / 3.0) + .25 * std::log(4.0), 1e-12);
}

TEST(LossOfGuessing, IsTheMeanVarianceOfTargets) {
  const Dataset set{.size = 2, .targets = Matrix{{1, 3}, {0, 0}}};  // variances 1 and 0
  EXPECT_NEAR(loss_of_guessing(set), .5, 1e-12);
}

}  // namespace
}  // namespace initbench
