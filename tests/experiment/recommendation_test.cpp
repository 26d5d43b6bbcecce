#include "experiment/recommendation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "experiment/recommended.h"
#include "experiment/trial.h"

namespace initbench {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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

// Figures at initialization do not tell which of several healthy starts trains better.
TEST(Recommend, KeepsAHealthyInitializationFarFromEveryThreshold) {
  const Recommendation recommendation = recommended(chain("relu", 2));
  EXPECT_TRUE(recommendation.ranked[0].candidate.is_current);
  EXPECT_LT(recommendation.ranked[0].promise(), recommendation.ranked[1].promise());
  EXPECT_FALSE(recommended(chain("relu", 20)).ranked[0].candidate.is_current) << "near collapse";
}

TEST(Recommend, KeepsWhatIsBetterOnlyByAsMuchAsSeedsVary) {
  const auto drawn = [](double alignment, double other, bool is_current) {
    Assessment assessment{.candidate = {.init = "", .is_current = is_current}, .predicted = {}};
    assessment.predicted.readings = {
        {.condition = Condition::vanishing_gradients, .layer = "", .value = 1, .threshold = 0.01}};
    for (const double value : {alignment, other}) {
      assessment.probes.push_back({.readings = {}, .findings = {}, .alignment = value});
    }
    return assessment;
  };
  const auto keeps = [&](double better, double better_too) {
    std::vector<Assessment> assessments{drawn(better, better_too, false), drawn(0.2, 0.2, true)};
    rank(assessments);
    return assessments.front().candidate.is_current;
  };
  EXPECT_TRUE(keeps(0.24, 0.24));   // by less than a twentieth
  EXPECT_FALSE(keeps(0.26, 0.26));  // by more
  EXPECT_TRUE(keeps(0.45, 0.2));    // mean 0.125, deviation 0.18
}

TEST(Recommend, ShowsTheConfigAsItIsWithItsParameters) {
  const Recommendation recommendation =
      recommended(chain("relu", 2, R"("init": {"scheme": "orthogonal", "gain": 30}, )"));
  EXPECT_THAT(current(recommendation).candidate.init, HasSubstr("30"));
  EXPECT_EQ(current(recommended(chain("relu", 2))).candidate.init, "kaiming_normal");
}

// Equal laws show equal figures to the last digit.
TEST(Recommend, HasNoTwoCandidatesThatDrawTheSameNetworks) {
  for (const std::string init : {"xavier_normal", "kaiming_normal"}) {
    std::vector<std::pair<double, double>> figures;
    for (const Assessment& assessment :
         recommended(chain("relu", 6, R"("init": ")" + init + "\", ")).ranked) {
      const std::vector<Reading>& readings = assessment.probes[0].readings;
      figures.emplace_back(signal_of(readings).value(), gradient_of(readings).value());
    }
    std::sort(figures.begin(), figures.end());
    EXPECT_EQ(std::adjacent_find(figures.begin(), figures.end()), figures.end()) << init;
  }
}

TEST(Recommend, OffersReluOnlyWhereThereIsAnotherActivation) {
  const auto offers_relu = [](const Recommendation& recommendation) {
    return std::any_of(
        recommendation.ranked.begin(), recommendation.ranked.end(),
        [](const Assessment& a) { return a.candidate.network_change == "activation=relu"; });
  };
  EXPECT_FALSE(offers_relu(recommended(chain("relu", 3))));
  EXPECT_TRUE(offers_relu(recommended(chain("tanh", 3))));
}

