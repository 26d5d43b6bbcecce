#include "report/stored_run.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "experiment/json_text.h"
#include "report/recorded_runs.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::RecordedRunsTest;
using testing::write_text;

class StoredRunTest : public RecordedRunsTest {
 protected:
  std::string read_error(const std::string& run) const {
    return message_of<DataError>([&] { read_stored_run(run); });
  }
  static void replace_in(const std::string& file, const std::string& old, const std::string& now) {
    std::string text = content_of(file);
    const std::size_t place = text.find(old);
    ASSERT_NE(place, std::string::npos);
    write_text(file, text.replace(place, old.size(), now));
  }
};

TEST_F(StoredRunTest, FindsTheSameRunsFromEveryLevel) {
  const std::string run = record(trials_of().front());
  EXPECT_THAT(find_runs(out()).runs, ElementsAre(run));
  EXPECT_THAT(find_runs(out() + "/tiny/").runs, ElementsAre(run));
  EXPECT_THAT(find_runs(run).runs, ElementsAre(run));
}

TEST_F(StoredRunTest, SortsWhatItFinds) {
  record_all();
  const std::vector<std::string> runs = find_runs(out()).runs;
  EXPECT_EQ(runs.size(), 4U);
  EXPECT_TRUE(std::is_sorted(runs.begin(), runs.end()));
}

TEST_F(StoredRunTest, NamesWhatIsForeignAndLeavesHiddenFilesOut) {
  const std::string run = record(trials_of().front());
  write_text(out() + "/notes.txt", "x");
  write_text(out() + "/photos/summer/beach.jpg", "x");
  write_text(out() + "/tiny/table.ods", "x");
  write_text(out() + "/.DS_Store", "x");
  write_text(out() + "/compare.csv", "x");  // of initbench compare --out
  const ResultsFolder found = find_runs(out());
  EXPECT_THAT(found.runs, ElementsAre(run));
  EXPECT_THAT(found.foreign,
              ElementsAre(out() + "/notes.txt", out() + "/photos", out() + "/tiny/table.ods"));
}

TEST_F(StoredRunTest, RefusesAFolderThatIsNotThere) {
  EXPECT_THAT(message_of<DataError>([&] { find_runs(path("rusn")); }),
              HasSubstr("is not a folder of results; give the --out of your runs"));
}

TEST_F(StoredRunTest, ReadsBackWhatTheRunSaysOfItself) {
  const Trial trial = trials_of()[3];
  const std::optional<StoredRun> run = read_stored_run(record(trial));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->summary.run_id, trial.run_id);
  EXPECT_EQ(run->summary.status, RunStatus::finished);
  EXPECT_EQ(run->summary.result.train.steps, 4);
  EXPECT_EQ(run->config.at("train").at("batch_size"), 20);
  EXPECT_TRUE(run->run.at("versions").contains("initbench"));
}

TEST_F(StoredRunTest, IsNothingWhileARunIsUnfinished) {
  const std::string run = record(trials_of().front());
  fs::resize_file(run + "/curves.csv", 10);
  EXPECT_FALSE(read_stored_run(run)) << "a table is shorter than run.json says";
  fs::remove(run + "/run.json");
  EXPECT_FALSE(read_stored_run(run)) << "no run.json";
}

TEST_F(StoredRunTest, RefusesAFolderOfAnotherRun) {
  const std::string run = record(trials_of().front());
  const std::string renamed = out() + "/tiny/0123456789abcdef";
  fs::rename(run, renamed);
  EXPECT_THAT(read_error(renamed), HasSubstr("and not of this folder"));
}

TEST_F(StoredRunTest, RefusesAConfigThatWasChanged) {
  const std::string run = record(trials_of().front());
  replace_in(run + "/config.json", "\"lr\": 0.1", "\"lr\": 0.2");
  EXPECT_THAT(read_error(run), HasSubstr("config.json: is not the config of this run"));
}

TEST_F(StoredRunTest, RefusesWhatItCannotUnderstand) {
  const std::string run = record(trials_of().front());
  write_text(run + "/run.json", "{\"status\": ");
  EXPECT_THAT(read_error(run), HasSubstr("run.json: is not a file of initbench, or damaged"));
  write_text(run + "/run.json", "{}");
  EXPECT_THAT(read_error(run), HasSubstr("run.json: is not what this version"));
}

TEST_F(StoredRunTest, HasTheSettingsThatItsSweepSet) {
  const std::optional<StoredRun> run = read_stored_run(record(trials_of()[2]));
  EXPECT_EQ(setting_of(*run, "model.init"), Json::parse(R"({"scheme": "orthogonal", "gain": 2})"));
  EXPECT_EQ(setting_of(*run, "seed"), Json(0));
}

TEST_F(StoredRunTest, HasTheSettingsOfItsResolvedConfig) {
  const std::optional<StoredRun> run = read_stored_run(record(trials_of().front()));
  EXPECT_EQ(setting_of(*run, "train.momentum"), Json(0.0));
  EXPECT_EQ(setting_of(*run, "model.layers.1.units"), Json(4));
  EXPECT_EQ(setting_of(*run, "model.layers.3.units"), std::nullopt);
  EXPECT_EQ(setting_of(*run, "train.lrr"), std::nullopt);
}

TEST_F(StoredRunTest, HasTheValuesOfAllLayersWhereTheModelGaveADefault) {
  constexpr std::string_view kNested = R"({
    "name": "nested", "data": {"dataset": "blobs", "train_size": 8, "test_size": 4},
    "model": {"init": "zeros", "layers": [
      {"type": "dense", "units": 4},
      {"type": "residual", "layers": [{"type": "dense", "units": 4, "init": "eye"}]},
      {"type": "output", "init": "zeros"}]},
    "train": {"steps": 0}})";
  const std::optional<StoredRun> run = read_stored_run(record(trials_of(kNested).front()));
  EXPECT_EQ(setting_of(*run, "model.init"), Json::parse(R"(["zeros", "eye", "zeros"])"));
  EXPECT_EQ(setting_of(*run, "model.layers.*.init"), Json::parse(R"(["zeros", "eye", "zeros"])"));
  EXPECT_EQ(setting_of(*run, "model.norm"), Json("none"));
}

TEST_F(StoredRunTest, ReadsCurvesRowByRow) {
  const std::string run = record(trials_of().front());
  const std::vector<CurvePoint> points = read_curves(run);
  std::vector<std::int64_t> train_steps, test_steps;
  for (const CurvePoint& point : points) {
    const bool is_test = point.split == Split::test;
    (is_test ? test_steps : train_steps).push_back(point.step);
    EXPECT_EQ(point.lr.has_value(), !is_test) << "the learning rate is of train rows only";
  }
  EXPECT_THAT(train_steps, ElementsAre(0, 2, 4));
  EXPECT_THAT(test_steps, ElementsAre(0, 2, 4));
  EXPECT_EQ(points.back().loss, read_stored_run(run)->summary.result.final_train->loss);
}

TEST_F(StoredRunTest, NamesTheLineOfCurvesThatIsNoRow) {
  const std::string run = record(trials_of().front());
  replace_in(run + "/curves.csv", ",train,", ",valid,");
  EXPECT_THAT(message_of<DataError>([&] { read_curves(run); }),
              HasSubstr("curves.csv: line 3 is no row of losses"));
  write_text(run + "/curves.csv", "step,loss\n0,1\n");
  EXPECT_THAT(message_of<DataError>([&] { read_curves(run); }),
              HasSubstr("does not begin with this version's columns"));
}

}  // namespace
}  // namespace initbench
