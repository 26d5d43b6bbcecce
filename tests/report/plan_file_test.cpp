#include "report/plan_file.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "base/errors.h"
#include "report/recorded_runs.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;
using testing::write_text;

class PlanFileTest : public testing::RecordedRunsTest {
 protected:
  std::string unfinished_of(const std::string& process) const {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const std::string plan = fs::path(find_plans(out()).at(0)).filename().string();
    return out() + "/." + plan + "." + std::string(host.data()) + "." + process;
  }
};

TEST_F(PlanFileTest, TakesAwayWhatAKilledProcessOfThisMachineLeft) {
  const std::vector<Trial> trials = trials_of();
  write_plan_of(trials);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  const std::string dead = unfinished_of(std::to_string(child));
  const std::string alive = unfinished_of(std::to_string(::getppid()));
  const std::string elsewhere = unfinished_of("1") + ".elsewhere.7";
  for (const std::string& file : {dead, alive, elsewhere}) write_text(file, "half");
  write_plan_of(trials);
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(alive));
  EXPECT_TRUE(fs::exists(elsewhere));
}

TEST_F(PlanFileTest, ShortenedOrAlteredIsRefused) {
  write_plan_of(trials_of());
  const std::string plan = find_plans(out()).at(0);
  const std::string whole = testing::content_of(plan);
  EXPECT_EQ(read_plan(plan).size(), 4U);
  const std::string without_last = whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1);
  std::string altered = whole;
  altered.replace(altered.find("\"seed\":0"), 8, "\"seed\":7");
  for (const std::string& content : {without_last, altered, std::string()}) {
    write_text(plan, content);
    EXPECT_THAT(testing::message_of<DataError>([&] { read_plan(plan); }),
                ::testing::HasSubstr("was shortened or altered"));
  }
}

TEST_F(PlanFileTest, LeavesNothingWhereItCannotBeWritten) {
  const std::vector<Trial> trials = trials_of();
  write_plan_of(trials);
  const std::string plan = find_plans(out()).at(0);
  fs::remove(plan);
  fs::create_directories(plan + "/in the way");
  EXPECT_THROW(write_plan_of(trials), std::exception);
  EXPECT_EQ(std::distance(fs::directory_iterator(out()), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace initbench
