#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/shell_fixture.h"

namespace initbench {
namespace {

using testing::content_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ShellResult;
using testing::ShellTest;
using ::testing::StartsWith;
using testing::write_text;

using RunTest = ShellTest;

TEST_F(RunTest, EndsWithTheRunsDirectoryOnStandardOutput) {
  small_config();
  const ShellResult result = initbench("--config small.json");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.last_line(), StartsWith("runs/small/"));
  EXPECT_THAT(result.output, HasSubstr("at initialization"));
  EXPECT_THAT(result.output, HasSubstr("after 30 updates"));
  EXPECT_THAT(result.output, Not(HasSubstr("\033"))) << "no colours in a file";
  for (const char* file : {"curves.csv", "layers.csv", "run.json", "config.json"}) {
    EXPECT_TRUE(std::filesystem::exists(folder() / result.last_line() / file)) << file;
  }
}

TEST_F(RunTest, ShowsTheLossFallingOnStandardErrorUnlessQuiet) {
  small_config();
  EXPECT_THAT(initbench("--config small.json").errors, HasSubstr("step 27/30  loss "));
  EXPECT_EQ(initbench("--config small.json --force -q").errors, "");
}

TEST_F(RunTest, WarnsOfThreadsThatOutnumberTheCores) {
  small_config();
  const std::string twice_the_cores = std::to_string(2 * std::thread::hardware_concurrency());
  EXPECT_THAT(initbench("--config small.json --threads " + twice_the_cores).errors,
              HasSubstr("--threads " + twice_the_cores));
  EXPECT_THAT(initbench("--config small.json --force --jobs " + twice_the_cores).errors,
              Not(HasSubstr("--threads")));
}

TEST_F(RunTest, WritesAnalyzableTables) {
  small_config();
  const ShellResult result = initbench("--config small.json");
  const std::string curves = content_of(folder() / result.last_line() / "curves.csv");
  const std::string layers = content_of(folder() / result.last_line() / "layers.csv");
  // Steps 0, 5, ..., 30 of train and, with 7 steps an epoch, tests at 0, 7, 14, 21, 28 and 30.
  EXPECT_EQ(std::count(curves.begin(), curves.end(), '\n'), 1 + 7 + 6);
  EXPECT_EQ(std::count(layers.begin(), layers.end(), '\n'), 1 + 7 * 3);
  const auto run = nlohmann::json::parse(content_of(folder() / result.last_line() / "run.json"));
  EXPECT_EQ(run.at("status"), "finished");
  EXPECT_EQ(run.at("steps"), 30);
  EXPECT_LT(run.at("final").at("train").at("loss"), run.at("initial").at("train").at("loss"));
}

/// The cells of one column, by its header.
std::vector<std::string> column(const std::string& csv, const std::string& name) {
  const auto split = [](const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == ',') {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
    return cells;
  };
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> header = split(line);
  const auto place = std::find(header.begin(), header.end(), name) - header.begin();
  std::vector<std::string> cells;
  while (std::getline(lines, line)) cells.push_back(split(line)[static_cast<std::size_t>(place)]);
  return cells;
}

TEST_F(RunTest, KnowsTheUpdateOfEveryLoggedStepButTheLast) {
  small_config();
  const ShellResult result = initbench("--config small.json");
  const std::string layers = content_of(folder() / result.last_line() / "layers.csv");
  const std::vector<std::string> steps = column(layers, "step");
  const std::vector<std::string> ratios = column(layers, "update_ratio");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(ratios[i].empty(), steps[i] == "30") << "row " << i;
  }
}

TEST_F(RunTest, GivesTheSameBytesTwiceFromTwoFoldersAndWithTwoJobs) {
  small_config();
  std::filesystem::create_directory(path("elsewhere"));
  const ShellResult one = initbench("--config small.json --seeds 0..3 --out one --jobs 1");
  const ShellResult two =
      shell("cd elsewhere && \"$initbench\" --config ../small.json --seeds 0..3 --out ../two -j 2");
  ASSERT_EQ(one.exit_code, 0) << one.errors;
  ASSERT_EQ(two.exit_code, 0) << two.errors;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path("one"))) {
    if (!entry.is_regular_file() || entry.path().filename() == "run.json") continue;
    const auto other = folder() / "two" / std::filesystem::relative(entry.path(), path("one"));
    EXPECT_EQ(content_of(entry.path()), content_of(other)) << other;
    ++files;
  }
  EXPECT_EQ(files, 4U * 4U + 1U) << "four files a run, and the plan";
}

