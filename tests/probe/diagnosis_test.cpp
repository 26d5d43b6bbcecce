#include "probe/diagnosis.h"

#include <gtest/gtest.h>

#include <cmath>

namespace initbench {
namespace {

/// A chain whose signal and gradient change by a factor per layer, in norms.
struct Chain {
  int depth = 10;
  Index units = 1000;
  Activation activation{ActivationKind::relu, 0};
  double signal = 1;
  double gradient = 1;
  double last_gap = 1;
};

Snapshot snapshot_of(const Chain& chain) {
  Snapshot snapshot;
  const auto name = [&](int i) { return i > chain.depth ? "output" : "dense" + std::to_string(i); };
  for (int i = 1; i <= chain.depth + 1; ++i) {
    LayerSnapshot layer{.name = name(i),
                        .role = i > chain.depth ? LayerRole::output : LayerRole::hidden,
                        .activation = chain.activation,
                        .units = chain.units,
                        .statistics = {}};
    layer.statistics.delta_norm = std::pow(chain.gradient, chain.depth - i);
    layer.statistics.act_sat_frac = 0.0;
    snapshot.layers.push_back(layer);
    SignalPoint point{.layer = name(i),
                      .second_moment = std::pow(chain.signal, 2 * (i - 1)),
                      .gap = i > chain.depth ? chain.last_gap : 1.0,
                      .gradient_norm = std::nullopt};
    if (i > 1) point.gradient_norm = std::pow(chain.gradient, chain.depth + 1 - i);
    snapshot.path.push_back(point);
  }
  snapshot.output_second_moment = snapshot.path.back().second_moment;
  snapshot.first_delta_norm = snapshot.layers.front().statistics.delta_norm;
  return snapshot;
}

std::vector<Condition> conditions(const std::vector<Finding>& findings) {
  std::vector<Condition> found;
  for (const Finding& finding : findings) found.push_back(finding.condition);
  return found;
}

std::vector<Condition> conditions(const Snapshot& snapshot) {
  return conditions(diagnose(snapshot, {}));
}

using enum Condition;
using Conditions = std::vector<Condition>;

TEST(Diagnosis, FindsNothingWhereLengthsAreKept) {
  EXPECT_EQ(conditions(snapshot_of({})), Conditions{});
}

TEST(Diagnosis, SeesAUniformlyMisScaledReluNetworkThoughItsWeightGradientsAreEqual) {
  // signal^(l - 1) gradient^(L - l) is the same for all l
  EXPECT_EQ(conditions(snapshot_of({.depth = 20, .signal = .7, .gradient = .7})),
            (Conditions{vanishing_activations, vanishing_gradients}));
  EXPECT_EQ(conditions(snapshot_of({.depth = 20, .signal = 1.4, .gradient = 1.4})),
            (Conditions{exploding_activations, exploding_gradients}));
}

TEST(Diagnosis, NamesTheLayerFromWhichOnTheSignalIsTooSmall) {
  const auto findings = diagnose(snapshot_of({.depth = 10, .signal = .5}), {});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].layer, "dense7");  // .5^7 is the first below .01
  EXPECT_NEAR(findings[0].value, std::pow(.5, 7), 1e-12);
  EXPECT_EQ(findings[0].worst->layer, "dense10");
  EXPECT_NEAR(findings[0].worst->value, std::pow(.5, 10), 1e-12);
  EXPECT_EQ(findings[0].threshold, .01);
}

TEST(Diagnosis, NamesTheLayerFromWhichOnTheSignalIsTooLarge) {
  const auto findings = diagnose(snapshot_of({.depth = 6, .signal = 2}), {});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].layer, "dense4");  // 2^4 is the first above 10
  EXPECT_NEAR(findings[0].value, 16, 1e-9);
}

