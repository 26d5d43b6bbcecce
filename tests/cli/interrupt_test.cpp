// Runs that are stopped by signals, killed, or short of disk, and go on when asked for again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/shell_fixture.h"

namespace initbench {
namespace {

using testing::content_of;
using ::testing::HasSubstr;
using testing::ShellResult;
using testing::ShellTest;
using testing::write_text;

/// Waits for the first rows of whatever runs into `runs`.
const std::string kWaitForRows =
    "while ! cat runs/small/*/curves.csv 2>/dev/null | grep -q ',train,'; do sleep 0.01; done; ";

class StoppedRunTest : public ShellTest {
 protected:
  /// Every file below the folder but run.json, by its relative path.
  std::map<std::string, std::string> tables(const std::string& out) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path(out))) {
      if (!entry.is_regular_file() || entry.path().filename() == "run.json") continue;
      files[std::filesystem::relative(entry.path(), path(out)).string()] = content_of(entry.path());
    }
    return files;
  }

  /// Starts the command, sends it the signal after its first rows, and waits. A shell starts
  /// background jobs with SIGINT ignored; env takes that back.
  ShellResult stopped(const std::string& command, const std::string& signal) const {
    return shell("env --default-signal=INT,HUP \"$initbench\" " + command + " & p=$!; " +
                 kWaitForRows + "kill -" + signal + " $p; wait $p");
  }
};

// Long enough to be stopped before its end, short enough to be run to it.
const std::string kLong = "--config small.json --set train.steps=12000 --set log.every=200 ";

TEST_F(StoppedRunTest, SavesItsStateAtEachSignalAndGoesOnToTheSameBytes) {
  small_config();
  ASSERT_EQ(initbench(kLong + "--out whole").exit_code, 0);
  for (const auto& [signal, code] : {std::pair{"INT", 130}, std::pair{"TERM", 143},
                                     std::pair{"USR1", 143}, std::pair{"HUP", 129}}) {
    const ShellResult first = stopped(kLong, signal);
    EXPECT_EQ(first.exit_code, code) << signal << first.errors;
    EXPECT_THAT(first.errors, HasSubstr("the same command goes on from here")) << signal;
    const ShellResult second = initbench(kLong);
    EXPECT_EQ(second.exit_code, 0) << second.errors;
    EXPECT_THAT(second.errors, HasSubstr("goes on after ")) << signal;
    EXPECT_EQ(tables("runs"), tables("whole")) << signal;
    std::filesystem::remove_all(path("runs"));
  }
}

TEST_F(StoppedRunTest, OfASweepWithJobsGoesOnToTheSameBytes) {
  small_config();
  const std::string sweep = kLong + "--seeds 0..2 --jobs 2 ";
  ASSERT_EQ(initbench(sweep + "--out whole").exit_code, 0);
  EXPECT_EQ(stopped(sweep, "TERM").exit_code, 143);
  EXPECT_EQ(initbench(sweep).exit_code, 0);
  EXPECT_EQ(tables("runs"), tables("whole"));
}

TEST_F(StoppedRunTest, StartsAnewWithForce) {
  small_config();
  EXPECT_EQ(stopped(kLong, "TERM").exit_code, 143);
  const ShellResult anew = initbench(kLong + "--force");
  EXPECT_EQ(anew.exit_code, 0);
  EXPECT_EQ(anew.errors.find("goes on after"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder() / anew.last_line() / "checkpoint.safetensors"));
}

TEST_F(StoppedRunTest, EndsAtOnceAtASecondSignal) {
  small_config();
  // A step takes about a second; both signals come within one.
  const ShellResult result = stopped(
      "-q --config small.json --set train.steps=1000000 --set log.every=1 "
      "--set data.train_size=2000 --set train.batch_size=2000 --set model.layers.0.units=2500",
      "0 $p; sleep 0.3; kill -TERM $p; sleep 0.1; kill -TERM");
  EXPECT_EQ(result.exit_code, 143);
  EXPECT_EQ(shell("cat runs/small/*/run.json").exit_code, 1) << "nothing was finished";
}