TEST_F(RunTest, ShowsALinePerSeedAndThenTheOutputFolder) {
  small_config();
  const ShellResult result = initbench("--config small.json --seeds 0..2 --jobs 2");
  ASSERT_EQ(result.lines().size(), 5U) << result.output;
  EXPECT_THAT(result.lines()[0], StartsWith("status"));
  EXPECT_EQ(result.last_line(), "runs");
  for (int i : {1, 2, 3}) {
    const std::string& line = result.lines()[static_cast<std::size_t>(i)];
    const std::string directory = line.substr(line.rfind(' ') + 1);
    EXPECT_TRUE(std::filesystem::exists(folder() / directory / "run.json")) << line;
  }
}

TEST_F(RunTest, DoesNotRunAFinishedRunAgainUnlessForced) {
  small_config();
  const ShellResult first = initbench("--config small.json");
  const auto written = [&] {
    return std::filesystem::last_write_time(folder() / first.last_line() / "run.json");
  };
  const auto before = written();
  const ShellResult again = initbench("--config small.json");
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.errors, HasSubstr("finished before"));
  EXPECT_EQ(again.last_line(), first.last_line());
  EXPECT_EQ(written(), before);
  EXPECT_EQ(initbench("--config small.json --force").exit_code, 0);
  EXPECT_NE(written(), before);
}

TEST_F(RunTest, RunsAgainWhatIsNotFinished) {
  small_config();
  const ShellResult first = initbench("--config small.json");
  const auto curves = folder() / first.last_line() / "curves.csv";
  const std::string complete = content_of(curves);
  std::filesystem::resize_file(curves, 100);
  EXPECT_EQ(initbench("--config small.json").exit_code, 0);
  EXPECT_EQ(content_of(curves), complete);
}

TEST_F(RunTest, RunsWhatIsAskedForTwiceOnce) {
  small_config();
  const ShellResult result = initbench("--config small.json small.json");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.errors, HasSubstr("asked for twice"));
  EXPECT_THAT(result.last_line(), StartsWith("runs/small/"));
}

TEST_F(RunTest, OfItsOwnResolvedConfigHasTheSameRunId) {
  small_config();
  const ShellResult first = initbench("--config small.json");
  const ShellResult again =
      initbench("--config '" + first.last_line() + "/config.json' --out again");
  EXPECT_EQ(again.last_line(), "again" + first.last_line().substr(4));
}

TEST_F(RunTest, MeasuresInitializationAloneWithZeroSteps) {
  small_config();
  const ShellResult result = initbench("--config small.json --set train.steps=0");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("at initialization"));
  EXPECT_THAT(result.output, Not(HasSubstr("after ")));
  const std::string layers = content_of(folder() / result.last_line() / "layers.csv");
  EXPECT_EQ(std::count(layers.begin(), layers.end(), '\n'), 1 + 3);
}

TEST_F(RunTest, ThatDivergesIsAResultWithItsPlace) {
  small_config();
  const ShellResult result = initbench("--config small.json --set train.lr=1e25");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("diverged at step "));
  const auto run = nlohmann::json::parse(content_of(folder() / result.last_line() / "run.json"));
  EXPECT_EQ(run.at("status"), "diverged");
  EXPECT_FALSE(run.at("divergence").at("layer").get<std::string>().empty());
  const std::string curves = content_of(folder() / result.last_line() / "curves.csv");
  EXPECT_EQ(column(curves, "step").back(), run.at("divergence").at("step").dump());
  EXPECT_EQ(curves.back(), '\n');
}

/// Starts a run that would take days, waits for its first rows, and sends it a signal. A shell
/// starts background jobs with SIGINT ignored; env takes that back.
std::string interrupted_by(const std::string& signal) {
  return "env --default-signal=INT \"$initbench\" --config small.json "
         "--set train.steps=1000000000 --force & p=$!; "
         "while ! grep -q ',train,' runs/small/*/curves.csv 2>/dev/null; do sleep 0.01; done; "
         "kill -" +
         signal + " $p; wait $p";
}

