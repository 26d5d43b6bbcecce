#include "experiment/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <cmath>
#include <mutex>
#include <thread>

#include "experiment/config_text.h"
#include "experiment/planned_trials.h"
#include "experiment/run_all.h"
#include "experiment/seeds.h"

namespace initbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kTiny = R"({
  "data": {"dataset": "blobs", "features": 4, "classes": 3, "train_size": 96, "test_size": 48},
  "model": {"layers": [{"type": "dense", "units": 16}, {"type": "output"}]},
  "train": {"lr": 0.1, "batch_size": 32, "epochs": 4}, "log": {"every": 1}})";

std::vector<Trial> trials_over(const std::vector<std::uint64_t>& seeds) {
  return testing::planned_trials(kTiny, {.seeds = seeds});
}

std::string check_issue(const std::string& text) {
  const ExperimentConfig config = read(text);
  try {
    check_against_data(config, load_data(config.data, config.seed));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Seeds, AreRangesWithBothEndsAndLists) {
  EXPECT_THAT(parse_seeds("2..4"), ElementsAre(2, 3, 4));
  EXPECT_THAT(parse_seeds("7"), ElementsAre(7));
  EXPECT_THAT(parse_seeds("5,0..1"), ElementsAre(5, 0, 1));
  EXPECT_THAT(parse_seeds("18446744073709551615..18446744073709551615"),
              ElementsAre(18446744073709551615U));
}

TEST(Seeds, AnythingElseIsRefused) {
  for (const char* text :
       {"", "..", "1..", "..1", "a", "3..1", "-1", "1...2", "1,,2", "1.5",
        "0..18446744073709551615", "18446744073709551616", "1,1", "0..1000000"}) {
    EXPECT_THROW(parse_seeds(text), ConfigError) << text;
  }
}

TEST(Trial, OneForEachSeedDiffersInSeedAndRunIdAlone) {
  const std::vector<std::uint64_t> seeds{3, 4};
  const std::vector<Trial> trials = trials_over(seeds);
  ASSERT_EQ(trials.size(), 2U);
  EXPECT_EQ(trials[1].config.seed, 4U);
  EXPECT_NE(trials[0].run_id, trials[1].run_id);
  EXPECT_EQ(trials[0].run_id, run_id(trials[0].config));
}

TEST(Trial, EpochsBecomeSteps) {
  const ExperimentConfig config = read(kTiny);
  const DataSplits data = load_data(config.data, config.seed);
  EXPECT_EQ(train_spec(config, data.train).steps, 12);  // 4 epochs of 96 / 32 batches
}

TEST(Trial, TrainsAndReportsFirstLastAndBestFigures) {
  const ExperimentConfig config = read(kTiny);
  Observer nobody;
  const TrialResult result = run_trial(config, load_data(config.data, config.seed), nobody);
  EXPECT_EQ(result.train.steps, 12);
  EXPECT_EQ(result.planned_steps, 12);
  EXPECT_EQ(result.parameters, 4 * 16 + 16 + 16 * 3 + 3);
  EXPECT_FALSE(result.diverged());
  EXPECT_LT(result.final_train->loss, result.initial_train->loss);
  EXPECT_EQ(result.initial_test->step, 0);
  EXPECT_EQ(result.final_test->step, 12);
  EXPECT_GE(*result.best_test->accuracy, *result.final_test->accuracy);
}

/// The losses of the batches of all updates.
class UpdateLosses : public Observer {
 public:
  bool on_progress(const ProgressView& view) override {
    losses.push_back(view.loss);
    return true;
  }
  std::vector<double> losses;
};

TEST(Trial, KnowsTheLateLossOfAllBatchesWhateverIsLogged) {
  ExperimentConfig config = read(kTiny);
  const DataSplits data = load_data(config.data, config.seed);
  for (const std::int64_t every : {0, 1, 5}) {
    config.log.every = every;
    UpdateLosses updates;
    const TrialResult result = run_trial(config, data, updates);
    ASSERT_EQ(updates.losses.size(), 12U);
    EXPECT_EQ(result.late_train->batches, 3);  // the last quarter
    EXPECT_NEAR(result.late_train->mean,
                (updates.losses[9] + updates.losses[10] + updates.losses[11]) / 3, 1e-15);
  }
}

TEST(Trial, ADivergedTrainingIsAResult) {
  ExperimentConfig config = read(kTiny);
  config.train.optimizer.lr = 1e20;
  Observer nobody;
  EXPECT_TRUE(run_trial(config, load_data(config.data, config.seed), nobody).diverged());
}

TEST(CheckAgainstData, NamesALossThatDoesNotFit) {
  EXPECT_THAT(
      check_issue(R"({"train": {"loss": "mse"}, "model": {"layers": [{"type": "output"}]}})"),
      HasSubstr("train.loss: mse is for regression targets, but 'blobs' has classes"));
  EXPECT_THAT(check_issue(R"({"data": {"dataset": "sine"}, "train": {"loss": "cross_entropy"},
                              "model": {"layers": [{"type": "output"}]}})"),
              HasSubstr("train.loss: cross_entropy is for classes, but 'sine' has regression"));
}

