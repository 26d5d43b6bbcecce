#include "train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace initbench {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

/// Two features, two classes, split by the sign of the first feature.
Dataset separable(Index size) {
  Dataset set;
  set.shape = Shape::flat(2);
  set.size = size;
  set.classes = 2;
  set.values.resize(2, size);
  Rng rng({.seed = 1, .purpose = Purpose::dataset, .name = "separable"});
  for (Index i = 0; i < size; ++i) {
    set.values(0, i) = static_cast<Scalar>(rng.normal());
    set.values(1, i) = static_cast<Scalar>(rng.normal());
    set.labels.push_back(set.values(0, i) > 0 ? 1 : 0);
  }
  return set;
}

DataSplits separable_splits() { return {.train = separable(20), .test = separable(10)}; }

Network linear_network() {
  return {
      {{.name = "output", .place = "", .kind = DenseSpec{.is_output = true}}}, Shape::flat(2), 2};
}

/// Remembers what it was told, in order.
class Recorder : public Observer {
 public:
  void on_test(const TestView& view) override {
    calls.push_back("test " + std::to_string(view.step));
    test_losses.push_back(view.loss);
    test_epochs.push_back(view.epoch);
  }
  void on_step(const StepView& view) override {
    calls.push_back("step " + std::to_string(view.step));
    losses.push_back(view.loss);
    last_accuracy = view.accuracy;
    lrs.push_back(view.lr);
    grad_norms.push_back(view.grad_norm);
  }
  void on_update(const UpdateView& view) override {
    calls.push_back("update " + std::to_string(view.step));
    updates.push_back(view.change.norm());
  }
  bool on_progress(const ProgressView& view) override {
    state = view.state;
    return view.state.steps != stop_at;
  }

  std::int64_t stop_at = -1;
  std::vector<std::string> calls;
  std::optional<double> last_accuracy;
  std::vector<double> losses, lrs, grad_norms, test_losses, test_epochs;
  std::vector<Scalar> updates;
  TrainState state;  // after the last update
};

TEST(Train, TellsTheObserverInTheDocumentedOrder) {
  Network network = linear_network();
  Recorder recorder;
  // 20 samples in batches of 8: three steps an epoch, the last one with four samples
  train(network, separable_splits(), {.batch_size = 8, .steps = 4, .log_every = 2}, recorder);
  EXPECT_THAT(recorder.calls, ElementsAre("test 0", "step 0", "update 0", "step 2", "update 2",
                                          "test 3", "test 4", "step 4"));
}

TEST(Train, MeasuresOnlyWithoutSteps) {
  Network network = linear_network();
  Recorder recorder;
  const TrainResult result = train(network, separable_splits(), {.steps = 0}, recorder);
  EXPECT_THAT(recorder.calls, ElementsAre("test 0", "step 0"));
  EXPECT_EQ(result.steps, 0);
  EXPECT_EQ(network.values().norm(), 0);
}

TEST(Train, StartsAtLogTwoForTwoClassesAndZeroLogits) {
  Network network = linear_network();
  Recorder recorder;
  train(network, separable_splits(), {.steps = 0}, recorder);
  EXPECT_NEAR(recorder.losses[0], std::log(2.0), 1e-7);
  EXPECT_NEAR(recorder.test_losses[0], std::log(2.0), 1e-7);
}

TEST(Train, LearnsASeparableSet) {
  Network network = linear_network();
  Recorder recorder;
  const TrainResult result =
      train(network, separable_splits(),
            {.optimizer = {.lr = 0.5}, .batch_size = 8, .steps = 300, .log_every = 300}, recorder);
  EXPECT_EQ(result.steps, 300);
  EXPECT_LT(recorder.test_losses.back(), 0.15);
}

TEST(Train, CountsEpochsAsPassesOverTheTrainingSet) {
  Network network = linear_network();
  Recorder recorder;
  train(network, separable_splits(), {.batch_size = 8, .steps = 5}, recorder);
  // at steps 0, 3 and 5: two batches of 8 of the second epoch's 20 samples
  EXPECT_THAT(recorder.test_epochs, ElementsAre(0, 1, 1.8));
}

TEST(Train, GivesTheSameBitsTwice) {
  Vector values[2];
  for (Vector& value : values) {
    Network network = linear_network();
    Recorder recorder;
    train(network, separable_splits(), {.batch_size = 8, .steps = 20, .seed = 4}, recorder);
    value = network.values();
  }
  EXPECT_EQ(values[0], values[1]);
}

TEST(Train, VisitsBatchesInAnotherOrderForAnotherSeed) {
  double losses[2];
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    Network network = linear_network();
    network.values().setLinSpaced(-1, 1);
    Recorder recorder;
    train(network, separable_splits(), {.batch_size = 8, .steps = 0, .seed = seed}, recorder);
    losses[seed] = recorder.losses[0];
  }
  EXPECT_NE(losses[0], losses[1]);
}

TEST(Train, ScalesTheGradientToTheClippingNorm) {
  Network network = linear_network();
  network.values().setLinSpaced(-4, 4);
  Recorder recorder;
  train(network, separable_splits(),
        {.optimizer = {.lr = 1}, .batch_size = 20, .steps = 1, .clip_norm = 1e-3}, recorder);
  ASSERT_GT(recorder.grad_norms[0], 1e-3);
  EXPECT_NEAR(recorder.updates[0], 1e-3, 1e-6);
}

TEST(Train, StopsWhenTheObserverAsksIt) {
  Network network = linear_network();
  Recorder recorder;
  recorder.stop_at = 2;
  const TrainResult result =
      train(network, separable_splits(), {.batch_size = 8, .steps = 9}, recorder);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.steps, 2);
}

