#include "report/merge.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>

#include "report/merge_fixture.h"
#include "report/recorded_runs.h"
#include "report/stored_run.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kTinySweep;
using testing::MergeTest;
using testing::Row;
using testing::write_text;

TEST_F(MergeTest, HasARowPerRunInTheOrderOfThePlan) {
  std::vector<Trial> trials = record_all();
  std::reverse(trials.begin(), trials.end());
  write_plan_of(trials);
  const MergedRuns result = merge_runs({.folder = out()});
  EXPECT_EQ(result.merged, 4U);
  std::vector<std::string> ids, planned;
  for (const Row& row : merged_rows()) ids.push_back(row.at("run_id"));
  for (const Trial& trial : trials) planned.push_back(trial.run_id);
  EXPECT_EQ(ids, planned);
}

TEST_F(MergeTest, HasWhatTheSweepSetWithoutTheSeed) {
  record_all();
  merge_runs({.folder = out()});
  std::map<std::string, int> inits;
  for (const Row& row : merged_rows()) {
    ++inits[row.at("param.model.init")];
    EXPECT_FALSE(row.contains("param.seed")) << "it is in the column seed";
  }
  EXPECT_EQ(inits,
            (std::map<std::string, int>{{"kaiming_normal", 2}, {"{scheme:orthogonal,gain:2}", 2}}));
}

TEST_F(MergeTest, HasTheFiguresOfRunJson) {
  const Trial trial = trials_of().front();
  const TrialResult result = read_stored_run(record(trial))->summary.result;
  merge_runs({.folder = out()});
  const Row row = merged_rows().at(0);
  EXPECT_EQ(row.at("status"), "finished");
  EXPECT_EQ(row.at("final_train_loss"), cell(result.final_train->loss));
  EXPECT_EQ(row.at("final_test_accuracy"), cell(*result.final_test->accuracy));
  EXPECT_EQ(row.at("steps"), "4");
  EXPECT_EQ(row.at("diverged_step"), "");
  EXPECT_EQ(row.at("verdict"), "healthy");
}

TEST_F(MergeTest, TakesTheAreaUnderTheLossByTrapezoids) {
  const std::string run = record(trials_of().front());
  std::string text = content_of(run + "/curves.csv");
  const std::string header = text.substr(0, text.find('\n') + 1);
  const std::string id = fs::path(run).filename();
  text = header + id + ",0,0,test,9,0.25,,\n" + id + ",0,0,train,4,0.5,0.1,1\n" + id +
         ",2,1,train,2,0.5,0.1,1\n" + id + ",2,1,test,9,0.75,,\n" + id + ",5,2,train,1,1,0.1,1\n";
  const std::string size = std::to_string(content_of(run + "/curves.csv").size());
  write_text(run + "/curves.csv", text);
  replace_in(run + "/run.json", "\"curves.csv\": " + size,
             "\"curves.csv\": " + std::to_string(text.size()));
  merge_runs({.folder = out(), .accuracies = {0.25, 0.5, 0.8}});
  const Row row = merged_rows().at(0);
  EXPECT_EQ(row.at("train_loss_area"), "10.5") << "2 (4 + 2) / 2 + 3 (2 + 1) / 2";
  EXPECT_EQ(row.at("steps_to_0.25"), "0");
  EXPECT_EQ(row.at("steps_to_0.5"), "2") << "training batches do not count";
  EXPECT_EQ(row.at("steps_to_0.8"), "") << "never reached";
}

TEST_F(MergeTest, HoldsTheRowsOfAllTablesOnce) {
  const std::vector<Trial> trials = record_all();
  merge_runs({.folder = out()});
  for (const char* table : {"curves.csv", "layers.csv"}) {
    std::string expected;
    for (const std::string& run : find_runs(out()).runs) {
      const std::string text = content_of(run + "/" + table);
      const std::size_t begin = text.find('\n') + 1;
      expected += expected.empty() ? text : text.substr(begin);
    }
    EXPECT_EQ(content_of(out() + "/merged/" + table), expected);
  }
}

TEST_F(MergeTest, GivesTheSameBytesWhateverTheOrderOfRuns) {
  std::vector<Trial> trials = trials_of();
  std::vector<std::string> merged;
  for (unsigned order = 0; order < 3; ++order) {
    fs::remove_all(out());
    std::shuffle(trials.begin(), trials.end(), std::mt19937(order));
    for (const Trial& trial : trials) record(trial);
    write_plan_of(trials_of());
    merge_runs({.folder = out()});
    std::string all;
    for (const char* file : {"runs.csv", "curves.csv", "layers.csv", "merge.json"}) {
      all += content_of(out() + "/merged/" + file);
    }
    merged.push_back(all);
  }
  EXPECT_EQ(merged[0], merged[1]);
  EXPECT_EQ(merged[0], merged[2]);
}

TEST_F(MergeTest, HasTimesOnlyWhenAskedFor) {
  record(trials_of().front());
  merge_runs({.folder = out()});
  EXPECT_FALSE(merged_rows().at(0).contains("seconds"));
  merge_runs({.folder = out(), .seconds = true});
  EXPECT_GT(std::stod(merged_rows().at(0).at("seconds")), 0);
}

