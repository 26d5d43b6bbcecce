#include "report/compare_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "report/compare_fixture.h"
#include "report/compare_reading.h"
#include "report/compare_tables.h"

namespace initbench {
namespace {

using testing::CompareRunsTest;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Json;
using testing::plain_config;
using testing::sweep;

TEST_F(CompareRunsTest, FindsSchemesRatesAndSeeds) {
  record_all(sweep(R"(, "train.lr": [0.1, 3e-3])", "0..1"));
  const RunComparison comparison = compare_runs(request());
  EXPECT_THAT(comparison.names.schemes, ElementsAre("kaiming_normal", "orthogonal"));
  EXPECT_THAT(comparison.names.rates, ElementsAre("0.003", "0.1"));
  EXPECT_EQ(comparison.runs, 8U);
  EXPECT_EQ(comparison.seeds, 2U);
  ASSERT_EQ(comparison.metrics.size(), 1U);
  EXPECT_EQ(comparison.metrics[0].metric.name, "final_test_accuracy");
  EXPECT_EQ(comparison.metrics[0].views.size(), 2U);
}

TEST_F(CompareRunsTest, FiguresAreThoseOfTheRuns) {
  const std::vector<Trial> trials = record_all(sweep());  // kaiming 0 1 2, orthogonal 0 1 2
  const double accuracies[] = {0.5, 0.6, 0.7, 0.9, 0.8, 0.9};
  for (std::size_t i = 0; i < trials.size(); ++i) set_accuracy(trials[i], accuracies[i]);
  const ComparisonView view = compare_runs(request()).metrics.at(0).views.at(0);
  EXPECT_EQ(view.schemes.at(0).scheme, 1U);
  EXPECT_NEAR(view.schemes[0].scores.mean.value(), 2.6 / 3, 1e-14);
  EXPECT_NEAR(view.schemes[1].scores.mean.value(), 0.6, 1e-14);
  EXPECT_NEAR(view.pairs.at(0).statistics.mean_difference.value(), 0.8 / 3, 1e-9);
}

TEST_F(CompareRunsTest, LessIsBetterForLosses) {
  const std::vector<Trial> trials = record_all(sweep());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    edit(trials[i], [i](Json& run) { run["final"]["test"]["loss"] = i < 3 ? 0.25 : 0.5; });
  }
  CompareRequest asked = request();
  asked.metrics = {"final_test_loss"};
  const RunComparison comparison = compare_runs(asked);
  EXPECT_EQ(comparison.metrics.at(0).views.at(0).schemes.at(0).scheme, 0U);
  EXPECT_THAT(schemes_csv(comparison), HasSubstr("kaiming_normal,0.1,3,0,0,"));
  EXPECT_THAT(schemes_csv(comparison), HasSubstr(",0.25,0.25,0.25,0,0.25,0.25,0.25,0.25,,,\n"));
}

TEST_F(CompareRunsTest, ADivergedRunIsCountedAndItsMeanIsUnknown) {
  const std::vector<Trial> trials = record_all(sweep());
  for (const Trial& trial : trials) set_accuracy(trial, 0.5);
  diverge(trials[0]);
  const std::string csv = schemes_csv(compare_runs(request()));
  // metric,rates,scheme,rate,n,diverged,unreached,training_...,mean,low,high,deviation,median,...
  EXPECT_THAT(csv, ::testing::ContainsRegex("kaiming_normal,0.1,3,1,0,[^\n]*,,,,,0.5,,,,,,\n"));
}

TEST_F(CompareRunsTest, AnAccuracyNeverReachedIsNoFigureButNoDivergence) {
  record_all(R"({"name": "tiny", "data": {"dataset": "gaussian", "train_size": 40, "test_size": 50},
    "model": {"layers": [{"type": "dense", "units": 4}, {"type": "output"}]},
    "train": {"batch_size": 20, "steps": 2},
    "sweep": {"grid": {"model.init": ["kaiming_normal", "orthogonal"], "seed": "0..2"}}})");
  CompareRequest asked = request();
  asked.metrics = {"steps_to_1"};  // of random labels
  const RunComparison comparison = compare_runs(asked);
  for (const SchemeResult& scheme : comparison.metrics.at(0).views.at(0).schemes) {
    EXPECT_EQ(scheme.scores.n, 3U);
    EXPECT_EQ(scheme.unreached, 3U);
    EXPECT_EQ(scheme.diverged, 0U);
  }
}

TEST_F(CompareRunsTest, WhatElseVariesIsNeverPooledSilently) {
  const std::vector<Trial> trials = record_all(sweep(R"(, "model.layers.0.units": [3, 4])"));
  const std::string message = refusal(request());
  EXPECT_THAT(message, HasSubstr("also differ in model.layers.0.units (3, 4)"));
  EXPECT_THAT(message, HasSubstr("--by model.layers.0.units"));
  EXPECT_THAT(message, HasSubstr("--where model.layers.0.units=3"));
  EXPECT_THAT(message, HasSubstr("--pool model.layers.0.units"));

  CompareRequest apart = request();
  apart.by.emplace_back("model.layers.0.units");
  EXPECT_THAT(compare_runs(apart).names.schemes, Contains("orthogonal, 4"));
  CompareRequest one = request();
  one.where = {"model.layers.0.units=3"};
  EXPECT_EQ(compare_runs(one).runs, 6U);
}