/// The calls and the parameters of nine steps with this optimizer that stop after each of `stops`
/// and go on.
std::pair<std::vector<std::string>, Vector> trained_in_parts(const OptimizerSpec& optimizer,
                                                             std::vector<std::int64_t> stops) {
  Network network = linear_network();
  network.values().setLinSpaced(-1, 1);
  Recorder recorder;
  stops.push_back(-1);
  for (const std::int64_t stop : stops) {
    recorder.stop_at = stop;
    // 20 samples in batches of 8: an epoch's last batch is a partial one
    train(network, separable_splits(),
          {.optimizer = optimizer,
           .schedule = {.kind = ScheduleKind::cosine, .warmup_steps = 2},
           .batch_size = 8,
           .steps = 9,
           .log_every = 2},
          recorder, recorder.state);
  }
  return {recorder.calls, network.values()};
}

TEST(Train, InPartsIsTheSameAsInOneForEveryOptimizer) {
  for (const OptimizerRow& row : optimizer_table()) {
    const OptimizerSpec optimizer{.kind = row.kind, .lr = 0.1, .momentum = 0.9};
    const auto [calls, values] = trained_in_parts(optimizer, {});
    for (std::int64_t stop = 1; stop <= 9; ++stop) {
      const auto [calls_in_parts, values_in_parts] = trained_in_parts(optimizer, {stop});
      EXPECT_EQ(calls_in_parts, calls) << row.name << " stopped after " << stop;
      EXPECT_EQ(values_in_parts, values) << row.name << " stopped after " << stop;
    }
    EXPECT_EQ(trained_in_parts(optimizer, {1, 3, 4, 8}).second, values) << row.name;
  }
}

TEST(Train, ReportsTheFirstTensorThatIsNotFinite) {
  Network network = linear_network();
  network.values()(1) = std::numeric_limits<Scalar>::infinity();
  Recorder recorder;
  const TrainResult result =
      train(network, separable_splits(), {.batch_size = 8, .steps = 9, .log_every = 5}, recorder);
  ASSERT_TRUE(result.divergence.has_value());
  EXPECT_EQ(result.divergence->step, 0);
  EXPECT_EQ(result.divergence->layer, "output");
  EXPECT_EQ(result.divergence->tensor, "weight");
}

TEST(Train, ReportsAnInfiniteParameterBehindASaturatedUnit) {
  Network network({{.name = "dense1",
                    .place = "",
                    .kind = DenseSpec{.units = 2, .activation = {.kind = ActivationKind::tanh}}},
                   {.name = "output", .place = "", .kind = DenseSpec{.is_output = true}}},
                  Shape::flat(2), 2);
  // tanh(inf) = 1, and its slope is 0: loss and gradient stay finite
  network.values_of (*network.layers()[0].bias)(0) = std::numeric_limits<Scalar>::infinity();
  Recorder recorder;
  const TrainResult result = train(network, separable_splits(), {.steps = 3}, recorder);
  EXPECT_TRUE(std::isfinite(recorder.losses.back()));
  ASSERT_TRUE(result.divergence.has_value());
  EXPECT_EQ(result.divergence->layer, "dense1");
  EXPECT_EQ(result.divergence->tensor, "bias");
}

TEST(Train, ReportsTheSameDivergenceWhateverIsLogged) {
  std::int64_t steps[2];
  for (const std::int64_t every : {1, 50}) {
    Network network = linear_network();
    network.values().setConstant(1);
    Recorder recorder;
    const TrainResult result = train(network, separable_splits(),
                                     {.optimizer = {.lr = 3e38, .momentum = 0.9},
                                      .batch_size = 8,
                                      .steps = 90,
                                      .log_every = every},
                                     recorder);
    ASSERT_TRUE(result.divergence.has_value());
    steps[every == 1 ? 0 : 1] = result.divergence->step;
  }
  EXPECT_EQ(steps[0], steps[1]);
}

TEST(Train, BlamesTheResidualSumThatOverflows) {
  const LayerSpec inner{.name = "residual1.dense1", .place = "", .kind = DenseSpec{.units = 2}};
  Network network(
      {{.name = "residual1", .place = "", .kind = ResidualSpec{.layers = {inner}, .scale = 1e30}},
       {.name = "output", .place = "", .kind = DenseSpec{.is_output = true}}},
      Shape::flat(2), 2);
  network.values_of(*network.layers()[0].bias).setConstant(1e20F);
  Recorder recorder;
  const TrainResult result = train(network, separable_splits(), {.steps = 3}, recorder);
  ASSERT_TRUE(result.divergence.has_value());
  EXPECT_EQ(result.divergence->layer, "residual1");
  EXPECT_EQ(result.divergence->tensor, "output");
}

TEST(Train, ReportsADivergedStepThatWasNotDueForLogging) {
  Network network = linear_network();
  network.values().setConstant(1);
  Recorder recorder;
  const TrainResult result = train(
      network, separable_splits(),
      {.optimizer = {.lr = 3e38, .momentum = 0.9}, .batch_size = 8, .steps = 90, .log_every = 50},
      recorder);
  ASSERT_TRUE(result.divergence.has_value());
  EXPECT_GT(result.divergence->step, 0);
  EXPECT_EQ(recorder.calls.back(), "step " + std::to_string(result.divergence->step));
  EXPECT_FALSE(std::isfinite(recorder.losses.back()));
  EXPECT_FALSE(recorder.last_accuracy.has_value());
}

}  // namespace
}  // namespace initbench