TEST_F(MergeTest, ListsWhatIsMissingFailedOrUnfinished) {
  const std::vector<Trial> trials = record_all();
  write_plan_of(trials);
  fs::remove_all(folder_of(trials[0]));
  fs::remove(folder_of(trials[1]) + "/run.json");
  fs::remove(folder_of(trials[2]) + "/run.json");
  write_text(folder_of(trials[2]) + "/error.txt", "no memory\nat all\n");
  const MergedRuns result = merge_runs({.folder = out()});
  EXPECT_EQ(result.merged, 1U);
  ASSERT_EQ(result.absent.size(), 3U);
  EXPECT_EQ(result.absent[0].status, "missing");
  EXPECT_EQ(result.absent[0].run.run_id, trials[0].run_id);
  EXPECT_EQ(result.absent[1].status, "unfinished");
  EXPECT_EQ(result.absent[2].status, "failed");
  EXPECT_EQ(result.absent[2].reason, "no memory");
  const std::vector<Row> rows = merged_rows();
  ASSERT_EQ(rows.size(), 4U) << "they are rows with their settings and nothing else";
  EXPECT_EQ(rows[0].at("status"), "missing");
  EXPECT_EQ(rows[0].at("param.model.init"), "kaiming_normal");
  EXPECT_EQ(rows[0].at("final_train_loss"), "");
}

TEST_F(MergeTest, PassesOverWhatOtherCommandsLeaveBesideRuns) {
  record(trials_of().front());
  for (const std::string& folder : {out(), out() + "/tiny"}) {
    write_text(folder + "/compare.csv", "");
    write_text(folder + "/compare_pairs.csv", "");
  }
  fs::create_directories(out() + "/tiny/theory-0123456789abcdef");
  write_text(out() + "/tiny/theory-0123456789abcdef/theory.csv", "");
  EXPECT_EQ(merge_runs({.folder = out()}).merged, 1U);
}

TEST_F(MergeTest, OfTwoPlansHoldsTheRunsOfBoth) {
  const std::vector<Trial> trials = record_all();
  write_plan_of(std::span(trials).first(3));
  write_plan_of(std::span(trials).last(2));
  const MergedRuns both = merge_runs({.folder = out()});
  EXPECT_EQ(both.merged, 4U);
  EXPECT_THAT(both.remarks, ElementsAre(HasSubstr("the runs of 2 plans")));
  const std::string rows = content_of(out() + "/merged/runs.csv");
  std::size_t before = 0;
  for (const Trial& trial : trials) {  // those of the wider plan come first
    EXPECT_GT(rows.find("\n" + trial.run_id), before);
    before = rows.find("\n" + trial.run_id);
  }
}

TEST_F(MergeTest, OfASweepThatWasExtendedIsThatOfTheWholeSweep) {
  const std::vector<Trial> trials = record_all();
  write_plan_of(trials);
  merge_runs({.folder = out()});
  const std::string rows = content_of(out() + "/merged/runs.csv");
  write_plan_of(std::span(trials).first(2));
  const MergedRuns merged = merge_runs({.folder = out()});
  EXPECT_TRUE(merged.remarks.empty());
  EXPECT_EQ(content_of(out() + "/merged/runs.csv"), rows);
}

TEST_F(MergeTest, SaysWhichFileToRemoveWhereAPlanWasAMistake) {
  const std::vector<Trial> trials = trials_of();
  record(trials[0]);
  write_plan_of(std::span(trials).first(1));
  write_plan_of(std::span(trials).last(2));
  const MergedRuns merged = merge_runs({.folder = out()});
  EXPECT_EQ(merged.absent.size(), 2U);
  EXPECT_THAT(merged.remarks, ElementsAre(HasSubstr("if one was a mistake, remove its file")));
}

TEST_F(MergeTest, RemarksOnRunsOfDifferentProcessors) {
  const std::vector<Trial> trials = record_all();
  replace_in(folder_of(trials[1]) + "/run.json", "\"processor\": \"", "\"processor\": \"Old ");
  EXPECT_THAT(merge_runs({.folder = out()}).remarks,
              ElementsAre(HasSubstr("different processors")));
}

TEST_F(MergeTest, OfOneExperimentTakesItsPartOfThePlan) {
  std::string other(kTinySweep);
  other.replace(other.find("tiny"), 4, "huge");
  std::vector<Trial> trials = record_all();
  for (Trial& trial : record_all(other)) trials.push_back(std::move(trial));
  write_plan_of(trials);
  EXPECT_EQ(merge_runs({.folder = out()}).merged, 8U);
  fs::remove_all(folder_of(trials[7]));
  EXPECT_EQ(merge_runs({.folder = out() + "/tiny"}).merged, 4U);
  EXPECT_EQ(merge_runs({.folder = out() + "/huge/"}).absent.size(), 1U);
}

}  // namespace
}  // namespace initbench
