#include "probe/verdict.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace initbench {
namespace {

using enum Condition;
using Conditions = std::vector<Condition>;

Conditions conditions(const std::vector<Finding>& findings) {
  Conditions found;
  for (const Finding& finding : findings) found.push_back(finding.condition);
  return found;
}

std::vector<Finding> found(const Conditions& conditions) {
  std::vector<Finding> findings;
  for (const Condition condition : conditions) findings.push_back({.condition = condition});
  return findings;
}

/// A run that began with these conditions and ended with none.
RunEvidence run_of(const Conditions& at_start, std::int64_t steps, double last_loss) {
  RunEvidence evidence{.at_start = found(at_start),
                       .at_end = found({}),
                       .train = {},
                       .test_loss = last_loss,
                       .guessing_loss = 1,
                       .divergence = {},
                       .steps = steps};
  for (int i = 0; i <= 8; ++i) {
    evidence.train.push_back(
        {.step = steps * i / 8, .loss = i < 4 ? 1.0 : last_loss, .update_ratio = 1e-3});
  }
  return evidence;
}

TEST(Verdict, OfANetworkThatLearnedAndRecoveredIsHealthy) {
  const Verdict verdict = judge(run_of({vanishing_activations}, 100, .3), {});
  EXPECT_EQ(verdict.name(), "healthy");
  EXPECT_EQ(conditions(verdict.overcome), Conditions{vanishing_activations});
}

TEST(Verdict, KeepsWhatTrainingDidNotMend) {
  RunEvidence evidence = run_of({vanishing_activations}, 100, .3);
  evidence.at_end = found({vanishing_activations});
  EXPECT_EQ(judge(evidence, {}).name(), "vanishing_activations");
}

TEST(Verdict, IsStalledWhenWeightsHardlyMoveOrTimeIsUp) {
  RunEvidence evidence = run_of({}, 50, 1);
  EXPECT_EQ(judge(evidence, {}).name(), "healthy") << "too early to say";
  for (LoggedLoss& logged : evidence.train) logged.update_ratio = 1e-7;
  EXPECT_EQ(judge(evidence, {}).name(), "stalled");
  EXPECT_EQ(judge(run_of({}, 1000, 1), {}).name(), "stalled");
  EXPECT_EQ(judge(run_of({}, 1000, .95), {}).name(), "healthy");
}

TEST(Verdict, IsDivergedForATestLossThatIsTenfoldUnlessItLearned) {
  RunEvidence evidence = run_of({}, 100, 1);
  evidence.test_loss = 50;
  EXPECT_EQ(judge(evidence, {}).name(), "diverged");
  evidence = run_of({}, 100, .3);
  evidence.test_loss = 50;
  EXPECT_EQ(judge(evidence, {}).name(), "healthy");
}

TEST(Verdict, IsDivergedForALossThatIsFiniteButTenfold) {
  EXPECT_EQ(judge(run_of({}, 50, 20), {}).name(), "diverged");
}

TEST(Verdict, PutsTheCauseOfADivergenceFirst) {
  RunEvidence evidence =
      run_of({exploding_activations}, 1, std::numeric_limits<double>::quiet_NaN());
  evidence.divergence = Divergence{1, "dense2", "weight"};
  EXPECT_EQ(conditions(judge(evidence, {}).findings),
            (Conditions{exploding_activations, diverged}));
}

}  // namespace
}  // namespace initbench