TEST_F(CompareRunsTest, PooledRunsAreOneFigurePerSeed) {
  const std::vector<Trial> trials =
      record_all(sweep(R"(, "model.layers.0.units": [3, 4])", "0..1"));
  // kaiming 3 units: seeds 0 1, 4 units: seeds 0 1; then orthogonal
  const double accuracies[] = {0.1, 0.3, 0.5, 0.9, 0.2, 0.2, 0.2, 0.2};
  for (std::size_t i = 0; i < trials.size(); ++i) set_accuracy(trials[i], accuracies[i]);
  CompareRequest asked = request();
  asked.pool = {"model.layers.0.units"};
  const SchemeResult best = compare_runs(asked).metrics.at(0).views.at(0).schemes.at(0);
  EXPECT_EQ(best.scores.n, 2U);
  EXPECT_NEAR(best.scores.mean.value(), 0.45, 1e-14);  // of 0.3 and 0.6
  EXPECT_NEAR(best.scores.deviation.value(), 0.2121320343559643, 1e-12);
}

TEST_F(CompareRunsTest, ASeedThatLacksAPooledValueIsLeftOutAndSaid) {
  const std::vector<Trial> trials = record_all(sweep(R"(, "model.layers.0.units": [3, 4])"));
  std::filesystem::remove_all(folder_of(trials[0]));
  CompareRequest asked = request();
  asked.pool = {"model.layers.0.units"};
  const RunComparison comparison = compare_runs(asked);
  EXPECT_THAT(comparison.notes, Contains(HasSubstr("1 seeds of a scheme lack one of the 2")));
  EXPECT_EQ(comparison.metrics.at(0).views.at(0).pairs.at(0).statistics.pairs, 2U);
}

TEST_F(CompareRunsTest, ComparesRunsThatNoSweepHasMade) {
  record_all(plain_config("a", "orthogonal", 2));
  record_all(plain_config("b", "zeros", 2));
  const RunComparison comparison = compare_runs(request());
  EXPECT_EQ(comparison.names.schemes.size(), 2U);
  CompareRequest by_name = request();
  by_name.by = {"name"};
  EXPECT_THAT(compare_runs(by_name).names.schemes, ElementsAre("a", "b"));
}

TEST_F(CompareRunsTest, EqualSchemesAreOneWhetherSweptOrNot) {
  record_all(sweep("", "0..1"));
  record_all(R"({"name": "tiny", "seed": 2,
    "data": {"dataset": "blobs", "train_size": 40, "test_size": 10},
    "model": {"init": {"scheme": "kaiming_normal"},
              "layers": [{"type": "dense", "units": 4}, {"type": "output"}]},
    "train": {"lr": 0.1, "batch_size": 20, "steps": 2}})");
  const RunComparison comparison = compare_runs(request());
  EXPECT_THAT(comparison.names.schemes, ElementsAre("kaiming_normal", "orthogonal"));
}

TEST_F(CompareRunsTest, ASchemeThatNoSweepHasNamedIsCalledAsAConfigWould) {
  record_all(plain_config("a", "orthogonal", 2));
  record_all(plain_config("b", "xavier_normal", 2));
  CompareRequest asked = request();
  asked.baseline = "xavier_normal";
  EXPECT_THAT(compare_runs(asked).names.schemes, ElementsAre("orthogonal", "xavier_normal"));
}

std::string layered_config(const std::string& name, int seed, const char* second) {
  return R"({"name": ")" + name + R"(", "seed": )" + std::to_string(seed) + R"(,
    "data": {"dataset": "blobs", "train_size": 40, "test_size": 10},
    "model": {"layers": [{"type": "dense", "units": 4, "init": "orthogonal"},
                         {"type": "dense", "units": 4, "init": ")" +
         second + R"("}, {"type": "output", "init": "zeros"}]},
    "train": {"batch_size": 20, "steps": 1}})";
}

TEST_F(CompareRunsTest, SchemesThatDifferInTheirOrderAreTwo) {
  record_all(layered_config("a", 0, "zeros"));
  record_all(layered_config("b", 1, "orthogonal"));
  EXPECT_THAT(compare_runs(request()).names.schemes,
              ElementsAre("orthogonal + zeros x 2", "orthogonal x 2 + zeros"));
}

