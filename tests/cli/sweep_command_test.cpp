#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "cli/shell_fixture.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using ::testing::HasSubstr;
using testing::ShellResult;
using testing::ShellTest;
using testing::write_text;

class SweepCommand : public ShellTest {
 protected:
  /// Twelve runs of three sizes.
  void sweep_config() const {
    write_text(folder() / "sweep.json", R"({
      "data": {"dataset": "blobs", "train_size": 64, "test_size": 16},
      "model": {"layers": [{"type": "dense", "units": 4}, {"type": "output"}]},
      "train": {"lr": 0.1, "batch_size": 32, "steps": 4}, "log": {"every": 2},
      "sweep": {"grid": {"model.init": ["kaiming_normal", "zeros"],
                         "model.layers.0.repeat": [1, 2, 8], "seed": "0..1"}}
    })");
  }
  /// Settings that no check finds: a folder stands where the run's table should be.
  void spoil_first_run() const {
    const ShellResult plan = initbench("--config sweep.json --dry-run");
    std::string line = plan.lines().at(1);
    fs::create_directories(folder() / line.substr(line.rfind(' ') + 1) / "curves.csv");
  }
  std::string merged(const std::string& out) const {
    std::string all;
    for (const char* table : {"runs.csv", "curves.csv", "layers.csv"}) {
      all += content_of(folder() / out / "merged" / table);
    }
    return all;
  }
  std::size_t runs_in(const std::string& out) const {
    std::size_t runs = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder() / out)) {
      if (entry.path().filename() == "run.json") ++runs;
    }
    return runs;
  }
};

TEST_F(SweepCommand, MergesToTheSameBytesHoweverItIsSharedOut) {
  sweep_config();
  std::vector<std::string> tables;
  for (const int shards : {1, 2, 3, 7}) {
    const std::string out = "of_" + std::to_string(shards);
    std::vector<int> order;
    for (int shard = 0; shard < shards; ++shard) order.push_back(shard);
    std::shuffle(order.begin(), order.end(), std::mt19937(5));
    std::size_t runs = 0;
    for (const int shard : order) {
      const std::string part = std::to_string(shard) + "/" + std::to_string(shards);
      const ShellResult result =
          initbench("--config sweep.json --jobs 2 --out " + out + " --shard " + part);
      EXPECT_EQ(result.exit_code, 0) << result.errors;
      EXPECT_EQ(result.last_line(), out);
      const std::size_t now = runs_in(out);
      EXPECT_GT(now, runs) << "twelve runs have something for each of seven";
      runs = now;
    }
    EXPECT_EQ(runs, 12U);
    const ShellResult merge = initbench("merge " + out);
    EXPECT_EQ(merge.exit_code, 0) << merge.errors;
    EXPECT_EQ(merge.last_line(), out + "/merged");
    tables.push_back(merged(out));
  }
  for (const std::string& table : tables) EXPECT_EQ(table, tables[0]);
}

TEST_F(SweepCommand, TakesItsPartFromSlurmsVariables) {
  sweep_config();
  const ShellResult result = shell(
      "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=2 "
      "SLURM_ARRAY_TASK_COUNT=3 \"$initbench\" --config sweep.json --shard auto");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.errors, HasSubstr("shard 1/3: 4 of 12 runs"));
  EXPECT_EQ(initbench("--config sweep.json --shard 3/3").exit_code, 2);
}

TEST_F(SweepCommand, RecordsAFailureAndGoesOnWithTheRest) {
  sweep_config();
  spoil_first_run();
  const ShellResult result = initbench("--config sweep.json");
  EXPECT_EQ(result.exit_code, 3) << result.errors;
  EXPECT_EQ(runs_in("runs"), 11U);
  const ShellResult merge = initbench("merge runs");
  EXPECT_EQ(merge.exit_code, 3);
  EXPECT_THAT(merge.errors, HasSubstr(": failed: "));
  EXPECT_THAT(merge.errors, HasSubstr("1 failed; start the sweep again"));
}

