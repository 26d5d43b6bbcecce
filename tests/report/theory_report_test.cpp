#include "report/theory_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "report/columns.h"
#include "report/recorded_runs.h"

namespace initbench {
namespace {

using testing::content_of;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kWide = R"({
  "name": "wide",
  "data": {"dataset": "blobs", "train_size": 40, "test_size": 10, "classes": 3},
  "model": {"init": "kaiming_normal", "activation": "relu",
            "layers": [{"type": "dense", "units": 32, "repeat": 3}, {"type": "output"}]},
  "train": {"lr": 0.1, "batch_size": 20, "steps": 2},
  "sweep": {"grid": {"model.init": ["kaiming_normal", "lsuv"], "seed": "0..2"}}
})";

class TheoryReportTest : public testing::RecordedRunsTest {
 protected:
  static std::vector<TheoryReport> reports(int jobs = 1) {
    DataCache cache;
    return check_theory(trials_of(kWide), {.jobs = jobs}, cache, {});
  }
};

TEST(TheoryFile, PutsEveryQuantityIntoItsOwnColumn) {
  const LayerComparison comparison{.pre_m2 = {1, 2},
                                   .pre_var = {3, 4},
                                   .act_m2 = {5, 6},
                                   .act_var = {7, 8},
                                   .chi = {9, 10},
                                   .delta_ratio = {11, 12},
                                   .pre_cosine = {13, 14},
                                   .act_cosine = {15, 16},
                                   .dead_frac = {17, 18},
                                   .spread = 19,
                                   .z_score = 20,
                                   .cosine_z = 21,
                                   .delta_ratio_z = 22,
                                   .measured_start = true,
                                   .reason = "why",
                                   .delta_reason = "why, too"};
  const std::vector<LayerRecord> layers{
      {"dense1", "dense", "relu", "normal", {.in = 3, .out = 4}, {}}};
  EXPECT_EQ(theory_rows("0123", layers, {&comparison, 1}, 10),
            "0123,10,1,dense1,dense,relu,normal,3,4,1,2,19,20,3,4,5,6,7,8,9,10,11,12,13,14,15,16,"
            "17,18,measured,why,\"why, too\",21,22\n");
}

TEST(TheoryFile, HasEmptyCellsForWhatTheoryDoesNotSay) {
  const LayerComparison comparison{.pre_m2 = {std::nullopt, 2}};
  const std::vector<LayerRecord> layers{{"a", "dense", "relu", "lsuv", {.in = 3, .out = 4}, {}}};
  EXPECT_EQ(theory_rows("0", layers, {&comparison, 1}, 1),
            "0,1,1,a,dense,relu,lsuv,3,4,,2,,,,,,,,,,,,,,,,,,,,,,,\n");
}

TEST_F(TheoryReportTest, GathersSeedsOfTheSameConfig) {
  const std::vector<TheoryReport> found = reports();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].samples.size(), 3U);
  EXPECT_EQ(found[0].layers.size(), 4U);
  EXPECT_NE(found[0].id, found[1].id);
  EXPECT_TRUE(found[0].comparison[3].z_score.has_value());
}

TEST_F(TheoryReportTest, DoesNotDependOnTheNumberOfJobs) {
  const auto one = reports(1);
  const auto three = reports(3);
  EXPECT_EQ(theory_rows("0", one[0].layers, one[0].comparison, 3),
            theory_rows("0", three[0].layers, three[0].comparison, 3));
}

TEST_F(TheoryReportTest, WritesItsTableBesideTheRuns) {
  const TheoryReport report = reports()[0];
  const std::string folder = write_theory(report, out());
  EXPECT_EQ(folder, out() + "/wide/theory-" + report.id);
  EXPECT_EQ(
      content_of(folder + "/theory.csv"),
      csv_header(theory_columns()) + theory_rows(report.id, report.layers, report.comparison, 3));
}

TEST_F(TheoryReportTest, TellsWhatIsMissingAndWhy) {
  const std::vector<TheoryReport> found = reports();
  const std::string text = theory_text(found[0]);
  EXPECT_THAT(text, StartsWith("wide  theory beside 3 seeds"));
  EXPECT_THAT(text, HasSubstr("measured as predicted"));
  EXPECT_THAT(text, HasSubstr("every length is kept, chi_1 = 1, c* = 1"));
  EXPECT_THAT(theory_text(found[1]),
              HasSubstr("no prediction for dense1 to output: dense1: the weights of scheme lsuv "
                        "depend on the data"));
}

TEST_F(TheoryReportTest, OfOneSeedIsWhatTheRunWrites) {
  const Trial trial = trials_of(kWide)[0];
  DataCache cache;
  const std::vector<Trial> alone{trial};
  const TheoryReport report = check_theory(alone, {}, cache, {})[0];
  EXPECT_EQ(content_of(record(trial) + "/theory.csv"),
            csv_header(theory_columns()) +
                theory_rows(trial.run_id, report.layers, report.comparison, 1));
}

}  // namespace
}  // namespace initbench
