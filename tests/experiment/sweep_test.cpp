#include "experiment/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "experiment/planned_trials.h"

namespace initbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::planned_trials;

/// A config with the given `sweep`.
std::string with_sweep(const std::string& sweep) {
  return R"({"model": {"layers": [{"type": "dense", "units": 4, "repeat": 2}, {"type": "output"}]},
             "train": {"steps": 5}, "sweep": )" +
         sweep + "}";
}

/// "path=value path=value" of each run.
std::vector<std::string> points_of(const std::string& sweep, const ConfigChanges& changes = {}) {
  std::vector<std::string> texts;
  for (const Trial& run : planned_trials(with_sweep(sweep), changes)) {
    std::string text;
    for (const Override& setting : run.swept) {
      text += (text.empty() ? "" : " ") + setting.path + "=" + setting.value;
    }
    texts.push_back(text);
  }
  return texts;
}

std::string error_of(const std::string& sweep, const ConfigChanges& changes = {}) {
  try {
    plan_sweep(with_sweep(sweep), "test.json", changes);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Sweep, OfAConfigWithoutOneIsThatConfig) {
  const auto runs = planned_trials(R"({"model": {"layers": [{"type": "output"}]}})");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_TRUE(runs[0].swept.empty());
}

TEST(Sweep, GridIsAProductWhoseLastPathRunsFastest) {
  EXPECT_THAT(points_of(R"({"grid": {"train.lr": [0.1, 0.2], "seed": "3..4"}})"),
              ElementsAre("train.lr=0.1 seed=3", "train.lr=0.1 seed=4", "train.lr=0.2 seed=3",
                          "train.lr=0.2 seed=4"));
}

TEST(Sweep, ZipTakesValuesSideBySide) {
  EXPECT_THAT(
      points_of(
          R"({"zip": {"train.lr": [0.1, 0.2], "train.steps": [7, 8]}, "grid": {"seed": [1, 2]}})"),
      ElementsAre("seed=1 train.lr=0.1 train.steps=7", "seed=1 train.lr=0.2 train.steps=8",
                  "seed=2 train.lr=0.1 train.steps=7", "seed=2 train.lr=0.2 train.steps=8"));
}

TEST(Sweep, SeveralZipsAreAxesOfTheirOwn) {
  EXPECT_EQ(points_of(R"({"zip": [{"train.lr": [0.1, 0.2], "train.steps": [7, 8]},
                                  {"seed": [1, 2, 3], "train.batch_size": [4, 5, 6]}]})")
                .size(),
            6U);
}

TEST(Sweep, ListHoldsSettingsAsTheyAre) {
  EXPECT_THAT(points_of(R"({"list": [{"model.activation": "tanh"},
                                     {"model.activation": "relu", "train.lr": 0.5}]})"),
              ElementsAre(R"(model.activation="tanh")", R"(model.activation="relu" train.lr=0.5)"));
}

TEST(Sweep, ExcludeDropsTheRunsThatHoldAllItsSettings) {
  EXPECT_THAT(points_of(R"({"grid": {"train.lr": [1, 2], "seed": [0, 1]},
                            "exclude": [{"train.lr": 2, "seed": 0}]})"),
              ElementsAre("train.lr=1 seed=0", "train.lr=1 seed=1", "train.lr=2 seed=1"));
  EXPECT_THAT(points_of(R"({"grid": {"train.lr": [1, 2], "seed": [0, 1]},
                            "exclude": [{"seed": [0, 7]}]})"),
              ElementsAre("train.lr=1 seed=1", "train.lr=2 seed=1"));
  EXPECT_THAT(points_of(R"({"grid": {"seed": "0..4,7"}, "exclude": [{"seed": "1..3,7"}]})"),
              ElementsAre("seed=0", "seed=4"));
}

