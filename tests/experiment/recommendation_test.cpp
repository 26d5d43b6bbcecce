#include "experiment/recommendation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "experiment/advice.h"
#include "experiment/config_text.h"
#include "experiment/recommendation_training.h"
#include "experiment/trial.h"

namespace initbench {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string chain(const std::string& activation, int depth, const std::string& model = "") {
  return R"({"data": {"dataset": "blobs", "train_size": 128, "test_size": 64},
    "model": {"activation": ")" +
         activation + "\", " + model + R"("layers": [{"type": "dense", "units": 32, "repeat": )" +
         std::to_string(depth) + R"(}, {"type": "output"}]},
    "train": {"batch_size": 64, "lr": 0.05, "steps": 60}})";
}

Recommendation recommended(const std::string& text, std::vector<std::uint64_t> seeds = {0, 1}) {
  DataCache cache;
  return recommend(read(text), {.seeds = std::move(seeds), .pool = {}, .stop = {}}, cache).value();
}

const Assessment& current(const Recommendation& recommendation) {
  const auto found = std::find_if(recommendation.ranked.begin(), recommendation.ranked.end(),
                                  [](const Assessment& a) { return a.candidate.is_current; });
  return *found;
}

std::vector<std::string> inits(const Recommendation& recommendation) {
  std::vector<std::string> names;
  for (const Assessment& assessment : recommendation.ranked) {
    names.push_back(assessment.candidate.init);
  }
  return names;
}

std::vector<std::string> unfit(const Recommendation& recommendation) {
  std::vector<std::string> names;
  for (const UnfitCandidate& candidate : recommendation.unfit) names.push_back(candidate.init);
  return names;
}

// Looks-linear networks are exactly linear and orthogonal at initialization (Balduzzi et al. 2017).
TEST(Recommend, PutsLooksLinearFirstForDeepReluAndGelu) {
  EXPECT_EQ(recommended(chain("relu", 40, R"("init": "torch_default", )")).ranked[0].candidate.init,
            "looks_linear");
  EXPECT_EQ(recommended(chain("gelu", 40)).ranked[0].candidate.init, "looks_linear");
}

// Pennington, Schoenholz & Ganguli 2017: tanh has dynamical isometry for orthogonal weights as q
// goes to 0.
TEST(Recommend, PutsOrthogonalWeightsAtShortActivationsFirstForDeepTanh) {
  EXPECT_EQ(recommended(chain("tanh", 50)).ranked[0].candidate.init,
            R"({"scheme":"orthogonal_critical","q":0.1})");
}

// Sigmoid has no edge of chaos that could be drawn; means that shift are what collapses it.
TEST(Recommend, FallsBackToTheDataWhereThereIsNoEdgeOfChaos) {
  const Recommendation recommendation = recommended(chain("sigmoid", 10));
  EXPECT_EQ(recommendation.ranked[0].candidate.init, "unit_variance_per_unit");
  EXPECT_THAT(unfit(recommendation), Contains("orthogonal_critical"));
}

TEST(Recommend, SilencesTheBranchesOfResidualNetworksWithoutNorms) {
  const Recommendation recommendation = recommended(
      R"({"data": {"dataset": "blobs", "train_size": 128}, "model": {"layers": [
    {"type": "dense", "units": 32}, {"type": "residual", "repeat": 40, "layers": [
      {"type": "dense", "units": 32}, {"type": "dense", "units": 32, "activation": "linear"}]},
    {"type": "output"}]}, "train": {"steps": 0}})");
  const std::vector<std::string> first{inits(recommendation)[0]};
  EXPECT_THAT((std::vector<std::string>{"fixup", "rezero"}), Contains(first[0]));
  EXPECT_EQ(current(recommendation).healthy(), 0U);
}

TEST(Recommend, KeepsAnInitializationThatIsAsGoodAsAny) {
  const Recommendation recommendation =
      recommended(chain("relu", 5, R"("init": "looks_linear", )"));
  EXPECT_TRUE(recommendation.ranked[0].candidate.is_current)
      << recommendation.ranked[0].candidate.init;
}

