#include "experiment/recommendation_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "experiment/advice.h"
#include "experiment/recommendation_rate.h"
#include "experiment/recommended.h"
#include "experiment/trial.h"

namespace initbench {
namespace {

using ::testing::ElementsAre;

TEST(Recommend, TrainingRanksWhatTrainsFirstAndFindsItsRate) {
  const std::string text = chain("sigmoid", 8);
  const ExperimentConfig config = read(text);
  DataCache cache;
  const ProbePlan probes{.seeds = {0, 1}, .pool = {}, .stop = {}};
  Recommendation recommendation = recommend(config, probes, cache).value();
  ASSERT_TRUE(train_and_rank(recommendation, config,
                             {.candidates = 1, .rates = {1e-9, 0.05}, .steps = 60}, probes, cache));
  const Assessment& best = recommendation.ranked[0];
  EXPECT_EQ(best.trained.value().trained, 2U);
  EXPECT_EQ(best.trained.value().rate, 0.05);
  EXPECT_EQ(current(recommendation).trained.value().trained, 0U);
  EXPECT_FALSE(recommendation.ranked[2].trained.has_value());
}

// Five pairs cannot be significant: the least two-sided p is 1/16.
TEST(Recommend, TrainingKeepsWhatTrainsUnlessSeedsCanTell) {
  const std::string text = chain("relu", 2);
  const ExperimentConfig config = read(text);
  DataCache cache;
  const ProbePlan probes{.seeds = {0, 1, 2, 3, 4}, .pool = {}, .stop = {}};
  Recommendation recommendation = recommend(config, probes, cache).value();
  ASSERT_TRUE(train_and_rank(recommendation, config,
                             {.candidates = 20, .rates = {0.05, 0.2}, .steps = 40}, probes, cache));
  EXPECT_TRUE(recommendation.ranked[0].candidate.is_current);
  bool changes = false;
  for (const Assessment& assessment : recommendation.ranked) {
    if (assessment.candidate.is_current) continue;
    EXPECT_GE(assessment.trained.value().p.value(), 1.0 / 16);
    EXPECT_GE(assessment.candidate.changes_network(), changes) << "network changes come last";
    changes = assessment.candidate.changes_network();
  }
}

TEST(Recommend, TrainingReplacesWhatTrainsWhereEightSeedsCanTell) {
  const std::string text = chain("tanh", 4, R"("init": {"scheme": "normal", "std": 0.08}, )");
  const ExperimentConfig config = read(text);
  DataCache cache;
  const ProbePlan probes{.seeds = {0, 1, 2, 3, 4, 5, 6, 7}, .pool = {}, .stop = {}};
  Recommendation recommendation = recommend(config, probes, cache).value();
  ASSERT_TRUE(train_and_rank(recommendation, config, {.candidates = 4, .rates = {0.3}, .steps = 60},
                             probes, cache));
  const TrainedFigures present = current(recommendation).trained.value();
  ASSERT_TRUE(present.trains());
  const TrainedFigures first = recommendation.ranked.front().trained.value();
  EXPECT_FALSE(recommendation.ranked.front().candidate.is_current);
  EXPECT_LT(first.p.value(), 0.05);
  EXPECT_LT(first.final_loss.value(), present.final_loss.value());
}

TEST(Recommend, TriesRatesAroundTheOneThatTheFirstChoiceNeeds) {
  Recommendation recommendation;
  const ExperimentConfig config = read(with_train(chain("relu", 2), "\"lr\": 10"));
  EXPECT_THAT(rates_around(recommendation, config), ElementsAre(1, 3, 10, 30));
  recommendation.lower_rate = 0.3;
  EXPECT_THAT(rates_around(recommendation, config), ElementsAre(0.03, 0.09, 0.3, 0.9));
}

std::optional<double> lower_rate(const std::string& text, bool* is_hopeless = nullptr) {
  const ExperimentConfig config = read(text);
  DataCache cache;
  const ProbePlan plan{.seeds = {0, 1}, .pool = {}, .stop = {}};
  Recommendation recommendation = recommend(config, plan, cache).value();
  EXPECT_TRUE(check_rate(recommendation, config, plan, cache));
  if (is_hopeless != nullptr) *is_hopeless = recommendation.hopeless_rate.has_value();
  return recommendation.lower_rate;
}

TEST(CheckRate, LeavesARateThatServes) { EXPECT_EQ(lower_rate(chain("relu", 2)), std::nullopt); }

// What it proposes has passed.
TEST(CheckRate, GoesDownUntilAnUpdateDoesNoHarm) {
  const std::string text = with_train(chain("relu", 2), "\"lr\": 1000");
  const double rate = lower_rate(text).value();
  EXPECT_LT(rate, 20);
  Observer nobody;
  const ExperimentConfig config = read(text, {{"train.lr", std::to_string(rate)}});
  EXPECT_FALSE(run_trial(config, load_data(config.data, 0), nobody).diverged());
}

// Sixty updates do no harm; after two hundred units are dead and the loss is that of guessing.
TEST(CheckRate, SeesAsFarAsTheConfigTrains) {
  const std::string text = R"({"data": {"dataset": "images", "image_size": 8, "train_size": 256},
    "model": {"init": "xavier_normal", "activation": "relu", "layers": [
      {"type": "conv2d", "channels": 8, "kernel": 3, "padding": "same", "repeat": 20},
      {"type": "output"}]},
    "train": {"batch_size": 32, "lr": 0.05, "steps": STEPS}})";
  const auto with_steps = [&](const std::string& steps) {
    std::string changed = text;
    return changed.replace(changed.find("STEPS"), 5, steps);
  };
  EXPECT_EQ(lower_rate(with_steps("60")), std::nullopt);
  EXPECT_EQ(lower_rate(with_steps("200")), 0.015);
}

