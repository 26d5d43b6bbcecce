#include "report/run_summary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "report/build_info.h"
#include "report/folder_fixture.h"

namespace initbench {
namespace {

using testing::FolderTest;
using testing::write_text;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

RunSummary diverged_run() {
  RunSummary summary;
  summary.run_id = "0123456789abcdef";
  summary.name = "exploding";
  summary.seed = 18446744073709551615U;
  summary.status = RunStatus::diverged;
  summary.result.train = {
      .steps = 3, .divergence = Divergence{3, "dense2", "weight"}, .train_seconds = 0.25};
  summary.result.planned_steps = 100;
  summary.result.parameters = 1234;
  summary.result.initial_train = Measurement{0, 2.5, 0.125};
  summary.result.final_train = Measurement{3, kNan, 0.0};
  summary.result.initial_test = summary.result.final_test = Measurement{0, 2.25, std::nullopt};
  summary.dataset = "blobs (10 train)";
  summary.dataset_digest = "fedcba9876543210";
  summary.classes = 10;
  summary.threads = 2;
  summary.total_seconds = 0.5;
  return summary;
}

TEST(RunJson, SaysHowAndWhereARunDiverged) {
  const auto json = to_json(diverged_run());
  EXPECT_EQ(json.at("status"), "diverged");
  EXPECT_EQ(json.at("divergence"),
            nlohmann::ordered_json::parse(R"({"step": 3, "layer": "dense2", "tensor": "weight"})"));
}

TEST(RunJson, HasNoDivergenceInAFinishedRun) {
  RunSummary summary = diverged_run();
  summary.status = RunStatus::finished;
  summary.result.train.divergence.reset();
  EXPECT_EQ(to_json(summary).at("status"), "finished");
  EXPECT_TRUE(to_json(summary).at("divergence").is_null());
}

TEST(RunJson, TellsUnknownFromNotANumber) {
  const auto json = to_json(diverged_run());
  EXPECT_EQ(json.at("final").at("train").at("loss"), "nan");
  EXPECT_TRUE(json.at("initial").at("test").at("accuracy").is_null());
  EXPECT_TRUE(json.at("best").at("test").is_null());
}

TEST(RunJson, HasTheLossOfGuessing) {
  RunSummary summary = diverged_run();
  EXPECT_NEAR(to_json(summary).at("initial").at("loss_of_guessing").get<double>(),
              2.302585092994046, 1e-15);
  summary.classes = 0;
  EXPECT_TRUE(to_json(summary).at("initial").at("loss_of_guessing").is_null());
}

TEST(RunJson, KeepsWhatMayHaveInfluencedTheRun) {
  const auto json = to_json(diverged_run());
  EXPECT_EQ(json.at("train_seconds"), 0.25);
  EXPECT_EQ(json.at("total_seconds"), 0.5);
  EXPECT_EQ(json.at("threads"), 2);
  EXPECT_EQ(json.at("dataset").at("digest"), "fedcba9876543210");
  EXPECT_FALSE(json.at("processor").get<std::string>().empty());
  EXPECT_EQ(json.at("versions").at("initbench"), std::string(build_info().version));
  EXPECT_FALSE(json.at("versions").at("compiler").get<std::string>().empty());
}

using ReadSummary = FolderTest;

TEST_F(ReadSummary, GivesBackWhatWasWritten) {
  const auto written = to_json(diverged_run());
  write_text(path("run.json"), written.dump(2));
  const std::optional<RunSummary> read = read_summary(folder().string());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(to_json(*read), written);
  EXPECT_TRUE(std::isnan(read->result.final_train->loss));
}

TEST_F(ReadSummary, DoesNotTakeWhatCannotBeReadForNothing) {
  std::filesystem::create_symlink("run.json", folder() / "run.json");
  EXPECT_THROW(read_summary(folder().string()), DataError);
}

TEST_F(ReadSummary, GivesNothingForOtherFiles) {
  EXPECT_FALSE(read_summary(folder().string()).has_value());
  for (const char* text :
       {"", "{", "{}", "[1]", R"({"run_id": 3})", R"({"status": "unheard of"})"}) {
    write_text(path("run.json"), text);
    EXPECT_FALSE(read_summary(folder().string()).has_value()) << text;
  }
}

}  // namespace
}  // namespace initbench