TEST(Recommend, ShowsTheConfigAsItIsAmongTheCandidatesOnce) {
  const std::vector<std::string> names = inits(recommended(chain("relu", 3)));
  EXPECT_EQ(std::count(names.begin(), names.end(), "kaiming_normal"), 2)
      << "the config's, and behind layer norms";
}

TEST(Recommend, LeavesOutWhatIsDrawnByTheSameLaw) {
  // For relu the gains second_moment and critical are He's sqrt(2).
  EXPECT_THAT(inits(recommended(chain("relu", 3))),
              Not(Contains(R"({"scheme":"kaiming_normal","nonlinearity":"critical"})")));
}

TEST(Recommend, ReplacesBiasesThatWouldSpoilACandidate) {
  const Recommendation recommendation =
      recommended(chain("relu", 20, R"("bias_init": {"scheme": "constant", "value": -1}, )"));
  EXPECT_THAT(recommendation.ranked[0].candidate.settings,
              Contains("model.layers.*.bias_init=zeros"));
  EXPECT_TRUE(recommendation.ranked[0].is_healthy());
}

TEST(Recommend, ServesLayersWithoutBiases) {
  const Recommendation recommendation = recommended(
      R"({"data": {"dataset": "blobs", "train_size": 128}, "model": {"activation": "tanh",
      "layers": [{"type": "dense", "units": 32, "bias": false, "repeat": 30},
      {"type": "output"}]}, "train": {"steps": 0}})");
  EXPECT_TRUE(recommendation.ranked[0].is_healthy());
  EXPECT_FALSE(recommendation.ranked[0].candidate.is_current);
}

TEST(Recommend, SettingsGiveTheCandidatesOwnConfig) {
  const std::string text = chain("tanh", 5);
  for (const Assessment& assessment : recommended(text, {0}).ranked) {
    std::vector<Override> overrides;
    for (const std::string& setting : assessment.candidate.settings) {
      overrides.push_back(parse_override(setting));
    }
    EXPECT_EQ(run_id(read(text, overrides)), run_id(assessment.candidate.config))
        << assessment.candidate.init;
  }
}

TEST(InitCandidates, RefuseANetworkThatLoadsAllItsWeights) {
  const ExperimentConfig config =
      read(chain("relu", 2, R"("init": {"scheme": "load", "file": "w.safetensors"}, )"));
  const DataSplits data = load_data(config.data, 0);
  try {
    init_candidates(config, data.train);
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.issues().front().message, HasSubstr("every layer loads its weights"));
  }
}

TEST(InitCandidates, LeaveLoadedWeightsAlone) {
  const ExperimentConfig config = read(
      R"({"data": {"dataset": "blobs", "train_size": 128}, "model": {"layers": [
      {"type": "dense", "units": 32, "init": {"scheme": "load", "file": "w.safetensors"}},
      {"type": "dense", "units": 32}, {"type": "output"}]}})");
  const DataSplits data = load_data(config.data, 0);
  const InitCandidates candidates = init_candidates(config, data.train);
  EXPECT_THAT(candidates.kept, ElementsAre("dense1"));
  for (const InitCandidate& candidate : candidates.fit) {
    EXPECT_EQ(candidate.config.inits[0].weight.scheme->name, "load") << candidate.init;
  }
}

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

TEST(Recommend, StopsWhenAsked) {
  DataCache cache;
  const ProbePlan plan{.seeds = {0}, .pool = {}, .stop = [] { return true; }};
  EXPECT_FALSE(recommend(read(chain("relu", 2)), plan, cache).has_value());
}

// The same table and the same order by theory: what advice proposes `recommend` finds healthy too.
TEST(Advice, IsACandidateThatRecommendFindsHealthy) {
  for (const std::string& text : {chain("relu", 40, R"("init": "xavier_normal", )"),
                                  chain("sigmoid", 10), chain("gelu", 40)}) {
    const ExperimentConfig config = read(text);
    Observer nobody;
    const Verdict verdict = run_trial(config, load_data(config.data, 0), nobody).verdict;
    ASSERT_TRUE(verdict.advice.has_value()) << text;
    const Recommendation recommendation = recommended(text, {0});
    EXPECT_EQ(verdict.advice->settings, recommendation.ranked[0].candidate.settings) << text;
  }
}

}  // namespace
}  // namespace initbench
