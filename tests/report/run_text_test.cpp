#include "report/run_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "report/text_table.h"

namespace initbench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ShortNumber, HasFourSignificantDigits) {
  EXPECT_EQ(short_number(0.99956), "0.9996");
  EXPECT_EQ(short_number(1), "1");
  EXPECT_EQ(short_number(1.23456e-5), "1.235e-05");
  EXPECT_EQ(short_number(-123456), "-1.235e+05");
  EXPECT_EQ(short_number(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(short_number(-std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(TextTable, LinesUpItsColumns) {
  const std::vector<std::string> lines = aligned({{"name", Align::left, {"a", "longer"}},
                                                  {"x", Align::right, {"10", "7"}},
                                                  {"note", Align::left, {"yes", ""}}});
  EXPECT_EQ(lines, (std::vector<std::string>{"name     x  note",  //
                                             "a       10  yes",   //
                                             "longer   7"}));
}

TEST(TextTable, CountsLettersAndNotTheirBytes) {
  EXPECT_EQ(aligned({{"name", Align::left, {"müde", "matt"}}, {"x", Align::left, {"1", "2"}}}),
            (std::vector<std::string>{"name  x", "müde  1", "matt  2"}));
}

TEST(TextTable, LeavesOutAColumnWithoutText) {
  const std::vector<std::string> lines =
      aligned({{"a", Align::left, {"1"}}, {"empty", Align::left, {""}}, {"b", Align::left, {"2"}}});
  EXPECT_EQ(lines, (std::vector<std::string>{"a  b", "1  2"}));
}

LayersRecord layers_of(std::size_t count) {
  LayersRecord record;
  for (std::size_t i = 1; i <= count; ++i) {
    LayerRecord layer{.name = "dense" + std::to_string(i),
                      .type = "dense",
                      .activation = "relu",
                      .init = "kaiming_normal",
                      .fans = {100, 100},
                      .statistics = {}};
    layer.statistics.pre_var = 1.2345678e-23;
    layer.statistics.act_m2 = -1.2345678e-23;
    layer.statistics.delta_norm = 1.2345678e-23;
    layer.statistics.grad_weight_norm = 1.2345678e-23;
    layer.statistics.update_ratio = 1.2345678e-23;
    layer.statistics.dead_frac = 0.12345;
    record.layers.push_back(layer);
  }
  return record;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(LayerTable, HasALinePerLayerBelowItsTitle) {
  const auto lines = lines_of(layer_table(layers_of(3), "at initialization", {}));
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0], "at initialization");
  EXPECT_THAT(lines[1], HasSubstr("Var(z)"));
  EXPECT_THAT(lines[4], ::testing::StartsWith("dense3"));
  EXPECT_THAT(lines[4], HasSubstr("12.3 %"));
}

TEST(LayerTable, FitsIntoAHundredColumns) {
  for (const std::string& line : lines_of(layer_table(layers_of(3), "title", {}))) {
    EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST(LayerTable, LeavesOutTheMiddleOfALongNetwork) {
  const std::string table = layer_table(layers_of(1000), "title", {});
  EXPECT_LE(lines_of(table).size(), 30U);
  EXPECT_THAT(table, HasSubstr("dense12 "));
  EXPECT_THAT(table, Not(HasSubstr("dense13 ")));
  EXPECT_THAT(table, HasSubstr("... 976 more layers in layers.csv ..."));
  EXPECT_THAT(table, Not(HasSubstr("dense988 ")));
  EXPECT_THAT(table, HasSubstr("dense989 "));
  EXPECT_THAT(table, HasSubstr("dense1000 "));
}

TEST(LayerTable, IsColouredOnlyWhenAskedTo) {
  LayersRecord record = layers_of(2);
  record.layers[1].statistics.nonfinite = 1;
  EXPECT_THAT(layer_table(record, "title", {.colour = false}), Not(HasSubstr("\033")));
  EXPECT_THAT(layer_table(record, "title", {.colour = true}), HasSubstr("\033[31mdense2"));
}

RecordedRun finished_run() {
  RecordedRun run;
  run.directory = "runs/relu/0123";
  run.summary.name = "relu";
  run.summary.run_id = "0123";
  run.summary.classes = 10;
  run.summary.result.train.steps = 200;
  run.summary.result.initial_train = Measurement{0, 2.31234, 0.1};
  run.summary.result.final_train = Measurement{200, 0.123456, 0.9};
  run.summary.result.initial_test = Measurement{0, 2.31, 0.1};
  run.summary.result.final_test = Measurement{200, 0.13, 0.9691};
  run.summary.result.best_test = Measurement{100, 0.12, 0.97};
  return run;
}

TEST(Outcome, ShowsTheLossFalling) {
  EXPECT_EQ(outcome_text(finished_run().summary), "loss 2.312 -> 0.1235, test accuracy 96.9 %");
}

TEST(Outcome, SaysWhereARunDiverged) {
  RunSummary summary = finished_run().summary;
  summary.status = RunStatus::diverged;
  summary.result.train.divergence = Divergence{12, "dense2", "weight"};
  EXPECT_EQ(outcome_text(summary), "diverged at step 12, layer dense2, weight");
}

TEST(Outcome, OfAnInterruptedRunIsHowFarItCame) {
  RunSummary summary = finished_run().summary;
  summary.status = RunStatus::interrupted;
  summary.result.train.steps = 12;
  summary.result.planned_steps = 200;
  EXPECT_EQ(outcome_text(summary), "interrupted after 12 of 200 steps");
}

TEST(Outcome, OfRegressionIsItsTestLoss) {
  RunSummary summary = finished_run().summary;
  summary.result.final_test->accuracy.reset();
  EXPECT_EQ(outcome_text(summary), "loss 2.312 -> 0.1235, test loss 0.13");
}

TEST(Summary, ComparesTheFirstLossWithGuessing) {
  const std::string text = summary_text(finished_run().summary, {});
  EXPECT_THAT(text,
              HasSubstr("train 2.312 -> 0.1235, test 2.31 -> 0.13  (guessing: ln 10 = 2.303)"));
  EXPECT_THAT(text, HasSubstr("test 10 % -> 96.9 %  (best 97 % at step 100)"));
}

TEST(RunsTable, EndsEachLineWithTheRunsDirectory) {
  const std::vector<RecordedRun> runs{finished_run(), finished_run()};
  const auto lines = lines_of(runs_table(std::array{row_of(runs.at(0)), row_of(runs.at(1))}, {}));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], ::testing::EndsWith("directory"));
  EXPECT_THAT(lines[1], ::testing::EndsWith("runs/relu/0123"));
  EXPECT_THAT(lines[2], HasSubstr("96.9 %"));
}

}  // namespace
}  // namespace initbench
