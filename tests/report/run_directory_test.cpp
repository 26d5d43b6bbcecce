#include "report/run_directory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/errors.h"
#include "report/folder_fixture.h"

namespace initbench {
namespace {

using testing::content_of;
using testing::FolderTest;
using testing::write_text;

class RunDirectoryTest : public FolderTest {
 protected:
  std::string run() const { return path("runs/name/0123456789abcdef"); }

  /// A run with one row in each table that ended with this status.
  void make_run(RunStatus status) const {
    RunDirectory directory(run());
    directory.begin("{}\n");
    directory.table("curves.csv", "header\n").append("1\n");
    directory.table("layers.csv", "header\n").append("2\n");
    RunSummary summary;
    summary.status = status;
    if (status == RunStatus::diverged) {
      summary.result.train.divergence = Divergence{3, "dense2", "weight"};
    }
    directory.finish(to_json(summary));
  }

  template <class Action>
  static std::string output_error(Action action) {
    try {
      action();
    } catch (const OutputError& error) {
      return error.what();
    }
    ADD_FAILURE() << "no OutputError";
    return "";
  }
};

TEST_F(RunDirectoryTest, RefusesWhatHasTheNamesOfItsFilesAndIsNot) {
  for (const char* name : {"config.json", "run.json", "curves.csv"}) {
    std::filesystem::remove_all(run());
    write_text(run() + "/" + name, "precious");
    RunDirectory directory(run());
    EXPECT_THROW(
        {
          directory.begin("{}\n");
          directory.table("curves.csv", "header\n");
        },
        DataError)
        << name;
    EXPECT_EQ(content_of(run() + "/" + name), "precious");
  }
}

TEST_F(RunDirectoryTest, ReplacesWhatIsForeignWhereThatIsAsked) {
  write_text(run() + "/run.json", "precious");
  write_text(run() + "/curves.csv", "precious");
  RunDirectory directory(run());
  directory.begin("{}\n", Foreign::replaced);
  directory.table("curves.csv", "header\n");
  EXPECT_FALSE(std::filesystem::exists(run() + "/run.json"));
}

// As a crash may leave them: cut off, or written and not yet told of.
TEST_F(RunDirectoryTest, BeginsAnewWhereACrashHasLeftParts) {
  write_text(run() + "/config.json", "{");
  write_text(run() + "/curves.csv", "header\n1\n");
  RunDirectory directory(run());
  directory.begin("{}\n");
  directory.table("curves.csv", "header\n").flush();
  EXPECT_EQ(content_of(run() + "/curves.csv"), "header\n");
}

TEST_F(RunDirectoryTest, IsOutThenNameThenRunId) {
  EXPECT_EQ(run_directory_path("runs", "relu", "0123"), "runs/relu/0123");
}

TEST_F(RunDirectoryTest, HoldsFourFilesWhenFinished) {
  make_run(RunStatus::finished);
  EXPECT_EQ(content_of(run() + "/curves.csv"), "header\n1\n");
  EXPECT_EQ(content_of(run() + "/layers.csv"), "header\n2\n");
  EXPECT_EQ(content_of(run() + "/config.json"), "{}\n");
  const auto json = nlohmann::json::parse(content_of(run() + "/run.json"));
  EXPECT_EQ(json.at("status"), "finished");
  const auto files = std::distance(std::filesystem::directory_iterator(run()), {});
  EXPECT_EQ(files, 4);
  EXPECT_TRUE(finished_run(run()).has_value());
}

TEST_F(RunDirectoryTest, IsFinishedWhenTheRunDiverged) {
  make_run(RunStatus::diverged);
  EXPECT_TRUE(finished_run(run()).has_value());
}

TEST_F(RunDirectoryTest, IsNotFinishedWhenTheRunWasInterrupted) {
  make_run(RunStatus::interrupted);
  EXPECT_FALSE(finished_run(run()).has_value());
}

TEST_F(RunDirectoryTest, IsNotFinishedBeforeRunJsonIsThere) {
  EXPECT_FALSE(finished_run(run()).has_value());
  RunDirectory directory(run());
  directory.begin("{}\n");
  directory.table("curves.csv", "header\n").flush();
  EXPECT_FALSE(finished_run(run()).has_value());
}

TEST_F(RunDirectoryTest, IsNotFinishedWhenATableIsShorterThanItWas) {
  make_run(RunStatus::finished);
  std::filesystem::resize_file(run() + "/layers.csv", 8);
  EXPECT_FALSE(finished_run(run()).has_value());
}

TEST_F(RunDirectoryTest, IsNotFinishedWhenATableIsGone) {
  make_run(RunStatus::finished);
  std::filesystem::remove(run() + "/curves.csv");
  EXPECT_FALSE(finished_run(run()).has_value());
}

TEST_F(RunDirectoryTest, IsNotFinishedForAnyPrefixOfRunJson) {
  make_run(RunStatus::finished);
  const std::string json = content_of(run() + "/run.json");
  for (std::size_t length = 0; length + 2 < json.size(); ++length) {
    write_text(run() + "/run.json", json.substr(0, length));
    EXPECT_FALSE(finished_run(run()).has_value()) << length;
  }
}

TEST_F(RunDirectoryTest, IsNotFinishedForForeignJson) {
  make_run(RunStatus::finished);
  for (const char* json :
       {"[]", "{}", "null", R"({"status": 3, "files": {}})",
        R"({"status": "finished", "files": 1})",
        R"({"status": "finished", "files": {"curves.csv": "9"}})",
        R"({"status": "finished", "files": {"curves.csv": 9, "layers.csv": 9}})"}) {
    write_text(run() + "/run.json", json);
    EXPECT_FALSE(finished_run(run()).has_value()) << json;
  }
}

TEST_F(RunDirectoryTest, BeginsAnewOverAFinishedRun) {
  make_run(RunStatus::finished);
  RunDirectory directory(run());
  EXPECT_TRUE(finished_run(run()).has_value()) << "opening alone changes nothing";
  directory.begin("{}");
  EXPECT_FALSE(finished_run(run()).has_value());
  EXPECT_FALSE(std::filesystem::exists(run() + "/run.json"));
  directory.table("curves.csv", "header\n").flush();
  EXPECT_EQ(content_of(run() + "/curves.csv"), "header\n");
  EXPECT_EQ(content_of(run() + "/config.json"), "{}");
}

/// A run killed after the mark of its first row, in the middle of its second.
TableMarks make_killed_run(const std::string& path) {
  RunDirectory directory(path);
  directory.begin("{}\n");
  directory.table("spectra.csv", "header\n").append("1\n");
  TableMarks marks = directory.synchronize_tables();
  directory.table("spectra.csv", "header\n").append("2 and");
  directory.table("later.csv", "header\n").append("1\n");
  directory.synchronize_tables();
  return marks;
}

TEST_F(RunDirectoryTest, GoesOnWithItsTablesWhereTheirMarksAre) {
  const TableMarks marks = make_killed_run(run());
  RunDirectory directory(run());
  directory.resume("{}\n", marks);
  directory.table("spectra.csv", "header\n").append("2\n");
  directory.table("later.csv", "header\n").append("1, again\n");
  directory.synchronize_tables();
  EXPECT_EQ(content_of(run() + "/spectra.csv"), "header\n1\n2\n");
  EXPECT_EQ(content_of(run() + "/later.csv"), "header\n1, again\n");
}

TEST_F(RunDirectoryTest, RefusesToGoOnWithATableThatWasChangedAndChangesNothing) {
  const TableMarks marks = make_killed_run(run());
  write_text(run() + "/spectra.csv", "header\r\n1\r\n2 and");
  write_text(run() + "/run.json", "{}");
  RunDirectory directory(run());
  EXPECT_THROW(directory.resume("{}\n", marks), DataError);
  EXPECT_EQ(content_of(run() + "/spectra.csv"), "header\r\n1\r\n2 and");
  EXPECT_EQ(content_of(run() + "/run.json"), "{}");
}

TEST_F(RunDirectoryTest, BeginsAnewWithoutTheCheckpoint) {
  write_text(checkpoint_path(run()), "old");
  write_text(checkpoint_path(run()) + ".tmp", "of a crash");
  RunDirectory directory(run());
  directory.begin("{}");
  EXPECT_FALSE(std::filesystem::exists(checkpoint_path(run())));
  EXPECT_FALSE(std::filesystem::exists(checkpoint_path(run()) + ".tmp"));
}

TEST_F(RunDirectoryTest, BelongsToOneWriterAtATime) {
  const RunDirectory first(run());
  const std::string message = output_error([&] { const RunDirectory second(run()); });
  EXPECT_EQ(message, run() +
                         ": another initbench process is writing this run; wait until it ends, "
                         "or choose another folder with --out");
}

TEST_F(RunDirectoryTest, IsFreeAgainAfterItsWriter) {
  { const RunDirectory first(run()); }
  EXPECT_NO_THROW(const RunDirectory second(run()));
}

TEST_F(RunDirectoryTest, NamesTheFileThatIsInTheWay) {
  write_text(path("runs/name"), "a file");
  const std::string message = output_error([&] { const RunDirectory directory(run()); });
  EXPECT_EQ(message, run() + ": cannot be created: " + path("runs/name") +
                         " is not a folder; move it away, or choose another --out");
}

TEST_F(RunDirectoryTest, OnAFullDiskIsNeverAFinishedRun) {
  std::filesystem::create_directories(run());
  std::filesystem::create_symlink("/dev/full", run() + "/layers.csv");
  RunDirectory directory(run());
  directory.begin("{}");
  directory.table("layers.csv", "header\n");
  output_error([&] { directory.finish({{"status", "finished"}}); });
  EXPECT_FALSE(finished_run(run()).has_value());
}

using ProveWritable = FolderTest;

TEST_F(ProveWritable, MakesTheFolderAndLeavesItEmpty) {
  prove_writable(path("a/b"));
  EXPECT_TRUE(std::filesystem::is_empty(path("a/b")));
}

TEST_F(ProveWritable, RefusesAFile) {
  write_text(path("runs"), "a file");
  EXPECT_THROW(prove_writable(path("runs")), OutputError);
  EXPECT_THROW(prove_writable(path("runs/below")), OutputError);
}

TEST_F(ProveWritable, RefusesAFolderThatCannotBeWritten) {
  std::filesystem::create_directory(path("closed"));
  std::filesystem::permissions(path("closed"), std::filesystem::perms::owner_read);
  if (::geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  EXPECT_THROW(prove_writable(path("closed")), OutputError);
}

}  // namespace
}  // namespace initbench
