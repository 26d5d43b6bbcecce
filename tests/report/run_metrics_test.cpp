#include "report/run_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/errors.h"
#include "report/curve_figures.h"
#include "report/recorded_runs.h"

namespace initbench {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

CurvePoint train_point(std::int64_t step, double loss) { return {.step = step, .loss = loss}; }

CurvePoint test_point(std::int64_t step, double accuracy) {
  return {.step = step, .split = Split::test, .loss = 1, .accuracy = accuracy};
}

TEST(CurveFigures, AreaIsThatOfTrapezoidsBetweenTrainingLosses) {
  const std::vector<CurvePoint> curve{train_point(0, 4), test_point(0, 0.5), train_point(2, 2),
                                      train_point(5, 1)};
  EXPECT_DOUBLE_EQ(train_loss_area(curve).value(), 2 * (4 + 2) / 2.0 + 3 * (2 + 1) / 2.0);
  EXPECT_FALSE(train_loss_area(std::vector{train_point(0, 4)}));
}

TEST(CurveFigures, StepsToAnAccuracyCountToTheFirstTestThatHasIt) {
  const std::vector<CurvePoint> curve{test_point(0, 0.1), test_point(10, 0.8), test_point(20, 0.7),
                                      test_point(30, 0.9)};
  EXPECT_EQ(steps_to(0.7, curve), 10);
  EXPECT_EQ(steps_to(0.9, curve), 30);
  EXPECT_FALSE(steps_to(0.95, curve));
}

TEST(CurveFigures, LateLossIsTheMeanOfTheLastQuarter) {
  const std::vector<CurvePoint> curve{train_point(0, 9), train_point(74, 7), train_point(75, 3),
                                      train_point(100, 1)};
  EXPECT_DOUBLE_EQ(late_train_loss(curve).value(), 2);
  EXPECT_FALSE(late_train_loss({}));
}

TEST(RunMetrics, KnowTheirDirection) {
  EXPECT_EQ(find_metric("final_test_accuracy").better, Better::more);
  EXPECT_EQ(find_metric("final_test_loss").better, Better::less);
  EXPECT_EQ(find_metric("train_loss_area").better, Better::less);
  EXPECT_EQ(find_metric("steps_to_0.9").better, Better::less);
  EXPECT_EQ(find_metric("steps_to_0.9").parameter, 0.9);
}

TEST(RunMetrics, AnUnknownNameGetsASuggestion) {
  EXPECT_THAT(message_of<ConfigError>([] { find_metric("final_test_los"); }),
              HasSubstr("did you mean 'final_test_loss'?"));
  EXPECT_THAT(message_of<ConfigError>([] { find_metric("steps_to_1.5"); }),
              HasSubstr("unknown metric"));
}

/// Ten classes alike: guessing has ln 10 = 2.3026, training less than 2.2565.
MeasuredRun ended_with(double test_loss, double late_loss) {
  MeasuredRun run{.run = {}, .curve = {train_point(0, 2.4), train_point(100, late_loss)}};
  run.run.summary.classes = 10;
  run.run.summary.result.planned_steps = 100;
  run.run.summary.result.initial_test = Measurement{.step = 0, .loss = 2.4};
  run.run.summary.result.final_test = Measurement{.step = 100, .loss = test_loss};
  run.run.summary.result.guessing_loss = 2.302585;
  return run;
}

TEST(Trains, MeansTwoPercentBelowTheLossOfGuessing) {
  EXPECT_EQ(trains(ended_with(2.25, 2.3)), true);
  EXPECT_EQ(trains(ended_with(2.26, 2.3)), false);
}

TEST(Trains, LearningByHeartIsTraining) {
  EXPECT_EQ(trains(ended_with(5.0, 0.1)), true);  // random labels, or overfitted
}

TEST(Trains, ADivergedOrStalledRunDoesNot) {
  MeasuredRun diverged = ended_with(1, 1);
  diverged.run.summary.result.train.divergence = Divergence{.step = 3};
  EXPECT_EQ(trains(diverged), false);
  MeasuredRun stalled = ended_with(1, 1);
  stalled.run.summary.result.verdict.findings = {{.condition = Condition::vanishing_activations},
                                                 {.condition = Condition::stalled}};
  EXPECT_EQ(trains(stalled), false);
}

TEST(Trains, IsToBeatTheBestConstantAnswerAndNotABadStart) {
  MeasuredRun run = ended_with(0.99, 0.99);
  run.run.summary.classes = 0;
  run.run.summary.result.initial_test->loss = 50;
  run.run.summary.result.guessing_loss = 1;  // the variance of the targets
  EXPECT_EQ(trains(run), false);
  run.run.summary.result.guessing_loss = 1.1;
  EXPECT_EQ(trains(run), true);
}

TEST(Trains, IsUnknownWhereNothingWasToBeTrained) {
  MeasuredRun run = ended_with(1, 1);
  run.run.summary.result.planned_steps = 0;
  EXPECT_FALSE(trains(run).has_value());
}

}  // namespace
}  // namespace initbench
