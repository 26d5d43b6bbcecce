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
  /// KiB that a sweep over so many seeds takes at most.
  long peak_of_sweep(int seeds, const std::string& flags) const {
    return peak_of("--config deep.json " + flags + " --seeds 0.." + std::to_string(seeds - 1));
  }

  /// KiB that the program takes at most; less than this test itself takes is not seen.
  long peak_of(const std::string& arguments) const {
    const std::string command = "cd '" + folder().string() + "' && exec '" INITBENCH_PROGRAM "' " +
                                arguments + " >/dev/null 2>&1";
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

constexpr const char* kDeep = R"({
  "name": "deep",
  "data": {"dataset": "blobs", "train_size": 64, "test_size": 16},
  "model": {"layers": [{"type": "dense", "units": 4, "repeat": 30}, {"type": "output"}]},
  "train": {"lr": 0.1, "steps": 0}
})";

// Kept as a whole, the config of each run would take some 30 KiB.
TEST_F(PlanMemoryTest, GrowsByLittleMoreThanTheNamesOfRuns) {
  write_text(folder() / "deep.json", kDeep);
  constexpr int kMore = 2000;
  const long few = peak_of_sweep(100, "--dry-run");
  const long many = peak_of_sweep(100 + kMore, "--dry-run");
  EXPECT_LT(static_cast<double>(many - few) / kMore, 4.0) << "KiB a run";
}

// The summary of each run would take 12 KiB, its settings on their way into a comparison 67 KiB.
TEST_F(PlanMemoryTest, GrowsByAsLittleWhereRunsAreMadeMergedAndCompared) {
  write_text(folder() / "deep.json", kDeep);
  constexpr int kMore = 300;
  const auto growth = [&](long few, long many) { return static_cast<double>(many - few) / kMore; };
  const std::string sweep = "--sweep model.init=orthogonal,zeros --out ";
  const long few_made = peak_of_sweep(25, sweep + "few");
  const long many_made = peak_of_sweep(25 + kMore / 2, sweep + "many");
  EXPECT_LT(growth(few_made, many_made), 6.0) << "KiB a run";
  EXPECT_LT(growth(peak_of("merge few"), peak_of("merge many")), 6.0) << "KiB a run, merged";
  const std::string compare = "compare --by model.init --out tables ";
  EXPECT_LT(growth(peak_of(compare + "few"), peak_of(compare + "many")), 6.0)
      << "KiB a run, compared";
}

}  // namespace
}  // namespace initbench
