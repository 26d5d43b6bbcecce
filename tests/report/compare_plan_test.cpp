#include "report/compare_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "report/compare_fixture.h"
#include "report/compare_tables.h"
#include "report/compare_text.h"

namespace initbench {
namespace {

using testing::CompareRunsTest;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::sweep;

/// Two schemes times three seeds: kaiming_normal 0 1 2, orthogonal 0 1 2.
class PlannedRunsTest : public CompareRunsTest {
 protected:
  void take_away(const Trial& trial) const { std::filesystem::remove_all(folder_of(trial)); }
  void leave_unfinished(const Trial& trial) const {
    std::filesystem::remove(folder_of(trial) + "/run.json");
  }
  std::vector<Trial> record_planned(const std::string& config) const {
    std::vector<Trial> trials = record_all(config);
    write_plan_of(trials);
    return trials;
  }
};

TEST_F(PlannedRunsTest, OfACompleteSweepAreNoCauseForNotes) {
  record_planned(sweep());
  const RunComparison comparison = compare_runs(request());
  EXPECT_THAT(comparison.notes, IsEmpty());
  EXPECT_EQ(comparison.planned.at("orthogonal").planned, 3U);
  EXPECT_THAT(comparison_text(comparison, TableFormat::text), Not(HasSubstr("missing")));
}

TEST_F(PlannedRunsTest, ThatAreMissingOrUnfinishedAreCountedByScheme) {
  const std::vector<Trial> trials = record_planned(sweep());
  take_away(trials[0]);
  leave_unfinished(trials[1]);
  take_away(trials[5]);
  const RunComparison comparison = compare_runs(request());
  EXPECT_THAT(comparison.notes,
              Contains(HasSubstr("kaiming_normal 1 missing and 1 not finished of 3, orthogonal 1 "
                                 "missing of 3; ")));
  EXPECT_THAT(schemes_csv(comparison), ::testing::ContainsRegex("kaiming_normal,[^\n]*,3,1,1\n"));
  EXPECT_THAT(schemes_csv(comparison), ::testing::ContainsRegex("orthogonal,[^\n]*,3,1,0\n"));
  EXPECT_THAT(comparison_text(comparison, TableFormat::text), HasSubstr("2 of 3"));
}

TEST_F(PlannedRunsTest, OfASchemeThatHasNoneAreNamed) {
  const std::vector<Trial> trials = record_planned(R"({"name": "tiny",
    "data": {"dataset": "blobs", "train_size": 40, "test_size": 10},
    "model": {"layers": [{"type": "dense", "units": 4}, {"type": "output"}]},
    "train": {"lr": 0.1, "batch_size": 20, "steps": 2},
    "sweep": {"grid": {"model.init": ["kaiming_normal", "orthogonal", "zeros"], "seed": "0..1"}}})");
  take_away(trials[4]);
  take_away(trials[5]);
  EXPECT_THAT(compare_runs(request()).notes, Contains(HasSubstr("zeros 2 missing of 2")));
}

TEST_F(PlannedRunsTest, ThatWhereLeavesOutAreNotMissed) {
  const std::vector<Trial> trials = record_planned(sweep(R"(, "train.lr": [0.1, 0.2])", "0..1"));
  take_away(trials[0]);  // at 0.1
  CompareRequest asked = request();
  asked.where = {"train.lr=0.2"};
  EXPECT_THAT(compare_runs(asked).notes, Not(Contains(HasSubstr("missing"))));
  asked.where = {"train.lr=0.1"};
  EXPECT_THAT(compare_runs(asked).notes, Contains(HasSubstr("kaiming_normal 1 missing of 2")));
}

TEST_F(PlannedRunsTest, AreThoseOfTheFolderAboveForAnExperimentsOwn) {
  const std::vector<Trial> trials = record_planned(sweep());
  take_away(trials[0]);
  CompareRequest asked = request();
  asked.folders = {out() + "/tiny"};
  EXPECT_THAT(compare_runs(asked).notes, Contains(HasSubstr("kaiming_normal 1 missing of 3")));
}

TEST_F(PlannedRunsTest, WithoutAPlanAreUnknown) {
  record_all(sweep());
  const RunComparison comparison = compare_runs(request());
  EXPECT_THAT(comparison.planned, IsEmpty());
  EXPECT_THAT(schemes_csv(comparison), ::testing::ContainsRegex("orthogonal,[^\n]*,,,\n"));
}

}  // namespace
}  // namespace initbench
