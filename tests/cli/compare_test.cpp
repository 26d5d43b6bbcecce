// `initbench compare`, as a shell sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/shell_fixture.h"

namespace initbench {
namespace {

using testing::content_of;
using ::testing::HasSubstr;
using testing::ShellResult;
using testing::ShellTest;

class CompareCommandTest : public ShellTest {
 protected:
  void run_sweep() const {
    const ShellResult swept =
        initbench("--config " + small_config() +
                  " --sweep model.init=kaiming_normal,zeros --sweep seed=0..6 --out runs");
    ASSERT_EQ(swept.exit_code, 0) << swept.errors;
  }
};

TEST_F(CompareCommandTest, TellsASchemeThatTrainsFromOneThatDoesNot) {
  run_sweep();
  const ShellResult compared = initbench("compare runs --by model.init --out tables");
  EXPECT_EQ(compared.exit_code, 0) << compared.errors;
  EXPECT_THAT(compared.output, HasSubstr("kaiming_normal is better than zeros: "));
  EXPECT_EQ(compared.last_line(), "tables");
  EXPECT_THAT(content_of(folder() / "tables/compare.csv"),
              HasSubstr("as_run,kaiming_normal,0.1,7"));
  EXPECT_THAT(content_of(folder() / "tables/compare_pairs.csv"),
              HasSubstr(",kaiming_normal,zeros,7"));
}

TEST_F(CompareCommandTest, JsonIsAllThatIsPrintedAndWritten) {
  run_sweep();
  const ShellResult compared = initbench("compare runs --by model.init --json");
  EXPECT_EQ(compared.exit_code, 0) << compared.errors;
  EXPECT_EQ(nlohmann::json::parse(compared.output).at("runs"), 14);
  EXPECT_FALSE(std::filesystem::exists(folder() / "compare.csv"));
}

TEST_F(CompareCommandTest, TheSameRunsGiveTheSameBytes) {
  run_sweep();
  const std::string command =
      "compare runs --by model.init --metric final_test_loss,train_loss_area";
  EXPECT_EQ(initbench(command).output, initbench(command).output);
}

TEST_F(CompareCommandTest, MistakesHaveTheirExitCodes) {
  EXPECT_EQ(initbench("compare nowhere --by model.init").exit_code, 4);
  EXPECT_EQ(initbench("compare nowhere").exit_code, 2);
  run_sweep();
  EXPECT_EQ(initbench("compare runs --by model.inti").exit_code, 2);
  EXPECT_EQ(initbench("compare runs --by model.init --out small.json/x").exit_code, 5);
}

}  // namespace
}  // namespace initbench