TEST(Sweep, LogspaceHasEqualRatiosAndExactEnds) {
  EXPECT_THAT(points_of(R"({"grid": {"train.lr": {"logspace": [1e-3, 1, 4]}}})"),
              ElementsAre("train.lr=0.001", "train.lr=0.01", "train.lr=0.1", "train.lr=1.0"));
  EXPECT_THAT(points_of(R"({"grid": {"train.lr": {"linspace": [0, 1, 3]}}})"),
              ElementsAre("train.lr=0.0", "train.lr=0.5", "train.lr=1.0"));
}

TEST(Sweep, SetsWhatItSaysInEachConfig) {
  const auto runs = planned_trials(
      with_sweep(R"({"grid": {"model.layers.*.init": ["zeros", {"scheme": "normal", "std": 2}],
                              "model.layers.dense2.units": [8]}})"));
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].config.inits[0].weight, choose("zeros"));
  EXPECT_EQ(runs[1].config.inits[2].weight, choose("normal", {{{"std", 2.0}}}));
  EXPECT_EQ(std::get<DenseSpec>(runs[0].config.model[1].kind).units, 8);
  EXPECT_EQ(std::get<DenseSpec>(runs[0].config.model[0].kind).units, 4);
}

TEST(Sweep, GivesEachRunAnIdThatAPlainConfigOfTheSameSettingsHas) {
  const auto runs = planned_trials(with_sweep(R"({"grid": {"train.lr": [0.25]}})"));
  const auto plain =
      planned_trials(with_sweep("{}"), {.overrides = {{.path = "train.lr", .value = "0.25"}}});
  EXPECT_EQ(run_id(runs[0].config), run_id(plain[0].config));
}

TEST(Sweep, OfTheCommandLineIsAnAxisMoreOrInsteadOfTheFiles) {
  EXPECT_THAT(points_of(R"({"grid": {"train.lr": [0.1]}})",
                        {.sweeps = {parse_sweep("train.lr=1,2"), parse_sweep("seed=0..1")}}),
              ElementsAre("train.lr=1 seed=0", "train.lr=1 seed=1", "train.lr=2 seed=0",
                          "train.lr=2 seed=1"));
}

TEST(Sweep, TakesSeedsOfTheCommandLineInsteadOfItsOwn) {
  EXPECT_THAT(points_of(R"({"grid": {"seed": "0..9", "train.lr": [1]}})", {.seeds = {5, 6}}),
              ElementsAre("train.lr=1 seed=5", "train.lr=1 seed=6"));
}

TEST(ParseSweep, ReadsWordsNumbersRangesAndJson) {
  EXPECT_EQ(parse_sweep("model.init=kaiming_normal,orthogonal").value,
            R"(["kaiming_normal","orthogonal"])");
  EXPECT_EQ(parse_sweep("train.lr=0.1,1e-3").value, "[0.1,0.001]");
  EXPECT_EQ(parse_sweep("seed=0..4").value, R"("0..4")");
  EXPECT_EQ(parse_sweep(R"(model.init={"scheme":"normal","std":1},zeros)").value,
            R"([{"scheme":"normal","std":1},"zeros"])");
  EXPECT_EQ(parse_sweep(R"(train.lr={"logspace":[1,2,3]})").value, R"({"logspace":[1,2,3]})");
}

TEST(ParseSweep, RefusesWhatHasNoPathOrNoValues) {
  for (const char* text : {"train.lr", "=1,2", "train.lr="}) {
    EXPECT_THROW(parse_sweep(text), ConfigError) << text;
  }
}

TEST(Sweep, OfARangeUpToTheLargestNumberEndsThere) {
  EXPECT_THAT(points_of(R"({"grid": {"seed": "9223372036854775806..9223372036854775807"}})"),
              ElementsAre("seed=9223372036854775806", "seed=9223372036854775807"));
}

TEST(SweepErrors, DropNoPathThatTheCommandLineSweepsAgain) {
  EXPECT_THAT(error_of("null", {.sweeps = {parse_sweep("seed=0,1"), parse_sweep("seed=2,3")}}),
              HasSubstr("'seed' is swept elsewhere, too"));
  EXPECT_THAT(error_of(R"({"zip": {"seed": [1, 2]}})", {.sweeps = {parse_sweep("seed=0..3")}}),
              HasSubstr("'seed' is swept elsewhere, too"));
  EXPECT_THAT(error_of(R"({"grid": {"seed": [1]}})",
                       {.sweeps = {parse_sweep("seed=0,1"), parse_sweep("seed=2,3")}}),
              HasSubstr("'seed' is swept elsewhere, too"));
}