TEST(CheckRate, SaysThatEveryRateIsTooLarge) {
  bool is_hopeless = false;
  EXPECT_EQ(lower_rate(with_train(chain("relu", 2), "\"lr\": 1e9"), &is_hopeless), std::nullopt);
  EXPECT_TRUE(is_hopeless);
}

TEST(CheckRate, SeesTheRateBehindAWarmUp) {
  const std::string text = with_train(chain("relu", 2), R"("lr": 1000, "warmup_steps": 50)");
  EXPECT_TRUE(lower_rate(text).has_value());
}

// No rate mends an initialization.
TEST(CheckRate, IsNotAskedWhileNothingIsHealthy) {
  const ExperimentConfig config = read(with_train(chain("relu", 2), "\"lr\": 1000"));
  DataCache cache;
  const ProbePlan plan{.seeds = {0}, .pool = {}, .stop = {}};
  Recommendation recommendation = recommend(config, plan, cache).value();
  recommendation.ranked[0].probes[0].findings.push_back({.condition = Condition::symmetric});
  ASSERT_TRUE(check_rate(recommendation, config, plan, cache));
  EXPECT_FALSE(recommendation.lower_rate || recommendation.hopeless_rate);
}

TEST(Advice, IsTheFirstChoiceOfRecommendForTheSameSeed) {
  const std::string residual = R"({"data": {"dataset": "blobs", "train_size": 128}, "model": {
    "layers": [{"type": "dense", "units": 32}, {"type": "residual", "repeat": 40, "layers": [
      {"type": "dense", "units": 32}, {"type": "dense", "units": 32, "activation": "linear"}]},
    {"type": "output"}]}, "train": {"steps": 0}})";
  for (const std::string& text :
       {chain("relu", 40, R"("init": "xavier_normal", )"), chain("sigmoid", 10), chain("gelu", 40),
        chain("elu", 40, R"("init": "torch_default", )"),
        chain("mish", 40, R"("init": "torch_default", )"), residual}) {
    const ExperimentConfig config = read(text, {{"train.steps", "0"}});
    Observer nobody;
    const Verdict verdict = run_trial(config, load_data(config.data, 0), nobody).verdict;
    ASSERT_TRUE(verdict.advice.has_value()) << text;
    const Recommendation recommendation = recommended(text, {0});
    EXPECT_EQ(verdict.advice->settings, recommendation.ranked[0].candidate.settings) << text;
  }
}

}  // namespace
}  // namespace initbench
