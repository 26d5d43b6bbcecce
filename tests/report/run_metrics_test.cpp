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

TEST(CurveFigures, LowestTestLossIsThatOfTheTestSetAlone) {
  const std::vector<CurvePoint> curve{
      train_point(0, 0.1),
      {.step = 0, .split = Split::test, .loss = 3, .accuracy = 0.2},
      {.step = 5, .split = Split::test, .loss = 1.5, .accuracy = 0.6},
      {.step = 9, .split = Split::test, .loss = 2, .accuracy = 0.7}};
  EXPECT_EQ(lowest_test_loss(curve), 1.5);
  EXPECT_FALSE(lowest_test_loss(std::vector{train_point(0, 1)}));
}

TEST(CurveFigures, StepsToAnAccuracyCountToTheFirstTestThatHasIt) {
  const std::vector<CurvePoint> curve{test_point(0, 0.1), test_point(10, 0.8), test_point(20, 0.7),
                                      test_point(30, 0.9)};
  EXPECT_EQ(steps_to(0.7, curve), 10);
  EXPECT_EQ(steps_to(0.9, curve), 30);
  EXPECT_FALSE(steps_to(0.95, curve));
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

TEST(RunMetrics, OfRegressionHaveNoAccuracy) {
  MeasuredRun run{.run = {}, .curve = {{.step = 0, .split = Split::test, .loss = 1}}};
  run.run.summary.result.final_test = Measurement{.step = 0, .loss = 1, .accuracy = {}};
  EXPECT_EQ(metric_names(run), "final_test_loss, best_test_loss");
  for (const char* name : {"final_test_accuracy", "best_test_accuracy", "steps_to_0.9"}) {
    EXPECT_FALSE(applies(find_metric(name), run)) << name;
    run.run.summary.result.train.divergence = Divergence{.step = 3};
    EXPECT_FALSE(applies(find_metric(name), run)) << name << ", diverged";
    run.run.summary.result.train.divergence.reset();
  }
  EXPECT_TRUE(applies(find_metric("final_test_loss"), run));
}

TEST(RunMetrics, OfClassesAreAccuraciesAndStepsToOneThatWasNotReached) {
  MeasuredRun run{.run = {}, .curve = {test_point(0, 0.1)}};
  run.run.summary.classes = 3;
  EXPECT_TRUE(applies(find_metric("steps_to_0.9"), run));
  EXPECT_THAT(metric_names(run), HasSubstr("steps_to_A"));
}

/// Ten classes alike: guessing has ln 10 = 2.3026, training less than 2.2565.
TrialResult ended_with(double test_loss, double late_loss) {
  TrialResult result;
  result.planned_steps = 100;
  result.initial_test = Measurement{.step = 0, .loss = 2.4};
  result.final_test = Measurement{.step = 100, .loss = test_loss};
  result.late_train = LateTraining{.mean = late_loss, .batches = 25};
  result.guessing_loss = 2.302585;
  return result;
}

TEST(Trains, MeansTwoPercentBelowTheLossOfGuessing) {
  EXPECT_EQ(trains(ended_with(2.25, 2.3)), true);
  EXPECT_EQ(trains(ended_with(2.26, 2.3)), false);
}

TEST(Trains, LearningByHeartIsTraining) {
  EXPECT_EQ(trains(ended_with(5.0, 0.1)), true);  // random labels, or overfitted
}

TEST(Trains, ADivergedOrStalledRunDoesNot) {
  TrialResult diverged = ended_with(1, 1);
  diverged.train.divergence = Divergence{.step = 3};
  EXPECT_EQ(trains(diverged), false);
  TrialResult stalled = ended_with(1, 1);
  stalled.verdict.findings = {{.condition = Condition::vanishing_activations},
                              {.condition = Condition::stalled}};
  EXPECT_EQ(trains(stalled), false);
}

TEST(Trains, IsToBeatTheBestConstantAnswerAndNotABadStart) {
  TrialResult result = ended_with(0.99, 0.99);
  result.initial_test->loss = 50;
  result.guessing_loss = 1;  // the variance of the targets
  EXPECT_EQ(trains(result), false);
  result.guessing_loss = 1.1;
  EXPECT_EQ(trains(result), true);
}

TEST(Trains, IsUnknownWhereNothingWasToBeTrainedOrNoLossSaysSo) {
  TrialResult result = ended_with(1, 1);
  result.planned_steps = 0;
  EXPECT_FALSE(trains(result).has_value());
  result = ended_with(5, 1);
  result.late_train.reset();
  EXPECT_FALSE(trains(result).has_value());
}

}  // namespace
}  // namespace initbench