TEST(SweepErrors, NameTheRunsThatAnIssueIsIn) {
  const std::string message = error_of(R"({"grid": {"seed": [0, 1], "train.lr": [0.1, -1]}})");
  EXPECT_THAT(message, HasSubstr("train.lr: expected a number"));
  EXPECT_THAT(message, HasSubstr("(in 2 of 4 runs, first with seed=0, train.lr=-1)"));
}

TEST(SweepErrors, TellAnIssueOfEveryRunOnce) {
  const std::string message = error_of(R"({"grid": {"train.lrr": [1, 2]}})");
  EXPECT_THAT(message, HasSubstr("train.lrr: unknown key; did you mean 'lr'?"));
  EXPECT_EQ(message.find("runs, first with"), std::string::npos);
}

TEST(SweepErrors, SayWhatIsWrongWithASweep) {
  EXPECT_THAT(error_of("[]"), HasSubstr("sweep: expected an object with grid, zip, list"));
  EXPECT_THAT(error_of(R"({"gird": {}})"), HasSubstr("did you mean 'grid'?"));
  EXPECT_THAT(error_of(R"({"grid": {"seed": "4..0"}})"), HasSubstr("the range 4..0 is empty"));
  EXPECT_THAT(error_of(R"({"grid": {"seed": "a"}})"), HasSubstr("a range of whole numbers"));
  EXPECT_THAT(error_of(R"({"grid": {"seed": []}})"), HasSubstr("got an empty list"));
  EXPECT_THAT(error_of(R"({"list": []})"), HasSubstr("sweep.list: is empty"));
  EXPECT_THAT(error_of(R"({"grid": {}})"), HasSubstr("sweep.grid: is empty"));
  EXPECT_THAT(error_of(R"({"zip": []})"), HasSubstr("sweep.zip: is empty"));
  EXPECT_THAT(error_of(R"({"zip": [{}]})"), HasSubstr("sweep.zip.0: is empty"));
  EXPECT_THAT(error_of(R"({"grid": {"model.init": {"scheme": "zeros"}}})"),
              HasSubstr("a single value is a list of one"));
  EXPECT_THAT(error_of(R"({"grid": {"train.lr": {"logspace": [0, 1, 3]}}})"),
              HasSubstr("both ends of a logspace must be above 0"));
  EXPECT_THAT(error_of(R"({"zip": {"seed": [1, 2], "train.lr": [1]}})"),
              HasSubstr("'seed' has 2 values and 'train.lr' has 1"));
  EXPECT_THAT(error_of(R"({"grid": {"seed": [1]}, "list": [{"seed": 2}]})"),
              HasSubstr("'seed' is swept elsewhere, too"));
  EXPECT_THAT(error_of(R"({"grid": {"seed": [1]}, "exclude": [{"seed": 2}]})"),
              HasSubstr("excludes nothing"));
  EXPECT_THAT(error_of(R"({"grid": {"seed": [1]}, "exclude": [{"seed": 1}]})"),
              HasSubstr("excludes every run"));
}

TEST(SweepErrors, RefuseASweepOfTheSweep) {
  EXPECT_THAT(error_of(R"({"grid": {"sweep.grid.seed": [3]}})"),
              HasSubstr("'sweep.grid.seed' is the sweep itself"));
}

TEST(SweepErrors, NameAnExcludedPathThatIsNotSwept) {
  EXPECT_THAT(error_of(R"({"grid": {"seed": [1, 2]}, "exclude": [{"seeed": 2}]})"),
              HasSubstr("'seeed' is not swept; did you mean 'seed'?"));
  EXPECT_THAT(error_of(R"({"grid": {"seed": [1, 2]}, "exclude": [{"train.lr": 2}]})"),
              HasSubstr("'train.lr' is not swept; swept are seed"));
}