TEST_F(SweepCommand, StartsNoMoreAfterAFailureWhenToldSo) {
  sweep_config();
  spoil_first_run();
  const ShellResult failed = initbench("--config sweep.json --fail-fast");
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_THAT(failed.errors, HasSubstr("11 runs were not started after the failure"));
  EXPECT_EQ(runs_in("runs"), 0U);
  const ShellResult merge = initbench("merge runs");
  EXPECT_THAT(merge.errors, HasSubstr("1 failed, 11 missing"));
  EXPECT_THAT(merge.errors, HasSubstr("(model.init=\"kaiming_normal\", "));
}

TEST_F(SweepCommand, LeavesARunToTheProcessThatIsWritingIt) {
  sweep_config();
  const std::string line = initbench("--config sweep.json --dry-run").lines().at(1);
  const fs::path run = folder() / line.substr(line.rfind(' ') + 1);
  fs::create_directories(run);
  const int config = ::open((run / "config.json").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  ASSERT_EQ(::flock(config, LOCK_EX), 0);
  const ShellResult result = initbench("--config sweep.json");
  ::close(config);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("1 runs are being written by other processes"));
  EXPECT_EQ(runs_in("runs"), 11U);
  EXPECT_EQ(initbench("--config sweep.json").exit_code, 0);
  EXPECT_EQ(runs_in("runs"), 12U);
}

TEST_F(SweepCommand, GrowsInItsFolder) {
  const std::string config = small_config();
  for (const char* seeds : {"0..1", "0..3", "3..5"}) {
    EXPECT_EQ(initbench("--config " + config + " --seeds " + seeds).exit_code, 0);
    EXPECT_EQ(initbench("merge runs").exit_code, 0);
  }
  EXPECT_THAT(initbench("merge runs").errors, HasSubstr("6 of 6 runs merged"));
}

TEST_F(SweepCommand, SaysHowMuchTimeIsLeft) {
  sweep_config();
  const ShellResult result = initbench("--config sweep.json");
  EXPECT_THAT(result.errors, HasSubstr("s left"));
  EXPECT_THAT(result.errors, HasSubstr("[12/12]"));
}

TEST_F(SweepCommand, IsRefusedAsAWholeForOneWrongCell) {
  sweep_config();
  const ShellResult result = initbench("--config sweep.json --sweep train.lr=0.1,fast");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("in 12 of 24 runs, first with"));
  EXPECT_FALSE(fs::exists(folder() / "runs"));
}

TEST_F(SweepCommand, OfTooManyRunsNeedsALimitToMatch) {
  sweep_config();
  const ShellResult result = initbench("--config sweep.json --max-runs 11 --dry-run");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("has 12 runs (2 x 3 x 2), more than 11"));
  EXPECT_EQ(initbench("--config sweep.json --max-runs 12 --dry-run").exit_code, 0);
  const std::string two =
      initbench("--config sweep.json " + small_config() + " --max-runs 12 " + "--dry-run").errors;
  EXPECT_THAT(two, HasSubstr("the configs together have 13 runs, more than 12"));
}

TEST_F(SweepCommand, MergesRunsOfSeparateCommands) {
  const std::string config = small_config();
  for (const char* seed : {"1", "0"}) initbench("--config " + config + " --seed " + seed);
  const ShellResult merge = initbench("merge runs");
  EXPECT_EQ(merge.exit_code, 0) << merge.errors;
  EXPECT_THAT(merge.errors, HasSubstr("2 of 2 runs merged"));
}

TEST_F(SweepCommand, RefusesToMergeWhatIsNoFolderOfRuns) {
  write_text(folder() / "other/notes.txt", "x");
  const ShellResult result = initbench("merge other");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.errors, HasSubstr("other/notes.txt: is no run of initbench"));
  EXPECT_EQ(initbench("merge nowhere").exit_code, 4);
  EXPECT_EQ(initbench("merge").exit_code, 2);
  EXPECT_THAT(initbench("merge other --accuracies 2").errors, HasSubstr("--accuracies"));
}

}  // namespace
}  // namespace initbench
