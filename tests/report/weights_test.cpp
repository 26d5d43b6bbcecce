#include "report/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <vector>

#include "base/errors.h"
#include "experiment/config_json.h"
#include "experiment/planned_trials.h"
#include "experiment/weight_files.h"
#include "report/folder_fixture.h"
#include "report/record_run.h"

namespace initbench {
namespace {

using initbench::testing::FolderTest;
using ::testing::HasSubstr;

class WeightsTest : public FolderTest {
 protected:
  /// A run of seven steps that logs every third one.
  RecordedRun run(const std::string& weights, const std::string& lr = "0.1",
                  bool force = false) const {
    const std::string text =
        R"({"name": "small", "data": {"dataset": "blobs", "train_size": 64, "test_size": 16},
            "model": {"layers": [{"type": "dense", "units": 5}, {"type": "output"}]},
            "train": {"steps": 7, "batch_size": 16, "lr": )" +
        lr + R"(}, "log": {"every": 3, "weights": ")" + weights + "\"}}";
    DataCache cache;
    return record_run(testing::planned_trial(text), {.out = path("runs"), .force = force}, cache,
                      {});
  }

  static std::set<std::string> files_of_weights(const RecordedRun& run) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(run.directory)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("weights")) names.insert(name);
    }
    return names;
  }

  static std::string bytes(const RecordedRun& run, const std::string& moment) {
    return initbench::testing::content_of(run.directory + "/weights_" + moment + ".safetensors");
  }

  static WeightFile tensors(const RecordedRun& run, const std::string& moment) {
    return parse_safetensors(bytes(run, moment), moment);
  }

  /// A table without its first column, the run's id.
  static std::string table(const RecordedRun& run, const std::string& name) {
    std::istringstream rows(initbench::testing::content_of(run.directory + "/" + name));
    std::string text;
    for (std::string row; std::getline(rows, row);) text += row.substr(row.find(',')) + "\n";
    return text;
  }
};

TEST_F(WeightsTest, AreWrittenAtTheMomentsThatAreAskedFor) {
  using Names = std::set<std::string>;
  EXPECT_EQ(files_of_weights(run("none")), Names{});
  EXPECT_EQ(files_of_weights(run("init")), Names{"weights_init.safetensors"});
  EXPECT_EQ(files_of_weights(run("final")), Names{"weights_final.safetensors"});
  EXPECT_EQ(files_of_weights(run("all")),
            (Names{"weights_init.safetensors", "weights_0.safetensors", "weights_3.safetensors",
                   "weights_6.safetensors", "weights_7.safetensors", "weights_final.safetensors"}));
}

TEST_F(WeightsTest, AreThoseBeforeTheFirstAndAfterTheLastUpdate) {
  const RecordedRun all = run("all");
  EXPECT_EQ(tensors(all, "init").at("dense1.weight").values,
            tensors(all, "0").at("dense1.weight").values);
  EXPECT_EQ(tensors(all, "final").at("dense1.weight").values,
            tensors(all, "7").at("dense1.weight").values);
  EXPECT_NE(tensors(all, "final").at("dense1.weight").values,
            tensors(all, "6").at("dense1.weight").values);
  EXPECT_EQ(tensors(all, "init").size(), 4U);
}

TEST_F(WeightsTest, KeepNothingButTheRunAndTheStepAsMetadata) {
  const RecordedRun final = run("final");
  const std::string id = std::filesystem::path(final.directory).filename().string();
  EXPECT_THAT(bytes(final, "final"),
              HasSubstr(R"({"__metadata__":{"run_id":")" + id + R"(","step":"7"},)"));
}

TEST_F(WeightsTest, HaveTheSameBytesWhenTheRunIsDoneAgain) {
  const std::string first = bytes(run("final"), "final");
  EXPECT_EQ(bytes(run("final", "0.1", true), "final"), first);
}

TEST_F(WeightsTest, LeaveTheTrainingAsItIs) {
  const RecordedRun without = run("none");
  const RecordedRun with = run("all");
  for (const char* name : {"curves.csv", "layers.csv"}) {
    EXPECT_EQ(table(with, name), table(without, name)) << name;
  }
}

TEST_F(WeightsTest, OfADivergedRunAreWrittenAsTheyAreAtThatStep) {
  const RecordedRun diverged = run("final", "1e30");
  ASSERT_EQ(diverged.summary.status, RunStatus::diverged);
  EXPECT_THAT(bytes(diverged, "final"), HasSubstr("\"step\":\"1\""));
  const std::vector<Scalar> weights = tensors(diverged, "final").at("output.weight").values;
  EXPECT_GT(*std::max_element(weights.begin(), weights.end()), 1e20);
}

TEST_F(WeightsTest, ThatCannotBeWrittenAreAnOutputError) {
  const ExperimentConfig config =
      read_config(R"({"model": {"layers": [{"type": "output"}]}})", "a.json", {});
  const Network network = build_network(config, load_data(config.data, 0).train);
  EXPECT_THROW(
      write_weights(path("no such folder"), network, {.name = "init", .run_id = "0", .step = 0}),
      OutputError);
}

}  // namespace
}  // namespace initbench
