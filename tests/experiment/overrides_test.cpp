#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiment/config_text.h"

namespace initbench {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kNet = R"({"model": {"init": "orthogonal", "layers": [
    {"type": "dense", "units": 8, "repeat": 3},
    {"type": "residual", "layers": [{"type": "dense", "units": 8}, {"type": "dense", "units": 8}]},
    {"type": "dropout"},
    {"type": "output"}]}})";

Index units(const LayerSpec& layer) { return std::get<DenseSpec>(layer.kind).units; }
std::string activation(const LayerSpec& layer) {
  return std::string(activation_row(std::get<DenseSpec>(layer.kind).activation.kind).name);
}

TEST(Override, IsAPathAndAValue) {
  const Override change = parse_override("train.lr=0.1=x");
  EXPECT_EQ(change.path, "train.lr");
  EXPECT_EQ(change.value, "0.1=x");
  EXPECT_THROW(parse_override("train.lr"), ConfigError);
  EXPECT_THROW(parse_override("=3"), ConfigError);
}

TEST(Override, OfAllWidthsLeavesTheOutputsToTheData) {
  const ExperimentConfig config = read(kNet, {{"model.layers.*.units", "7"}});
  EXPECT_EQ(units(config.model.front()), 7);
  EXPECT_EQ(units(config.model.back()), 0);
}

TEST(Override, IsANumberHoweverPeopleWriteIt) {
  EXPECT_DOUBLE_EQ(read(kNet, {{"train.lr", ".25"}}).train.optimizer.lr, 0.25);
  EXPECT_EQ(read(kNet, {{"name", "1-2"}}).name, "1-2");
}

TEST(Override, ReplacesAndAddsValues) {
  const ExperimentConfig config = read(
      kNet,
      {{"train.lr", "0.25"}, {"train.optimizer", "rmsprop"}, {"seed", "7"}, {"name", "other"}});
  EXPECT_DOUBLE_EQ(config.train.optimizer.lr, 0.25);
  EXPECT_EQ(config.train.optimizer.kind, OptimizerKind::rmsprop);
  EXPECT_EQ(config.seed, 7U);
  EXPECT_EQ(config.name, "other");
}

TEST(Override, OfStepsTakesThePlaceOfEpochsAndTheOtherWayRound) {
  const std::string with_epochs = std::string(kNet).insert(1, R"("train": {"epochs": 3}, )");
  const ExperimentConfig config = read(with_epochs, {{"train.steps", "7"}});
  EXPECT_EQ(config.train.steps, 7);
  EXPECT_FALSE(config.train.epochs.has_value());
  const ExperimentConfig back = read(with_epochs, {{"train.steps", "7"}, {"train.epochs", "2"}});
  EXPECT_EQ(back.train.epochs, 2);
  EXPECT_FALSE(back.train.steps.has_value());
}

TEST(Override, AnIndexMeansTheFilesListBeforeRepeats) {
  const ExperimentConfig config = read(kNet, {{"model.layers.0.units", "5"}});
  EXPECT_EQ(units(config.model[0]), 5);
  EXPECT_EQ(units(config.model[2]), 5);
  const ExperimentConfig longer = read(kNet, {{"model.layers.0.repeat", "6"}});
  EXPECT_EQ(longer.model.size(), 9U);
  const ExperimentConfig inner = read(kNet, {{"model.layers.1.layers.1.units", "5"}});
  EXPECT_EQ(units(std::get<ResidualSpec>(inner.model[3].kind).layers[1]), 5);
}

TEST(Override, ANameMeansOneLayerAfterRepeats) {
  const ExperimentConfig config = read(
      kNet, {{"model.layers.dense2.units", "5"}, {"model.layers.residual1.dense2.units", "6"}});
  EXPECT_EQ(units(config.model[0]), 8);
  EXPECT_EQ(units(config.model[1]), 5);
  EXPECT_EQ(units(config.model[2]), 8);
  EXPECT_EQ(units(std::get<ResidualSpec>(config.model[3].kind).layers[1]), 6);
}

TEST(Override, ANameWinsOverAnIndexWhateverTheirOrder) {
  const ExperimentConfig config =
      read(kNet, {{"model.layers.dense2.units", "5"}, {"model.layers.0.units", "6"}});
  EXPECT_EQ(units(config.model[0]), 6);
  EXPECT_EQ(units(config.model[1]), 5);
}

TEST(Override, AStarMeansEveryLayerThatHasTheKey) {
  const ExperimentConfig config = read(kNet, {{"model.layers.*.activation", "tanh"}});
  EXPECT_EQ(activation(config.model[1]), "tanh");
  EXPECT_EQ(activation(std::get<ResidualSpec>(config.model[3].kind).layers[0]), "tanh");
  EXPECT_EQ(activation(config.model.back()), "linear");  // an output has none
}