std::string deep_config(const std::string& name, int depth) {
  return R"({"name": ")" + name + R"(",
    "data": {"dataset": "blobs", "train_size": 40, "test_size": 10},
    "model": {"layers": [{"type": "dense", "units": 4, "repeat": )" +
         std::to_string(depth) +
         R"(}, {"type": "output"}]},
    "train": {"batch_size": 20, "steps": 1},
    "sweep": {"grid": {"model.init": ["zeros", "orthogonal"], "seed": "0..1"}}})";
}

TEST_F(CompareRunsTest, OfDifferentConfigsEveryRemedyThatIsNamedHelps) {
  record_all(deep_config("deep", 4));
  record_all(deep_config("flat", 2));
  EXPECT_THAT(refusal(request()), HasSubstr("--by name as well, keep one with --where name=deep, "
                                            "or average over them with --pool name"));
  CompareRequest asked = request();
  asked.by.push_back("name");
  EXPECT_EQ(compare_runs(asked).names.schemes.size(), 4U);
  asked = request();
  asked.where = {"name=deep"};
  EXPECT_EQ(compare_runs(asked).names.schemes.size(), 2U);
  asked = request();
  asked.pool = {"name"};
  EXPECT_EQ(compare_runs(asked).names.schemes.size(), 2U);
}

TEST_F(CompareRunsTest, ASettingThatSomeRunsLackIsUnsetThere) {
  record_all(deep_config("deep", 4));
  record_all(deep_config("flat", 2));
  CompareRequest asked = request();
  asked.by = {"model.layers.3.activation", "name"};
  asked.pool = {"model.init"};
  EXPECT_THAT(compare_runs(asked).names.schemes, ElementsAre("(unset), flat", "relu, deep"));
}

TEST_F(CompareRunsTest, WhereFindsAValueWhetherSweptOrSet) {
  record_all(sweep("", "0..1"));
  record_all(plain_config("b", "orthogonal", 2));
  CompareRequest asked = request();
  asked.where = {"model.init=orthogonal"};
  asked.by = {"name"};
  EXPECT_EQ(read_records(asked).runs.size(), 3U);
}

TEST_F(CompareRunsTest, TasksThatAreComparedAreNoted) {
  record_all(sweep());
  CompareRequest asked = request();
  asked.by = {"model.init", "data.dataset"};
  EXPECT_THAT(compare_runs(asked).notes, ElementsAre(HasSubstr("by data.dataset tasks are")));
}

TEST_F(CompareRunsTest, EqualRatesAreOneHoweverTheirNumberIsWritten) {
  record_all(sweep(R"(, "train.lr": [0.1, 1])", "0..1"));
  record_all(sweep(R"(, "train.lr": [0.1, 1.0])", "2..3"));
  EXPECT_THAT(compare_runs(request()).names.rates, ElementsAre("0.1", "1"));
}

TEST_F(CompareRunsTest, OtherProcessorsAreNoted) {
  const std::vector<Trial> trials = record_all(sweep());
  edit(trials[0], [](Json& run) { run["processor"] = "an abacus"; });
  EXPECT_THAT(compare_runs(request()).notes, Contains(HasSubstr("different processors")));
}

TEST_F(CompareRunsTest, UnfinishedRunsAndRunsSeenTwiceAreNoted) {
  const std::vector<Trial> trials = record_all(sweep());
  std::filesystem::remove(folder_of(trials[0]) + "/run.json");
  CompareRequest asked = request();
  asked.folders.push_back(folder_of(trials[1]));
  const RunComparison comparison = compare_runs(asked);
  EXPECT_EQ(comparison.runs, 5U);
  EXPECT_THAT(comparison.notes, Contains(HasSubstr("1 runs are not finished and left out")));
  EXPECT_THAT(comparison.notes, Contains(HasSubstr("1 runs are in the folders more than once")));
}

TEST_F(CompareRunsTest, SchemesWithoutACommonRateAreSaidToHaveNone) {
  record_all(R"({"name": "a", "data": {"dataset": "blobs", "train_size": 40, "test_size": 10},
    "model": {"layers": [{"type": "dense", "units": 4}, {"type": "output"}]},
    "train": {"batch_size": 20, "steps": 2}, "sweep": {"grid": {"seed": "0..1"}, "list": [
      {"model.init": "kaiming_normal", "train.lr": 0.1},
      {"model.init": "kaiming_normal", "train.lr": 0.2},
      {"model.init": "orthogonal", "train.lr": 0.3}]}})");
  const RunComparison comparison = compare_runs(request());
  EXPECT_THAT(comparison.notes, Contains(HasSubstr("no train.lr was run with every scheme")));
  for (const SchemeResult& scheme : comparison.metrics[0].views[0].schemes) {
    const bool is_kaiming = comparison.names.schemes[scheme.scheme] == "kaiming_normal";
    EXPECT_EQ(scheme.highest_rate, is_kaiming ? 1U : 2U);
    EXPECT_EQ(scheme.lowest_rate, is_kaiming ? 0U : 2U);
  }
}

}  // namespace
}  // namespace initbench
