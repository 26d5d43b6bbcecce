#include "train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "train/optimizer_descent.h"

namespace initbench {
namespace {

TEST(ApplyUpdate, FollowsPyTorchInSinglePrecision) {
  for (const OptimizerReference& reference : kOptimizerReferences) {
    const Descent descent = descend(reference.spec, 7, 1);
    expect_weights(descent.values, reference.after_7, 5e-6, reference.name);
  }
}

TEST(ApplyUpdate, AllocatesNothingAfterTheFirstStep) {
  for (const OptimizerReference& reference : kOptimizerReferences) {
    Descent descent = descend(reference.spec, 1, 100);
    const Scalar* first = descent.state.first.data();
    const Scalar* second = descent.state.second.data();
    advance(reference.spec, 3, descent);
    EXPECT_EQ(descent.state.first.data(), first) << reference.name;
    EXPECT_EQ(descent.state.second.data(), second) << reference.name;
  }
}

TEST(ApplyUpdate, ContinuesFromACopiedStateAsIfNothingHappened) {
  for (const OptimizerReference& reference : kOptimizerReferences) {
    const Descent whole = descend(reference.spec, 7, 3);
    Descent copy = descend(reference.spec, 4, 3);
    advance(reference.spec, 3, copy);
    EXPECT_TRUE(copy.values == whole.values) << reference.name;
    EXPECT_EQ(copy.state.steps, 7);
  }
}

TEST(ApplyUpdate, PassesNanOn) {
  for (const OptimizerReference& reference : kOptimizerReferences) {
    Vector values = Vector::Ones(3);
    Vector gradient = Vector::Ones(3);
    gradient(1) = std::nanf("");
    OptimizerState state;
    EXPECT_FALSE(apply_update(reference.spec, 0.1, gradient, state, values)) << reference.name;
    EXPECT_TRUE(std::isnan(values(1))) << reference.name;
    EXPECT_TRUE(std::isfinite(values(0))) << reference.name;
  }
}

TEST(ApplyUpdate, SaysWhenAValueBecomesInfinite) {
  for (const OptimizerReference& reference : kOptimizerReferences) {
    for (const Index place : {0, 700, 1299}) {  // the first, a middle and the last block
      Vector values = Vector::Ones(1300);
      Vector gradient = Vector::Ones(1300);
      OptimizerState state;
      EXPECT_TRUE(apply_update(reference.spec, 0.1, gradient, state, values)) << reference.name;
      values(place) = std::numeric_limits<Scalar>::infinity();
      EXPECT_FALSE(apply_update(reference.spec, 0.1, gradient, state, values)) << reference.name;
    }
  }
}

TEST(ApplyUpdate, TellsTheChangeAndMakesTheSame) {
  for (const OptimizerReference& reference : kOptimizerReferences) {
    const Vector start = Vector::LinSpaced(1300, -1, 2);
    Vector values = start;
    Vector same = start;
    OptimizerState state;
    OptimizerState same_state;
    for (int step = 0; step < 3; ++step) {
      Vector gradient = Vector::LinSpaced(1300, 3, -1);
      const Vector before = values;
      apply_update(reference.spec, 0.1, gradient, same_state, same);
      EXPECT_TRUE(apply_update_and_keep_change(reference.spec, 0.1, gradient, state, values));
      EXPECT_TRUE(values == same) << reference.name;
      EXPECT_TRUE(gradient == values - before) << reference.name;
    }
  }
}

TEST(ApplyUpdate, RefusesAnotherOptimizersState) {
  Vector values = Vector::Ones(3);
  OptimizerState state;
  apply_update({.kind = OptimizerKind::sgd}, 0.1, values, state, values);
  EXPECT_THROW(apply_update({.kind = OptimizerKind::adam}, 0.1, values, state, values),
               std::logic_error);
}

TEST(OptimizerTable, HasARowPerKindInTheirOrder) {
  const auto table = optimizer_table();
  ASSERT_EQ(table.size(), 4U);
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ(table[i].kind, static_cast<OptimizerKind>(i));
  }
  EXPECT_EQ(table[3].name, "rmsprop");
}

TEST(ScheduledLr, IsConstantByDefault) {
  EXPECT_EQ(scheduled_lr({}, 0.05, 0, 10), 0.05);
  EXPECT_EQ(scheduled_lr({}, 0.05, 9, 10), 0.05);
}

TEST(ScheduledLr, WarmsUpLinearlyToTheFullRateInEveryKind) {
  for (const ScheduleKind kind :
       {ScheduleKind::constant, ScheduleKind::step, ScheduleKind::cosine}) {
    const ScheduleSpec schedule{.kind = kind, .warmup_steps = 4, .step_size = 5};
    EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.8, 0, 20), 0.2);
    EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.8, 1, 20), 0.4);
    EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.8, 3, 20), 0.8);
    EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.8, 4, 20), 0.8);
  }
}

TEST(ScheduledLr, StepsDownEveryStepSizeAfterTheWarmUp) {
  const ScheduleSpec schedule{
      .kind = ScheduleKind::step, .warmup_steps = 2, .step_size = 3, .gamma = 0.5};
  EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.8, 4, 100), 0.8);
  EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.8, 5, 100), 0.4);
  EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.8, 7, 100), 0.4);
  EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.8, 8, 100), 0.2);
}

TEST(ScheduledLr, FollowsHalfACosineToTheSmallestRateAtTheLastStep) {
  const ScheduleSpec schedule{.kind = ScheduleKind::cosine, .warmup_steps = 1, .min_lr = 0.1};
  // 5 steps after the warm-up: 0, 1/4, 1/2, 3/4 and all of the way.
  EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.5, 1, 6), 0.5);
  EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.5, 2, 6), 0.3 + 0.2 * std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.5, 3, 6), 0.3);
  EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.5, 5, 6), 0.1);
  EXPECT_DOUBLE_EQ(scheduled_lr(schedule, 0.5, 6, 6), 0.1);  // past the end, for the last log row
}

TEST(ScheduledLr, OfASingleStepIsTheFullRate) {
  EXPECT_EQ(scheduled_lr({.kind = ScheduleKind::cosine}, 0.5, 0, 1), 0.5);
}

}  // namespace
}  // namespace initbench
