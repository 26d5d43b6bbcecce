#include "cli/work_left.h"

#include <gtest/gtest.h>

namespace initbench {
namespace {

TEST(WorkLeft, TakesAsLongAsItsShareOfWhatIsDone) {
  WorkLeft work({1, 3});
  EXPECT_FALSE(work.seconds_left(5)) << "nothing is known yet";
  work.reach(0, 0);
  work.complete(0);
  EXPECT_DOUBLE_EQ(work.seconds_left(10).value(), 30);
  EXPECT_DOUBLE_EQ(work.share_done(), 0.25);
  work.reach(1, 0);
  work.reach(1, 0.5);
  EXPECT_DOUBLE_EQ(work.seconds_left(25).value(), 15);
}

// Of two equal runs one goes on at half of its steps: after its end one and a half runs are done,
// of which one half took the ten seconds.
TEST(WorkLeft, DoesNotCountWhatACheckpointBrought) {
  WorkLeft work({1, 1});
  work.reach(0, 0.5);
  work.complete(0);
  EXPECT_DOUBLE_EQ(work.seconds_left(10).value(), 20);
}

TEST(WorkLeft, ExpectsNothingOfARunThatFailed) {
  WorkLeft work({1, 1, 1});
  work.reach(0, 0);
  work.drop(0);
  EXPECT_FALSE(work.seconds_left(1)) << "nothing was done";
  work.reach(1, 0);
  work.complete(1);
  EXPECT_DOUBLE_EQ(work.seconds_left(10).value(), 10);
  EXPECT_EQ(work.ended(), 2U);
}

TEST(WorkLeft, OfRunsThatWereFinishedBeforeIsNone) {
  WorkLeft work({0, 0});
  EXPECT_DOUBLE_EQ(work.share_done(), 1);
}

}  // namespace
}  // namespace initbench