TEST(Override, ReachesIntoANameThatStandsForAnObject) {
  const ExperimentConfig config = read(
      kNet,
      {{"model.init.gain", "2"}, {"train.schedule", "step"}, {"train.schedule.step_size", "4"}});
  EXPECT_DOUBLE_EQ(config.inits[0].weight.number("gain"), 2.0);
  EXPECT_EQ(config.train.schedule.step_size, 4);
}

TEST(Override, ReachesIntoARuleThatIsGivenByName) {
  const std::string net = R"({"model": {"init_by_type": {"conv2d": "kaiming_normal"},
      "bias_init_by_type": {"output": "normal"}, "layers": [
      {"type": "conv2d", "channels": 2, "kernel": 3}, {"type": "output"}]}})";
  const ExperimentConfig config = read(net, {{"model.init_by_type.conv2d.mode", "fan_out"},
                                             {"model.bias_init_by_type.output.std", "0.5"}});
  EXPECT_EQ(config.inits[0].weight.word("mode"), "fan_out");
  EXPECT_DOUBLE_EQ(config.inits[1].bias.number("std"), 0.5);
}

TEST(Override, AValueIsJsonIfItParsesAndElseAString) {
  const ExperimentConfig config =
      read(kNet, {{"model.layers.dense1.init", R"({"scheme": "normal", "std": 0.5})"}});
  EXPECT_DOUBLE_EQ(config.inits[0].weight.number("std"), 0.5);
  EXPECT_THAT(issue_of(kNet, {{"train.lr", "1e999"}}), HasSubstr("got the string \"1e999\""));
}

// As a string it would be an unknown scheme, whatever is wrong inside.
TEST(Override, AnObjectOrAListWithAMistakeIsAnErrorOfItsJson) {
  for (const char* value :
       {R"({"scheme": "normal", "std": NaN})", "[1, 2", R"({"a": 1, "a": 2})"}) {
    try {
      read(kNet, {{"model.init", value}});
      ADD_FAILURE() << value;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("the value is no JSON: ")) << value;
    }
  }
}

TEST(Override, APathThatMatchesNothingIsAnError) {
  EXPECT_EQ(issue_of(kNet, {{"model.layers.dens2.units", "5"}}),
            "--set model.layers.dens2.units: no layer is named 'dens2'; did you mean 'dense2'?");
  EXPECT_THAT(issue_of(kNet, {{"model.layers.conv.units", "5"}}),
              HasSubstr("the layers are dense1, dense2, dense3, residual1, residual1.dense1"));
  EXPECT_EQ(issue_of(kNet, {{"model.layers.4.units", "5"}}),
            "--set model.layers.4.units: '4' is none of the list's 4 entries; they count from 0");
  EXPECT_EQ(issue_of(kNet, {{"model.layers.*.actvation", "relu"}}),
            "--set model.layers.*.actvation: no layer has 'actvation'; did you mean 'activation'?");
  EXPECT_EQ(issue_of(kNet, {{"model.layers.*.kernel", "3"}}),
            "--set model.layers.*.kernel: no layer has 'kernel'; it is a setting of layers of type "
            "conv2d");
  EXPECT_EQ(issue_of(kNet, {{"train.lrr", "0.1"}}), "train.lrr: unknown key; did you mean 'lr'?");
  EXPECT_EQ(issue_of(kNet, {{"model.layers.dense1.unitz", "1"}}),
            "model.layers.0.unitz: unknown key; did you mean 'units'? (layer dense1)");
}

TEST(Override, APathIntoANumberIsAnError) {
  EXPECT_EQ(issue_of(kNet, {{"seed.x", "1"}}),
            "seed: expected a whole number from 0 to 18446744073709551615, got an object");
  EXPECT_THAT(issue_of(kNet, {{"seed", "3"}, {"seed.x", "1"}}),
              StartsWith("--set seed.x: 'seed' is 3 and has no settings inside"));
}

TEST(Override, RepeatCannotBeSetByAName) {
  EXPECT_THAT(issue_of(kNet, {{"model.layers.dense1.repeat", "2"}}),
              HasSubstr("use the layer's index: model.layers.0.repeat"));
}

TEST(Override, EmptyPartsAndEndlessPathsAreRefused) {
  EXPECT_THAT(issue_of(kNet, {{"train..lr", "1"}}), HasSubstr("empty part"));
  std::string path = "a";
  for (int i = 0; i < 100'000; ++i) path += ".a";
  EXPECT_THAT(issue_of(kNet, {{path, "1"}}), HasSubstr("more than 64 keys"));
}

}  // namespace
}  // namespace initbench
