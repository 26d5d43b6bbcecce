#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "report/compare_fixture.h"
#include "report/recorded_runs.h"

namespace initbench {
namespace {

using testing::CompareRunsTest;
using ::testing::HasSubstr;
using testing::Json;
using testing::message_of;
using testing::plain_config;
using testing::sweep;
using testing::write_text;

TEST_F(CompareRunsTest, RunsWithoutTheMetricAreRefused) {
  record_all(R"({"name": "tiny", "data": {"dataset": "sine", "train_size": 40, "test_size": 10},
    "model": {"layers": [{"type": "dense", "units": 4}, {"type": "output"}]},
    "train": {"batch_size": 20, "steps": 2},
    "sweep": {"grid": {"model.init": ["zeros", "orthogonal"]}}})");
  EXPECT_EQ(compare_runs(request()).metrics.at(0).metric.name, "final_test_loss");
  CompareRequest asked = request();
  asked.metrics = {"final_test_accuracy"};
  EXPECT_THAT(refusal(asked), HasSubstr("has no such figure; there are: final_test_loss, "
                                        "best_test_loss, final_train_loss, train_loss_area"));
  EXPECT_THAT(refusal(asked), ::testing::Not(HasSubstr("accuracy,")));
  asked.metrics = {"steps_to_0.9"};
  EXPECT_THAT(refusal(asked), HasSubstr("has no such figure"));
}

TEST_F(CompareRunsTest, AnUnknownPathGetsASuggestion) {
  record_all(sweep("", "0..0"));
  CompareRequest asked = request();
  asked.by = {"model.inti"};
  EXPECT_THAT(refusal(asked), HasSubstr("did you mean 'model.init'?"));
}

TEST_F(CompareRunsTest, AnUnknownPathUnlikeAnyIsToldWhatTheSweepSets) {
  record_all(sweep("", "0..0"));
  CompareRequest asked = request();
  asked.where = {"zzz=1"};
  EXPECT_THAT(refusal(asked), HasSubstr("its sweep sets model.init, seed; all that there is"));
}

TEST_F(CompareRunsTest, ANameGivenTwiceIsRefused) {
  record_all(sweep("", "0..0"));
  CompareRequest asked = request();
  asked.by = {"model.init", "model.init"};
  EXPECT_THAT(refusal(asked), HasSubstr("--by: has 'model.init' twice"));
  asked = request();
  asked.metrics = {"final_test_loss", "final_test_loss"};
  EXPECT_THAT(refusal(asked), HasSubstr("--metric: has 'final_test_loss' twice"));
  asked = request();
  asked.pool = {"model.init"};
  EXPECT_THAT(refusal(asked), HasSubstr("--pool model.init: is what --by compares"));
}

TEST_F(CompareRunsTest, ASeedMayBeAsked) {
  record_all(sweep());
  CompareRequest asked = request();
  asked.where = {"seed=1"};
  EXPECT_EQ(compare_runs(asked).runs, 2U);
}

TEST_F(CompareRunsTest, OneSchemeIsNothingToCompare) {
  record_all(sweep("", "0..0"));
  CompareRequest asked = request();
  asked.by = {"train.batch_size"};
  EXPECT_THAT(refusal(asked), HasSubstr("there is nothing to compare; they differ in model.init"));
}

TEST_F(CompareRunsTest, WhatIsTunedCannotBePooled) {
  record_all(sweep(R"(, "train.lr": [0.1, 3e-3])", "0..1"));
  CompareRequest asked = request();
  asked.pool = {"train.lr"};
  EXPECT_THAT(refusal(asked), HasSubstr("is what --rate tunes"));
}

TEST_F(CompareRunsTest, AnUnknownBaselineIsRefusedWithTheNames) {
  record_all(sweep("", "0..0"));
  CompareRequest asked = request();
  asked.baseline = "xavier";
  EXPECT_THAT(refusal(asked), HasSubstr("'kaiming_normal' 'orthogonal'"));
}

TEST_F(CompareRunsTest, RefusesConfigsThatDifferInMoreThanTheSchemeUnlessComparedByName) {
  record_all(plain_config("a", "orthogonal", 2));
  record_all(plain_config("b", "zeros", 3));
  EXPECT_THAT(refusal(request()), HasSubstr("also differ in train.steps (2, 3)"));
  CompareRequest by_name = request();
  by_name.by = {"name"};
  EXPECT_EQ(compare_runs(by_name).runs, 2U);
}

TEST_F(CompareRunsTest, TwoRunsOfOneSeedAreRefused) {
  record_all(plain_config("a", "orthogonal", 2));
  record_all(plain_config("b", "orthogonal", 2));
  record_all(plain_config("c", "zeros", 2));
  EXPECT_THAT(refusal(request()), HasSubstr("two runs hold seed 0"));
}

TEST_F(CompareRunsTest, RunsOfDifferentVersionsAreRefused) {
  const std::vector<Trial> trials = record_all(sweep());
  edit(trials[0], [](Json& run) { run["versions"]["initbench"] = "0.0.1"; });
  EXPECT_THAT(message_of<DataError>([&] { compare_runs(request()); }),
              HasSubstr("was run by initbench"));
}

TEST_F(CompareRunsTest, DifferentDataUnderTheSameSettingsAreRefused) {
  const std::vector<Trial> trials = record_all(sweep());
  edit(trials[0], [](Json& run) { run["dataset"]["digest"] = "0000000000000000"; });
  EXPECT_THAT(refusal(request()), HasSubstr("same settings and seed but different data"));
}

TEST_F(CompareRunsTest, ADamagedRunIsNamed) {
  const std::vector<Trial> trials = record_all(sweep());
  write_text(folder_of(trials[2]) + "/run.json", "{");
  EXPECT_THAT(message_of<DataError>([&] { compare_runs(request()); }), HasSubstr(trials[2].run_id));
}

TEST_F(CompareRunsTest, AFolderWithoutRunsIsRefused) {
  std::filesystem::create_directories(out());
  EXPECT_THAT(message_of<DataError>([&] { compare_runs(request()); }),
              HasSubstr("holds no finished run"));
}

TEST_F(CompareRunsTest, AWhereThatNoRunMeetsSaysWhatThereIs) {
  record_all(sweep("", "0..0"));
  CompareRequest asked = request();
  asked.where = {"train.lr=7"};
  EXPECT_THAT(refusal(asked), HasSubstr("train.lr is 0.1"));
}

}  // namespace
}  // namespace initbench