// Fixup's scalar biases stand between linear maps and activations, where a norm would.
TEST(Recommend, TakesScalarBiasesForNoNorm) {
  const Recommendation recommendation = recommended(
      R"({"data": {"dataset": "blobs", "train_size": 128}, "model": {"init": "fixup", "layers": [
    {"type": "dense", "units": 32}, {"type": "residual", "repeat": 2, "layers": [
      {"type": "dense", "units": 32}, {"type": "dense", "units": 32}]},
    {"type": "output"}]}, "train": {"steps": 0}})");
  EXPECT_EQ(recommendation.norm_layers, 0U);
  const auto norm =
      std::find_if(recommendation.ranked.begin(), recommendation.ranked.end(),
                   [](const Assessment& a) { return a.candidate.network_change == "norm=layer"; });
  ASSERT_NE(norm, recommendation.ranked.end());
  const auto norms = std::count_if(
      norm->candidate.settings.begin(), norm->candidate.settings.end(),
      [](const std::string& setting) { return setting.find("norm=") != std::string::npos; });
  EXPECT_EQ(norms, 5);
}

TEST(Recommend, LeavesLinearLayersLinear) {
  const Recommendation recommendation = recommended(
      R"({"data": {"dataset": "blobs", "train_size": 128}, "model": {"activation": "gelu",
      "layers": [{"type": "dense", "units": 32}, {"type": "dense", "units": 8,
      "activation": "linear"}, {"type": "dense", "units": 32}, {"type": "output"}]},
      "train": {"steps": 0}})");
  for (const Assessment& assessment : recommendation.ranked) {
    if (!assessment.candidate.changes_network()) continue;
    for (const std::string& setting : assessment.candidate.settings) {
      const bool is_init = setting.find("init=") != std::string::npos;
      EXPECT_TRUE(is_init || setting.find("dense2") == std::string::npos) << setting;
      EXPECT_TRUE(is_init || setting.find('*') == std::string::npos) << setting;
    }
  }
}

// Sigmoid networks of 40 layers collapse so far that lsuv finds nothing to scale.
TEST(Recommend, ListsWhatCannotBeDrawnApart) {
  const Recommendation recommendation = recommended(chain("sigmoid", 40));
  EXPECT_THAT(unfit(recommendation), Contains("lsuv"));
  EXPECT_THAT(inits(recommendation), Not(Contains("lsuv")));
}

TEST(Recommend, PutsWhatTheoryWarnsOfBehindOtherHealthyCandidates) {
  Recommendation recommendation = recommended(chain("relu", 20, R"("init": "xavier_normal", )"));
  Assessment& first = recommendation.ranked.front();
  ASSERT_TRUE(first.is_healthy());
  ASSERT_TRUE(recommendation.ranked[1].is_healthy());
  const std::string before = first.candidate.init;
  first.predicted.readings = {
      {.condition = Condition::vanishing_gradients, .value = 1e-9, .threshold = 1e-2}};
  rank(recommendation.ranked);
  EXPECT_NE(recommendation.ranked.front().candidate.init, before);
}

TEST(Recommend, RanksWhatIsNotHealthyByHowFarItIsFromHealth) {
  const Recommendation recommendation =
      recommended(chain("sigmoid", 40, R"("init": "lecun_normal", )"));
  double last = 0;
  for (const Assessment& assessment : recommendation.ranked) {
    if (assessment.is_healthy() || assessment.candidate.changes_network()) continue;
    EXPECT_GE(assessment.share(), last - 0.01) << assessment.candidate.init;
    last = assessment.share();
  }
  EXPECT_GT(last, 1);
}

// A batch of one sample has no alignment, of two it is 1 for every network.
TEST(Recommend, DoesNotDependOnTheBatchThatIsTrainedWith) {
  const std::string text = chain("tanh", 12, R"("init": "torch_default", )");
  std::string small = text;
  small.replace(small.find("\"batch_size\": 64"), 16, "\"batch_size\": 1");
  EXPECT_EQ(inits(recommended(text)), inits(recommended(small)));
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

TEST(Recommend, StopsWhenAsked) {
  DataCache cache;
  const ProbePlan plan{.seeds = {0}, .pool = {}, .stop = [] { return true; }};
  EXPECT_FALSE(recommend(read(chain("relu", 2)), plan, cache).has_value());
}

}  // namespace
}  // namespace initbench