TEST(CheckAgainstData, NamesALayerThatNeedsAnImage) {
  EXPECT_THAT(check_issue(with_layers(R"({"type": "conv2d", "channels": 2, "kernel": 3},
                                         {"type": "output"})")),
              HasSubstr("model.layers.0: conv1: conv2d needs an image"));
}

TEST(CheckAgainstData, NamesAWrongNumberOfOutputs) {
  EXPECT_THAT(check_issue(with_layers(R"({"type": "dense", "units": 7})")),
              HasSubstr("7 features, but the data need"));
}

TEST(CheckAgainstData, NamesASchemeThatCannotServeItsLayerBesideALossThatDoesNotFit) {
  const std::string issues = check_issue(
      R"({"train": {"loss": "mse"}, "model": {"layers": [{"type": "output", "init": "dirac"}]}})");
  EXPECT_THAT(issues, HasSubstr("train.loss"));
  EXPECT_THAT(issues, HasSubstr("'output', init: "));
}

TEST(CheckPlan, FindsWhatIsWrongWithALaterTrialBeforeAnyRuns) {
  DataCache cache;
  const std::vector<Trial> plan{testing::planned_trial(kTiny),
                                testing::planned_trial(with_train(R"("loss": "mse")"))};
  EXPECT_THROW(check_plan(plan, cache), ConfigError);
  EXPECT_NO_THROW(check_plan(std::span(plan).first(1), cache));
}

/// The logged losses of one run.
class Losses : public Observer {
 public:
  void on_step(const StepView& view) override { values.push_back(view.loss); }
  std::vector<double> values;
};

std::vector<std::vector<double>> losses_of(std::span<const Trial> plan, int jobs) {
  DataCache cache;
  std::vector<std::vector<double>> losses(plan.size());
  run_all(plan, {.jobs = jobs, .threads = 1}, [&](const Trial& trial, std::size_t index) {
    const DataCache::Lease data = cache.get(trial.config);
    Losses observer;
    run_trial(trial.config, *data, observer);
    losses[index] = observer.values;
  });
  return losses;
}

TEST(RunAll, ResultsDoNotDependOnTheNumberOfJobs) {
  const std::vector<std::uint64_t> seeds{0, 1, 2, 3, 4};
  const std::vector<Trial> plan = trials_over(seeds);
  const std::vector<std::vector<double>> alone = losses_of(plan, 1);
  EXPECT_EQ(alone, losses_of(plan, 2));
  EXPECT_EQ(alone[0].size(), 13U);
  EXPECT_NE(alone[0], alone[1]);
}

TEST(RunAll, RunsAllTrialsOfASeedBeforeTheNext) {
  std::vector<Trial> plan(5);
  const std::array<std::uint64_t, 5> seeds{7, 3, 7, 3, 1};
  for (std::size_t i = 0; i < plan.size(); ++i) plan[i].config.seed = seeds.at(i);
  std::vector<std::size_t> order;
  run_all(plan, {.jobs = 1, .threads = 1},
          [&](const Trial&, std::size_t index) { order.push_back(index); });
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 2, 1, 3, 4}));
}