TEST(Diagnosis, NamesTheLayerUpToWhichGradientsVanish) {
  const auto findings = diagnose(snapshot_of({.depth = 10, .gradient = .5}), {});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].condition, vanishing_gradients);
  EXPECT_LT(findings[0].value, .01);
  EXPECT_GT(2 * findings[0].value, .01);  // one layer on it is not yet too small
  EXPECT_EQ(findings[0].worst->layer, "dense1");
  EXPECT_LT(findings[0].worst->value, findings[0].value);
}

TEST(Diagnosis, TakesForLuckWhatNarrowLayersDoByThemselves) {
  // 100 relu layers of 16 lose exp(-250 / 16) of the squared length in the typical network.
  const double drift = std::exp(-2.5 / 16 / 2);
  EXPECT_EQ(conditions(snapshot_of({.depth = 100, .units = 16, .signal = drift})), Conditions{});
  EXPECT_EQ(conditions(snapshot_of({.depth = 100, .units = 1000, .signal = drift})),
            Conditions{vanishing_activations});
}

TEST(Diagnosis, CallsGrowthOfDifferencesAloneChaos) {
  const Chain tanh{.depth = 20, .activation = {ActivationKind::tanh, 0}, .gradient = 1.3};
  EXPECT_EQ(conditions(snapshot_of(tanh)), (Conditions{chaotic, exploding_gradients}));
}

TEST(Diagnosis, KnowsThatRectifiersAreNeverChaotic) {
  EXPECT_EQ(conditions(snapshot_of({.depth = 20, .gradient = 1.3})),
            Conditions{exploding_gradients});
}

TEST(Diagnosis, FindsThatAllInputsLookAlike) {
  EXPECT_EQ(conditions(snapshot_of({.last_gap = 1e-4})), Conditions{rank_collapse});
  EXPECT_EQ(conditions(snapshot_of({.last_gap = 1e-2})), Conditions{});
}

TEST(Diagnosis, ExpectsHalfOfFewUnitsToBeDeadByChance) {
  Snapshot snapshot = snapshot_of({.units = 16});
  snapshot.layers[4].statistics.dead_frac = .7;
  EXPECT_EQ(conditions(snapshot), Conditions{});
  snapshot.layers[4].units = 1000;
  EXPECT_EQ(conditions(snapshot), Conditions{dead_units});
}

TEST(Diagnosis, DoesNotListWhatFollowsFromASilentLayer) {
  Snapshot snapshot = snapshot_of({});
  snapshot.layers[4].statistics.dead_frac = 1;
  for (std::size_t i = 5; i < snapshot.path.size(); ++i) snapshot.path[i].second_moment = 0;
  const auto findings = diagnose(snapshot, {});
  EXPECT_EQ(conditions(findings), Conditions{dead_units});
  EXPECT_EQ(findings[0].layer, "dense5");
}

TEST(Diagnosis, DoesNotTakeTheRestOfAnUnboundedOrPeriodicActivationForSaturation) {
  for (const auto& [kind, expected] : {std::pair{ActivationKind::tanh, Conditions{saturated}},
                                       std::pair{ActivationKind::sin, Conditions{}},
                                       std::pair{ActivationKind::relu6, Conditions{}}}) {
    Snapshot snapshot = snapshot_of({.activation = {kind, 0}});
    snapshot.layers[2].statistics.act_sat_frac = .5;
    snapshot.layers[2].statistics.act_zero_frac = .5;
    EXPECT_EQ(conditions(snapshot), expected);
  }
}

TEST(Diagnosis, GrantsHardtanhAsMuchFlatAsALayerAtTheEdgeOfChaosHas) {
  Snapshot snapshot = snapshot_of({.activation = {ActivationKind::hardtanh, 0}});
  snapshot.layers[2].statistics.act_sat_frac = .46;  // P(|z| > .97) at q = 1.7
  EXPECT_EQ(conditions(snapshot), Conditions{});
  snapshot.layers[2].statistics.act_sat_frac = .8;
  EXPECT_EQ(conditions(snapshot), Conditions{saturated});
}

