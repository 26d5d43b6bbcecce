#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "cli/shell_fixture.h"

namespace initbench {
namespace {

using testing::ShellTest;
using testing::write_text;

class PlanMemoryTest : public ShellTest {
 protected:
  /// KiB that a dry run of a sweep over so many seeds takes at most; less than this test itself
  /// takes is not seen.
  long peak_of(int seeds) const {
    const std::string command = "cd '" + folder().string() +
                                "' && exec '" INITBENCH_PROGRAM
                                "' --config deep.json --dry-run --seeds 0.." +
                                std::to_string(seeds - 1) + " >/dev/null 2>&1";
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
    int status = 0;
    struct rusage usage {};
    EXPECT_EQ(::wait4(child, &status, 0, &usage), child);
    EXPECT_EQ(status, 0);
    return usage.ru_maxrss;
  }
};

// Kept as a whole, the config of each run would take some 30 KiB.
TEST_F(PlanMemoryTest, GrowsByLittleMoreThanTheNamesOfRuns) {
  write_text(folder() / "deep.json", R"({
    "data": {"dataset": "blobs", "train_size": 64, "test_size": 16},
    "model": {"layers": [{"type": "dense", "units": 4, "repeat": 30}, {"type": "output"}]},
    "train": {"lr": 0.1, "steps": 1}
  })");
  constexpr int kMore = 2000;
  const long few = peak_of(100);
  const long many = peak_of(100 + kMore);
  EXPECT_LT(static_cast<double>(many - few) / kMore, 4.0) << "KiB a run";
}

}  // namespace
}  // namespace initbench
