#include "report/output_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>

#include "base/errors.h"
#include "report/folder_fixture.h"

namespace initbench {
namespace {

using testing::content_of;
using testing::FolderTest;
using testing::write_text;

using OutputFileTest = FolderTest;

/// What the OutputError of `action` says; a failed test when there is none.
template <class Action>
std::string output_error(Action action) {
  try {
    action();
  } catch (const OutputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no OutputError";
  return "";
}

TEST_F(OutputFileTest, HoldsWhatWasAppendedAfterClose) {
  OutputFile file(path("a.csv"));
  file.append("one\n");
  file.append("two\n");
  file.close();
  EXPECT_EQ(content_of(path("a.csv")), "one\ntwo\n");
  EXPECT_EQ(file.mark().size, 8);
}

TEST_F(OutputFileTest, EmptiesTheOldFileAtOnce) {
  write_text(path("a.csv"), "old");
  const OutputFile file(path("a.csv"));
  EXPECT_EQ(content_of(path("a.csv")), "");
}

TEST_F(OutputFileTest, CanBeReadAlongAfterFlush) {
  OutputFile file(path("a.csv"));
  file.append("row\n");
  file.flush();
  EXPECT_EQ(content_of(path("a.csv")), "row\n");
}

TEST_F(OutputFileTest, WritesMoreThanItsMemoryHolds) {
  const std::string block(100'000, 'x');
  OutputFile file(path("big"));
  for (int i = 0; i < 30; ++i) file.append(block);
  file.close();
  EXPECT_EQ(std::filesystem::file_size(path("big")), 3'000'000U);
}

TEST_F(OutputFileTest, OnAFullDiskIsAnErrorThatNamesPathAndRemedy) {
  OutputFile file("/dev/full");
  file.append("a few bytes that fit into memory");
  const std::string message = output_error([&] { file.close(); });
  EXPECT_EQ(message,
            "/dev/full: cannot be written: No space left on device; free some space there, or "
            "work in a folder elsewhere");
}

TEST_F(OutputFileTest, PastTheFileSizeLimitIsAnError) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &small);
  OutputFile file(path("limited"));
  file.append(std::string(2000, 'x'));
  const std::string message = output_error([&] { file.flush(); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
}

TEST_F(OutputFileTest, InAFolderThatIsNotThereIsAnError) {
  const std::string message = output_error([&] { OutputFile file(path("no/such/file")); });
  EXPECT_NE(message.find("No such file or directory"), std::string::npos) << message;
}

TEST_F(OutputFileTest, ThatIsAFolderIsAnErrorWithARemedy) {
  std::filesystem::create_directory(path("curves.csv"));
  const std::string message = output_error([&] { OutputFile file(path("curves.csv")); });
  EXPECT_NE(message.find("move that folder away"), std::string::npos) << message;
}

TEST_F(OutputFileTest, MovesWithItsContent) {
  OutputFile first(path("a"));
  first.append("x");
  OutputFile second(std::move(first));
  second.append("y");
  second.close();
  EXPECT_EQ(content_of(path("a")), "xy");
}

TEST_F(OutputFileTest, GoesOnWhereItsMarkIsAndCutsOffTheRest) {
  OutputFile first(path("a"));
  first.append("one\n");
  const FileMark mark = first.mark();
  first.append("two, of which nobody knows\n");
  first.close();
  ASSERT_TRUE(begins_as(path("a"), mark));
  OutputFile second(path("a"), mark);
  second.append("2\n");
  second.close();
  EXPECT_EQ(content_of(path("a")), "one\n2\n");
  EXPECT_TRUE(begins_as(path("a"), second.mark())) << "the mark goes on, too";
}

using BeginsAs = FolderTest;

TEST_F(BeginsAs, IsTrueForWhatTheMarkWasMadeOfAlone) {
  std::string text(200'000, 'x');
  OutputFile file(path("a"));
  file.append(text);
  file.close();
  const FileMark mark = file.mark();
  EXPECT_TRUE(begins_as(path("a"), mark));
  text.push_back('y');
  write_text(path("a"), text);
  EXPECT_TRUE(begins_as(path("a"), mark)) << "longer";
  write_text(path("a"), text.substr(1));
  EXPECT_FALSE(begins_as(path("a"), mark)) << "changed";
  write_text(path("a"), text.substr(2));
  EXPECT_FALSE(begins_as(path("a"), mark)) << "shorter";
  EXPECT_FALSE(begins_as(path("b"), {})) << "not there";
}

using ReplaceFile = FolderTest;

TEST_F(ReplaceFile, LeavesTheNewContentAndNothingElse) {
  write_text(path("run.json"), "old and longer");
  replace_file(path("run.json"), "new");
  EXPECT_EQ(content_of(path("run.json")), "new");
  EXPECT_FALSE(std::filesystem::exists(path("run.json.tmp")));
}

TEST_F(ReplaceFile, KeepsTheOldContentWhenItFails) {
  write_text(path("run.json"), "old");
  std::filesystem::create_symlink("/dev/full", path("run.json.tmp"));
  output_error([&] { replace_file(path("run.json"), "new"); });
  EXPECT_EQ(content_of(path("run.json")), "old");
  EXPECT_FALSE(std::filesystem::is_symlink(path("run.json.tmp"))) << "what was begun is gone";
}

}  // namespace
}  // namespace initbench