TEST_F(StoppedRunTest, WithADamagedCheckpointIsRefusedWithItsPathAndARemedy) {
  small_config();
  const ShellResult first = stopped(kLong, "TERM");
  const auto file = folder() / first.last_line() / "checkpoint.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  const auto before = tables("runs");
  const ShellResult second = initbench(kLong);
  EXPECT_EQ(second.exit_code, 4);
  EXPECT_THAT(second.errors,
              HasSubstr(first.last_line() + "/checkpoint.safetensors: is truncated"));
  EXPECT_THAT(second.errors, HasSubstr("delete it, or give --force"));
  const auto reason = file.parent_path() / "error.txt";
  EXPECT_THAT(content_of(reason), HasSubstr("is truncated")) << "for merge, which lists failures";
  std::filesystem::remove(reason);
  EXPECT_EQ(tables("runs"), before);
  std::filesystem::remove(file);
  EXPECT_EQ(initbench(kLong).exit_code, 0);
}

TEST_F(StoppedRunTest, RefusesAnIntervalThatIsNone) {
  small_config();
  const ShellResult result = initbench("--config small.json --checkpoint-every often");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("'often' is neither a number of steps, as 500, nor a time"));
}

/// A folder on a file system of its own with `options`; needs the right to mount.
class SmallDiskTest : public StoppedRunTest {
 protected:
  void SetUp() override {
    if (on_disk("size=64k", "true").exit_code != 0) GTEST_SKIP() << "no right to mount";
    small_config();
  }

  /// The commands, in a view where `disk` is a new disk.
  ShellResult on_disk(const std::string& options, const std::string& commands) const {
    std::filesystem::create_directories(path("disk"));
    write_text(folder() / "commands.sh", commands);
    return shell("export initbench; unshare --mount --map-root-user sh -c 'mount -t tmpfs -o " +
                 options + " tmpfs disk || exit 99; sh commands.sh'");
  }
};

TEST_F(SmallDiskTest, ThatIsFullIsAnErrorAndLeavesOldFilesAsTheyWere) {
  const ShellResult result = on_disk("size=256k", R"(
    run="$initbench -q --config small.json --out disk"
    $run >/dev/null || exit 90
    cp -r disk before
    cat /dev/zero >disk/full 2>/dev/null
    $run --force; echo "forced: $?"
    $run --seed 5; echo "another: $?"
    rm disk/full
    for file in before/small/*/*; do cmp "$file" "disk${file#before}" || exit 91; done)");
  EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("forced: 5"));
  EXPECT_THAT(result.output, HasSubstr("another: 5"));
  EXPECT_THAT(result.errors, HasSubstr("No space left on device; free some space"));
}

TEST_F(SmallDiskTest, ThatFillsUpWhileARunIsOnItLetsItGoOnWhenThereIsRoom) {
  const ShellResult result = on_disk("size=256k", R"(
    run="$initbench --config small.json --set train.steps=4000 --set log.every=2"
    $run --out whole >/dev/null || exit 90
    $run --out disk --checkpoint-every 100; echo "full: $?"
    ls disk/small/*/checkpoint.safetensors
    cp -r disk roomy
    $run --out roomy >/dev/null || exit 91
    for file in whole/small/*/*.csv; do cmp "$file" "roomy${file#whole}" || exit 92; done)");
  EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("full: 5"));
  EXPECT_THAT(result.errors, HasSubstr("goes on after "));
}

TEST_F(SmallDiskTest, ThatIsReadOnlyIsAnErrorForARunToDoAndNoneForAFinishedOne) {
  const ShellResult result = on_disk("size=256k", R"(
    run="$initbench -q --config small.json --out disk"
    $run >/dev/null || exit 90
    mount -o remount,ro disk
    $run >/dev/null; echo "finished: $?"
    $run --seed 5; echo "another: $?"
    $run --force; echo "forced: $?")");
  EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("finished: 0\nanother: 5\nforced: 5\n"));
  EXPECT_THAT(result.errors, HasSubstr("Read-only file system; make the folder writable"));
}

}  // namespace
}  // namespace initbench