TEST(Diagnosis, LooksForGradientsOnThePathAlone) {
  Snapshot snapshot = snapshot_of({});
  snapshot.layers.front().statistics.delta_norm = 0;  // in a silent branch
  snapshot.first_delta_norm.reset();
  EXPECT_EQ(conditions(snapshot), Conditions{});
}

TEST(Diagnosis, FindsCopiesButNotAmongOutputsAndUnclearBranchEnds) {
  Snapshot snapshot = snapshot_of({});
  snapshot.layers.back().statistics.identical_frac = 1;
  snapshot.layers[3].ends_branch = true;
  snapshot.layers[3].statistics.identical_frac = 1;
  EXPECT_EQ(conditions(snapshot), Conditions{});
  snapshot.layers[3].statistics.grad_weight_norm = 1;
  EXPECT_EQ(conditions(snapshot), Conditions{symmetric});
}

TEST(Diagnosis, SaysThatTrainingKilledUnitsThoughTheyLookAlike) {
  Snapshot snapshot = snapshot_of({.activation = {ActivationKind::relu, 0}});
  snapshot.layers[3].statistics.identical_frac = 1;
  snapshot.layers[3].statistics.dead_frac = 1;
  EXPECT_EQ(conditions(snapshot), Conditions{symmetric});
  snapshot.step = 100;
  EXPECT_EQ(conditions(snapshot), (Conditions{symmetric, dead_units}));
}

// Large pixels in front of a norm, which makes them 1.
TEST(Diagnosis, MeasuresLengthsFromTheFirstNormOn) {
  Snapshot snapshot = snapshot_of({});
  snapshot.path.front().second_moment = 1e6;
  EXPECT_EQ(conditions(snapshot), Conditions{vanishing_activations});
  for (std::size_t i = 1; i < snapshot.path.size(); ++i) snapshot.path[i].is_normed = true;
  EXPECT_EQ(conditions(snapshot), Conditions{});
  snapshot.path.back().second_moment = 1e-5;
  EXPECT_EQ(conditions(snapshot), Conditions{vanishing_activations});
}

TEST(Diagnosis, TakesItsThresholdsFromTheConfig) {
  EXPECT_EQ(conditions(diagnose(snapshot_of({.signal = .5}), {.vanishing_activations = 1e-6})),
            Conditions{});
}

// Readings and findings are held against the same thresholds.
TEST(Diagnosis, ReadsSaturationOfClippingActivationsAgainstTheirOwnThreshold) {
  Snapshot snapshot = snapshot_of({.activation = {ActivationKind::hardtanh, 0}});
  snapshot.layers[3].statistics.act_sat_frac = 0.45;  // 0.4 and more is much of tanh alone
  const std::vector<Reading> readings = examine(snapshot, {}).readings;
  const Reading* reading = reading_of(readings, saturated);
  ASSERT_NE(reading, nullptr);
  EXPECT_NEAR(reading->share(), 0.45 / 0.7, 1e-12);
}

TEST(Diagnosis, ReadsNoChaosFromNetworksThatAreLinearAlongEveryRay) {
  const std::vector<Reading> readings = examine(snapshot_of({.gradient = 2}), {}).readings;
  EXPECT_EQ(reading_of(readings, chaotic), nullptr);
  EXPECT_NE(reading_of(readings, exploding_gradients), nullptr);
}

TEST(Diagnosis, ReadsTheLargestLengthWhereverItIs) {
  Snapshot snapshot = snapshot_of({});
  snapshot.path[5].second_moment = 49;
  const std::vector<Reading> readings = examine(snapshot, {}).readings;
  EXPECT_NEAR(reading_of(readings, exploding_activations)->value, 7, 1e-12);
}

TEST(Diagnosis, ReadsNoGradientRatioWhenNoneReachesTheLastLayer) {
  Snapshot snapshot = snapshot_of({});
  for (SignalPoint& point : snapshot.path) point.gradient_norm = 0;
  const std::vector<Reading> readings = examine(snapshot, {}).readings;
  EXPECT_EQ(reading_of(readings, vanishing_gradients), nullptr);
}

}  // namespace
}  // namespace initbench
