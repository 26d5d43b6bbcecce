#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "base/errors.h"
#include "report/merge_fixture.h"
#include "report/recorded_runs.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using ::testing::HasSubstr;
using testing::MergeTest;
using testing::message_of;
using testing::write_text;

TEST_F(MergeTest, MergesAgainOverItsOwnTablesOnly) {
  record(trials_of().front());
  merge_runs({.folder = out()});
  merge_runs({.folder = out()});
  const std::string runs = out() + "/merged/runs.csv";
  write_text(runs, content_of(runs) + "my own row\n");
  EXPECT_THAT(output_error(), HasSubstr("runs.csv: was changed after it was merged"));
  fs::remove(out() + "/merged/merge.json");
  EXPECT_THAT(output_error(), HasSubstr("runs.csv: was not written by merge; move it away"));
  EXPECT_THAT(content_of(runs), HasSubstr("my own row"));
}

TEST_F(MergeTest, KnowsTablesAgainThatAKilledMergeLeftOfEitherKind) {
  const std::vector<Trial> trials = trials_of();
  record(trials[0]);
  merge_runs({.folder = out()});
  const std::string old_runs = content_of(out() + "/merged/runs.csv");
  const std::string old_size = std::to_string(old_runs.size());
  record(trials[1]);
  merge_runs({.folder = out()});
  const std::string whole = content_of(out() + "/merged/runs.csv");
  // As when it was killed after its record, before its first table took its place.
  write_text(out() + "/merged/runs.csv", old_runs);
  EXPECT_THAT(output_error(), HasSubstr("was changed after it was merged"));
  replace_in(out() + "/merged/merge.json", "\"files\"",
             "\"replaces\": {\"runs.csv\": " + old_size + "},\n  \"files\"");
  merge_runs({.folder = out()});
  EXPECT_EQ(content_of(out() + "/merged/runs.csv"), whole);
}

TEST_F(MergeTest, IsAloneInItsFolder) {
  record(trials_of().front());
  merge_runs({.folder = out()});
  const std::string folder = out() + "/merged";
  const int other = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(other, LOCK_EX | LOCK_NB), 0);
  EXPECT_THAT(output_error(), HasSubstr("another initbench process is merging here"));
  ::close(other);
  EXPECT_EQ(merge_runs({.folder = out()}).merged, 1U);
}

TEST_F(MergeTest, NamesWhatIsMissingInRunJson) {
  const std::string run = record(trials_of().front());
  replace_in(run + "/run.json", "\"processor\"", "\"prozessor\"");
  EXPECT_THAT(merge_error(), HasSubstr("run.json: has no processor"));
}

TEST_F(MergeTest, RefusesForeignFilesAndWritesNothing) {
  record(trials_of().front());
  write_text(out() + "/thesis.tex", "x");
  EXPECT_THAT(merge_error(), HasSubstr("thesis.tex: is no run of initbench"));
  EXPECT_FALSE(fs::exists(out() + "/merged"));
}

TEST_F(MergeTest, RefusesRunsOfAnotherPlan) {
  const std::vector<Trial> trials = record_all();
  write_plan_of(std::span(trials).first(2));
  EXPECT_THAT(merge_error(), HasSubstr("it is of another plan"));
}

TEST_F(MergeTest, RefusesRunsOfDifferentVersions) {
  const std::vector<Trial> trials = record_all();
  replace_in(folder_of(trials[2]) + "/run.json", "\"initbench\": \"", "\"initbench\": \"9.");
  EXPECT_THAT(merge_error(), HasSubstr("by initbench"));
}

TEST_F(MergeTest, RefusesTheSameRunTwice) {
  const std::string run = record(trials_of().front());
  fs::create_directories(out() + "/copy");
  fs::copy(run, out() + "/copy/" + fs::path(run).filename().string());
  EXPECT_THAT(merge_error(), HasSubstr("is the same run as"));
}

TEST_F(MergeTest, RefusesAFolderWithoutRunsAndASingleRun) {
  fs::create_directories(out());
  EXPECT_THAT(merge_error(), HasSubstr("holds no runs"));
  const std::string run = record(trials_of().front());
  EXPECT_THAT(message_of<DataError>([&] { merge_runs({.folder = run}); }),
              HasSubstr("is a single run"));
}

TEST_F(MergeTest, OnAFullDiskLeavesWhatWasThere) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  record(trials_of().front());
  merge_runs({.folder = out()});
  const std::string before = content_of(out() + "/merged/runs.csv");
  record(trials_of().back());
  fs::create_symlink("/dev/full", out() + "/merged/layers.csv.tmp");
  EXPECT_THAT(output_error(), HasSubstr("layers.csv.tmp: cannot be written"));
  EXPECT_EQ(content_of(out() + "/merged/runs.csv"), before);
  EXPECT_FALSE(fs::exists(out() + "/merged/curves.csv.tmp"));
}

}  // namespace
}  // namespace initbench