TEST_F(RunTest, InterruptedFinishesItsStepAndSaysSo) {
  small_config();
  for (const auto& [signal, code] : {std::pair{"INT", 130}, std::pair{"TERM", 143}}) {
    const ShellResult result = shell(interrupted_by(signal));
    EXPECT_EQ(result.exit_code, code) << result.errors;
    EXPECT_THAT(result.output, HasSubstr("interrupted after "));
    const auto run = nlohmann::json::parse(content_of(folder() / result.last_line() / "run.json"));
    EXPECT_EQ(run.at("status"), "interrupted");
    std::filesystem::remove_all(path("runs"));
  }
}

TEST_F(RunTest, IgnoresAnInterruptThatItsParentIgnores) {
  small_config();
  const ShellResult result =
      shell("trap '' INT; \"$initbench\" --config small.json & p=$!; kill -INT $p; wait $p");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
}

TEST_F(RunTest, RefusesTheDirectoryOfARunThatIsBeingWritten) {
  small_config();
  const ShellResult result = shell(
      "\"$initbench\" -q --config small.json --set train.steps=1000000000 & p=$!; "
      "while ! grep -q ',train,' runs/small/*/curves.csv 2>/dev/null; do sleep 0.01; done; "
      "\"$initbench\" -q --config small.json --set train.steps=1000000000; code=$?; "
      "kill -KILL $p; exit $code");
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.errors, HasSubstr("another initbench process is writing this run"));
}

using OutputTest = ShellTest;

TEST_F(OutputTest, ToAFolderThatCannotBeMadeFailsBeforeAnythingRuns) {
  small_config();
  write_text(folder() / "runs", "a file");
  const ShellResult result = initbench("--config small.json");
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.errors, HasSubstr("runs is not a folder"));
  EXPECT_THAT(result.errors, HasSubstr("--out"));
}

TEST_F(OutputTest, OfATableToAFullDiskFailsAndIsNoFinishedRun) {
  small_config();
  const std::string directory = initbench("--config small.json").last_line();
  for (const char* table : {"curves.csv", "layers.csv"}) {
    std::filesystem::remove(folder() / directory / table);
    std::filesystem::create_symlink("/dev/full", folder() / directory / table);
    const ShellResult result = initbench("--config small.json");
    EXPECT_EQ(result.exit_code, 5) << table;
    EXPECT_THAT(result.errors, HasSubstr("No space left on device"));
    EXPECT_FALSE(std::filesystem::exists(folder() / directory / "run.json"));
    std::filesystem::remove(folder() / directory / table);
  }
}

TEST_F(OutputTest, PastAFileSizeLimitIsAnErrorAndNoSignal) {
  small_config();
  const ShellResult result =
      shell("(ulimit -f 4; exec \"$initbench\" --config small.json --set log.every=1)");
  EXPECT_EQ(result.exit_code, 5) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("File too large"));
}

TEST_F(OutputTest, ToAFullOrClosedStandardOutputIsAnError) {
  EXPECT_EQ(initbench("list >/dev/full").exit_code, 5);
  const ShellResult closed = initbench("list schemes >&-");
  EXPECT_EQ(closed.exit_code, 5);
  EXPECT_THAT(closed.errors, HasSubstr("standard output"));
}

TEST_F(OutputTest, WithClosedStreamsNeverLandsInAFileOfTheRun) {
  small_config();
  EXPECT_EQ(initbench("--config small.json >&- 2>&- <&-").exit_code, 5);
  const std::string directory = initbench("--config small.json").last_line();
  EXPECT_EQ(initbench("--config small.json --out open").exit_code, 0);
  const auto twin = folder() / ("open" + directory.substr(4));
  for (const char* file : {"curves.csv", "layers.csv", "config.json"}) {
    EXPECT_EQ(content_of(folder() / directory / file), content_of(twin / file)) << file;
  }
}

TEST_F(OutputTest, ToAReaderThatGoesAwayIsNoError) {
  const ShellResult result = shell("{ \"$initbench\" list; echo $? >code; } | head -n 1");
  EXPECT_EQ(result.output, "schemes\n");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(content_of(folder() / "code"), "0\n");
}

}  // namespace
}  // namespace initbench