TEST(RunAll, OneTrialsFailureIsRecordedAndTheRestGoesOn) {
  const std::vector<std::uint64_t> seeds{0, 1, 2};
  const std::vector<Trial> plan = trials_over(seeds);
  const std::vector<TrialOutcome> outcomes =
      run_all(plan, {.jobs = 2, .threads = 1}, [](const Trial&, std::size_t index) {
        if (index == 1) throw DataError("file", "is corrupt");
      });
  EXPECT_TRUE(outcomes[0].finished);
  EXPECT_FALSE(outcomes[1].finished);
  EXPECT_THROW(std::rethrow_exception(outcomes[1].error), DataError);
  EXPECT_TRUE(outcomes[2].finished);
}

TEST(RunAll, RunsInTheCallingThreadWhenTheSystemGivesNoOther) {
  pthread_attr_t usual;
  pthread_attr_t absurd;
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(pthread_getattr_default_np(&absurd), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&absurd, std::size_t{1} << 50U), 0);
  ASSERT_EQ(pthread_setattr_default_np(&absurd), 0);
  const std::vector<std::uint64_t> seeds{0, 1, 2};
  const std::vector<Trial> plan = trials_over(seeds);
  std::vector<std::thread::id> ran;
  const std::vector<TrialOutcome> outcomes =
      run_all(plan, {.jobs = 2, .threads = 1},
              [&](const Trial&, std::size_t) { ran.push_back(std::this_thread::get_id()); });
  EXPECT_EQ(pthread_setattr_default_np(&usual), 0);
  pthread_attr_destroy(&absurd);
  pthread_attr_destroy(&usual);
  EXPECT_EQ(ran, std::vector(3, std::this_thread::get_id()));
  for (const TrialOutcome& outcome : outcomes) EXPECT_TRUE(outcome.finished);
}

TEST(RunAll, StartsNothingOnceStopped) {
  const std::vector<std::uint64_t> seeds{0, 1, 2};
  const std::vector<Trial> plan = trials_over(seeds);
  int done = 0;
  const std::vector<TrialOutcome> outcomes = run_all(
      plan, {.jobs = 1, .threads = 1}, [&](const Trial&, std::size_t) { ++done; },
      [&] { return done == 2; });
  EXPECT_TRUE(outcomes[1].finished);
  EXPECT_FALSE(outcomes[2].finished);
  EXPECT_EQ(outcomes[2].error, nullptr);
}

TEST(DataCache, SharesASetAndDropsItForTheNextOneWhenNobodyUsesIt) {
  DataCache cache;
  ExperimentConfig config = read(kTiny);
  {
    const DataCache::Lease first = cache.get(config);
    const DataCache::Lease second = cache.get(config);
    EXPECT_EQ(&*first, &*second);
    config.seed = 1;
    const DataCache::Lease other = cache.get(config);
    EXPECT_NE(&*first, &*other);
    EXPECT_EQ(cache.size(), 2U);
  }
  config.seed = 2;
  const DataCache::Lease next = cache.get(config);
  EXPECT_EQ(cache.size(), 1U);
}

TEST(DataCache, ThrowsAsLoadingDoesAndCanBeAskedAgain) {
  DataCache cache;
  ExperimentConfig config = read(kTiny);
  config.data.dataset = "idx";
  for (const char* attempt : {"first", "second"}) EXPECT_ANY_THROW(cache.get(config)) << attempt;
}

}  // namespace
}  // namespace initbench