TEST(SweepErrors, SayHowManyRunsAreTooMany) {
  const std::string sweep =
      R"({"grid": {"seed": "0..999", "train.lr": {"linspace": [1, 2, 101]}}})";
  EXPECT_THAT(error_of(sweep),
              HasSubstr("has 101000 runs (1000 x 101), more than 100000; sweep "
                        "less at once, or raise the limit with --max-runs 101000"));
  EXPECT_THAT(error_of(R"({"grid": {"seed": "0..3"}})", {.most_runs = 3}), HasSubstr("has 4 runs"));
  EXPECT_EQ(points_of(R"({"grid": {"seed": "0..3"}})", {.most_runs = 4}).size(), 4U);
  EXPECT_THAT(error_of(R"({"grid": {"seed": "-9223372036854775808..9223372036854775807"}})"),
              HasSubstr("numbers, more than a million"));
}

TEST(SweepErrors, NameTwoCellsThatAreTheSameRun) {
  EXPECT_THAT(error_of(R"({"grid": {"train.lr": [0.1, 1e-1, 0.2], "seed": [7]}})"),
              HasSubstr("(train.lr=0.1, seed=7) and (train.lr=0.1, seed=7) are the same run"));
  EXPECT_THAT(error_of(R"({"list": [{"train.momentum": 0}, {"train.nesterov": false}]})"),
              HasSubstr("(train.momentum=0) and (train.nesterov=false) are the same run"));
}

TEST(SweepErrors, AskForTheKeyThatAStarSets) {
  EXPECT_THAT(error_of(R"({"grid": {"model.layers.*": [1, 2]}})"),
              HasSubstr("name what to set of them, as in 'model.layers.*.init'"));
}

TEST(SweepErrors, RefuseEndsWhoseRatioIsNoNumber) {
  for (const char* values :
       {R"({"logspace": [1e-320, 1, 3]})", R"({"linspace": [-1e308, 1e308, 3]})",
        R"({"logspace": [1e300, 1e-320, 3]})"}) {
    EXPECT_THAT(error_of(std::string(R"({"grid": {"train.lr": )") + values + "}}"),
                HasSubstr("so far apart"))
        << values;
  }
}

TEST(Sweep, ExcludesATextOfDigitsThatIsNoRange) {
  EXPECT_THAT(points_of(R"({"grid": {"name": ["7", "1..2", "a"]}, "exclude": [{"name": "7"},
                           {"name": "1..2"}]})"),
              ElementsAre("name=\"a\""));
}

TEST(SweepErrors, NameAPathOverLayersThatMatchesNothing) {
  EXPECT_THAT(error_of(R"({"grid": {"model.layers.*.kernal": [1, 3]}})"),
              HasSubstr("no layer has 'kernal'; did you mean 'kernel'?"));
  EXPECT_THAT(error_of(R"({"grid": {"model.layers.dense9.units": [1, 3]}})"),
              HasSubstr("no layer is named 'dense9'"));
}

TEST(Sweep, ReachesEveryLayerWithAStar) {
  const auto runs =
      planned_trials(with_sweep(R"({"grid": {"model.layers.*.init": ["zeros", "ones"]}})"));
  ASSERT_EQ(runs.size(), 2U);
  for (const LayerInit& init : runs[1].config.inits) EXPECT_EQ(init.weight.scheme->name, "ones");
}

TEST(SweepErrors, SayThatAPathIsSweptAndSet) {
  EXPECT_THAT(error_of(R"({"grid": {"train.lr": [1, 2]}})",
                       {.overrides = {{.path = "train.lr", .value = "3"}}}),
              HasSubstr("'train.lr' is swept and set by --set"));
  EXPECT_THAT(error_of("{}", {.overrides = {{.path = "sweep.grid", .value = "{}"}}}),
              HasSubstr("a part of a sweep is set by --sweep"));
}

}  // namespace
}  // namespace initbench
