#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "experiment/config_text.h"

namespace initbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ConfigIssues, SyntaxErrorsHaveLineAndColumnAndWhatWasExpected) {
  EXPECT_THAT(issue_of("{\n  \"seed\" 3}"),
              StartsWith("test.json: line 2, column 10: not JSON: syntax error"));
  EXPECT_THAT(issue_of("{\n  \"seed\" 3}"), HasSubstr("expected ':'"));
}

TEST(ConfigIssues, ATrailingCommaIsNamed) {
  EXPECT_THAT(issue_of("{\"seed\": 3,}"), HasSubstr("remove the comma before '}'"));
}

TEST(ConfigIssues, NanIsNotJson) {
  EXPECT_THAT(issue_of(R"({"train": {"lr": NaN}})"),
              HasSubstr("JSON has neither NaN nor Infinity"));
}

TEST(ConfigIssues, NumbersBeyondADoubleAreOutOfRange) {
  EXPECT_EQ(issue_of(R"({"train": {"lr": 1e999}})"),
            "test.json: line 1, column 18: the number 1e999 is out of range; numbers reach up to "
            "1.79e308");
}

// A share above 1 or a growth below 1 would never or always be found.
TEST(ConfigIssues, ThresholdsOfDiagnosisAreSharesOrGrowths) {
  for (const char* share : {"symmetric", "dead_units", "saturated", "vanishing_gradients",
                            "vanishing_activations", "rank_collapse"}) {
    EXPECT_THAT(issue_of(R"({"diagnosis": {")" + std::string(share) + R"(": 2}})"),
                HasSubstr("diagnosis." + std::string(share)));
  }
  for (const char* growth : {"exploding_activations", "exploding_residual_activations",
                             "exploding_gradients", "chaotic", "diverged"}) {
    EXPECT_THAT(issue_of(R"({"diagnosis": {")" + std::string(growth) + R"(": 0.5}})"),
                HasSubstr("diagnosis." + std::string(growth)));
  }
}

TEST(ConfigIssues, AnEmptyFileIsNamed) {
  EXPECT_THAT(issue_of(""), StartsWith("test.json: is empty"));
  EXPECT_THAT(issue_of(" \n\t"), StartsWith("test.json: is empty"));
}

TEST(ConfigIssues, AConfigIsAnObject) {
  EXPECT_THAT(issue_of("[1]"), StartsWith("test.json: expected an object, got a list"));
  EXPECT_THAT(issue_of("null"), StartsWith("test.json: expected an object, got null"));
}

TEST(ConfigIssues, DeepNestingIsRefusedWithoutOverflowingTheStack) {
  const std::string brackets(100'000, '[');
  EXPECT_THAT(issue_of(brackets), HasSubstr("nested deeper than 64 levels"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"model\":";
  EXPECT_THAT(issue_of(objects), HasSubstr("nested deeper than 64 levels"));
}

TEST(ConfigIssues, IllFormedTextIsRefusedWithoutQuotingIt) {
  const std::string issue = issue_of("{\"name\": \"\xff\"}");
  EXPECT_THAT(issue, HasSubstr("UTF-8"));
  EXPECT_EQ(issue.find('\xff'), std::string::npos);
}

TEST(ConfigIssues, DuplicateKeysAreToldWithTheirPlace) {
  EXPECT_THAT(issues_of(R"({"seed": 1, "seed": {"a": [1], "a": 2},
                            "model": {"layers": [{"type": "dense", "units": 3, "units": 4},
                                                 {"type": "output"}]}})"),
              ElementsAre("seed: this key is given twice; keep one of the two",
                          "seed.a: this key is given twice; keep one of the two",
                          "model.layers.0.units: this key is given twice; keep one of the two"));
}

TEST(ConfigIssues, UnknownKeysComeWithTheNearestKnownOne) {
  EXPECT_EQ(issue_of(R"({"model": {"layers": [{"type": "output"}]}, "trian": {}})"),
            "trian: unknown key; did you mean 'train'?");
  EXPECT_EQ(
      issue_of(with_layers(R"({"type": "dense", "unit": 3, "units": 3}, {"type": "output"})")),
      "model.layers.0.unit: unknown key; did you mean 'units'? (layer dense1)");
}

TEST(ConfigIssues, KeysKnownFromElsewhereAreTranslated) {
  EXPECT_EQ(issue_of(with_train(R"("learning_rate": 0.1)")),
            "train.learning_rate: unknown key; use 'lr'");
}

TEST(ConfigIssues, WrongTypesSayWhatWasExpected) {
  EXPECT_EQ(issue_of(with_train(R"("lr": "fast")")),
            "train.lr: expected a number of at least 0.0, got the string \"fast\"");
  EXPECT_EQ(issue_of(with_train(R"("shuffle": 1)")),
            "train.shuffle: expected true or false, got 1");
  EXPECT_EQ(issue_of(with_train(R"("optimizer": true)")),
            "train.optimizer: expected a string, got true");
  EXPECT_EQ(issue_of(R"({"model": 3})"), "model: expected an object, got 3");
  EXPECT_EQ(issue_of(R"({"model": {"layers": [{"type": "output"}]}, "train": [1]})"),
            "train: expected an object, got a list");
}

TEST(ConfigIssues, WholeNumbersMayBeWrittenWithAnExponentButNotWithAFraction) {
  EXPECT_EQ(read(with_train(R"("steps": 1e3)")).train.steps, 1000);
  EXPECT_EQ(issue_of(with_train(R"("steps": 3.5)")),
            "train.steps: expected a whole number from 0 to 1000000000000, got 3.5");
}

TEST(ConfigIssues, NegativeAndHugeSizesAreOutOfRange) {
  EXPECT_EQ(issue_of(with_layers(R"({"type": "dense", "units": -3}, {"type": "output"})")),
            "model.layers.0.units: expected a whole number from 1 to 1000000, got -3 (layer "
            "dense1)");
  EXPECT_THAT(issue_of(with_layers(R"({"type": "dense", "units": 1e12}, {"type": "output"})")),
              HasSubstr("from 1 to 1000000, got 1000000000000.0"));
  EXPECT_THAT(issue_of(with_layers(R"({"type": "dense", "units": 4, "repeat": 1e9},
                                      {"type": "output"})")),
              StartsWith("model.layers.0.repeat: expected a whole number from 1 to 10000"));
}

TEST(ConfigIssues, NestedRepeatsCannotExplode) {
  const std::string inner = R"({"type": "dense", "units": 4, "repeat": 10000})";
  EXPECT_EQ(issue_of(with_layers(R"({"type": "residual", "repeat": 10000, "layers": [)" + inner +
                                 R"(]}, {"type": "output"})")),
            "model.layers: more than 10000 layers after their repeats; repeat less");
}

TEST(ConfigIssues, SeedsAre64BitsWithoutSign) {
  const std::string start = R"({"model": {"layers": [{"type": "output"}]}, "seed": )";
  EXPECT_EQ(read(start + "18446744073709551615}").seed, 18446744073709551615U);
  EXPECT_THAT(issue_of(start + "18446744073709551616}"), StartsWith("seed: expected a whole"));
  EXPECT_THAT(issue_of(start + "-1}"), StartsWith("seed: expected a whole"));
}

TEST(ConfigIssues, UnknownNamesComeWithTheNearestAndWhereToLook) {
  EXPECT_EQ(issue_of(with_layers(R"({"type": "dens", "units": 3}, {"type": "output"})")),
            "model.layers.0.type: unknown type of layer 'dens'; did you mean 'dense'? see: "
            "initbench list layers");
  EXPECT_EQ(issue_of(R"({"model": {"init": "kaiming_norml", "layers": [{"type": "output"}]}})"),
            "model.init: unknown scheme 'kaiming_norml'; did you mean 'kaiming_normal'? see: "
            "initbench list schemes");
  EXPECT_EQ(issue_of(R"({"model": {"activation": "rleu", "layers": [{"type": "output"}]}})"),
            "model.activation: unknown activation 'rleu'; did you mean 'relu'? see: initbench list "
            "activations");
  EXPECT_THAT(issue_of(with_train(R"("optimizer": "addam")")),
              HasSubstr("did you mean 'adam'? one of: sgd"));
}

TEST(ConfigIssues, SchemeParametersAreCheckedAtTheirPlace) {
  EXPECT_THAT(issue_of(R"({"model": {"init": {"scheme": "normal", "std": -1},
                                     "layers": [{"type": "output"}]}})"),
              StartsWith("model.init.std: "));
  EXPECT_EQ(issue_of(R"({"model": {"init": {"scheme": "normal", "sdt": 1},
                                   "layers": [{"type": "output"}]}})"),
            "model.init.sdt: unknown key; did you mean 'std'?");
  EXPECT_EQ(issue_of(R"({"model": {"init": {"std": 1}, "layers": [{"type": "output"}]}})"),
            "model.init: needs \"scheme\"");
}

TEST(ConfigIssues, ASchemeForWeightsIsNotOneForBiases) {
  EXPECT_THAT(issue_of(R"({"model": {"bias_init": "orthogonal", "layers": [{"type": "output"}]}})"),
              StartsWith("model.bias_init: the scheme 'orthogonal' is not for biases; those that "
                         "are: zeros"));
}

TEST(ConfigIssues, OptionsThatTheOptimizerDoesNotUseAreRefused) {
  EXPECT_EQ(
      issue_of(with_train(R"("optimizer": "adam", "momentum": 0.9)")),
      "train.momentum: adam does not use momentum (used by: sgd, rmsprop); set betas instead");
  EXPECT_EQ(issue_of(with_train(R"("betas": [0.9, 0.99])")),
            "train.betas: sgd does not use betas (used by: adam, adamw)");
}

TEST(ConfigIssues, OptionsThatTheDataSetDoesNotUseAreRefused) {
  EXPECT_THAT(issue_of(R"({"data": {"dataset": "mnist", "noise": 0.1},
                           "model": {"layers": [{"type": "output"}]}})"),
              StartsWith("data.noise: "));
}

TEST(ConfigIssues, EpochsAndStepsExcludeEachOther) {
  EXPECT_EQ(issue_of(with_train(R"("epochs": 1, "steps": 3)")),
            "train.steps: epochs and steps are both given; keep one of the two");
}

TEST(ConfigIssues, NesterovNeedsMomentum) {
  EXPECT_EQ(issue_of(with_train(R"("nesterov": true)")),
            "train.nesterov: needs a momentum above 0");
}

TEST(ConfigIssues, AStepScheduleNeedsItsStep) {
  EXPECT_EQ(issue_of(with_train(R"("schedule": "step")")),
            "train.schedule.step_size: is missing; add \"step_size\": Steps between two drops of "
            "the rate (schedule step)");
  EXPECT_EQ(issue_of(with_train(R"("schedule": {"name": "cosine", "gamma": 0.5})")),
            "train.schedule.gamma: belongs to the schedule 'step'");
}

TEST(ConfigIssues, TheModelAndItsLayersAreRequired) {
  EXPECT_EQ(issue_of("{}"), "model: is missing; add \"model\": The network");
  EXPECT_EQ(issue_of(R"({"model": {}})"),
            "model.layers: is missing; add \"layers\": The layers, from the input to the output");
  EXPECT_EQ(issue_of(R"({"model": {"layers": []}})"),
            "model.layers: expected a list of layers, got an empty list");
  EXPECT_EQ(issue_of(R"({"model": {"layers": [{"units": 3}]}})"),
            "model.layers.0: needs \"type\"; see: initbench list layers");
}

TEST(ConfigIssues, TheOutputLayerIsTheLast) {
  EXPECT_EQ(issue_of(with_layers(R"({"type": "output"}, {"type": "output"})")),
            "model.layers.0: the output layer must be the last of the model; use \"dense\"");
  EXPECT_THAT(issue_of(with_layers(R"({"type": "residual", "layers": [{"type": "output"}]})")),
              StartsWith("model.layers.0.layers.0: the output layer must be the last"));
}

TEST(ConfigIssues, ALayerWithoutBiasTakesNoSchemeForIt) {
  EXPECT_THAT(issue_of(with_layers(R"({"type": "output", "bias": false, "bias_init": "zeros"})")),
              StartsWith("model.layers.0.bias_init: this layer has \"bias\": false"));
}

TEST(ConfigIssues, NamesMustBeSafeFolders) {
  for (const std::string name : {"a/b", "..", ".hidden", "", "a\\\\b", "a\\nb", "-rf"}) {
    const std::string text =
        R"({"name": ")" + name + R"(", "model": {"layers": [{"type": "output"}]}})";
    EXPECT_THAT(issue_of(text), StartsWith("name: ")) << name;
  }
  EXPECT_THROW(read_config(kSmallest, "dir/.json"), ConfigError);
}

TEST(ConfigIssues, AllOfAFileAreToldAtOnce) {
  EXPECT_THAT(
      issues_of(R"({"sede": 1, "data": {"dataset": "blobz"},
                            "model": {"init": "nope", "layers": [{"type": "conv2d", "kernel": [3]},
                                                                 {"type": "outptu"}]},
                            "train": {"lr": -1, "batch_size": 0}})"),
      ElementsAre(StartsWith("data.dataset: unknown dataset 'blobz'; did you mean 'blobs'?"),
                  StartsWith("train.lr: expected"), StartsWith("train.batch_size: expected"),
                  StartsWith("sede: unknown key; did you mean 'seed'?"),
                  StartsWith("model.init: unknown scheme 'nope'"),
                  StartsWith("model.layers.1.type: unknown type of layer 'outptu'"),
                  "model.layers.0.channels: is missing; add \"channels\": Number of output "
                  "channels (layer conv1)",
                  "model.layers.0.kernel: expected two numbers, [height, width], got a "
                  "list of 1 (layer conv1)"));
}

TEST(ConfigIssues, WhatIsWrongWithARepeatedLayerIsToldOnce) {
  EXPECT_THAT(issue_of(with_layers(R"({"type": "dense", "units": 0, "repeat": 5},
                                      {"type": "output"})")),
              HasSubstr("(layer dense1)"));
}

TEST(ConfigIssues, AMissingFileIsNamed) {
  try {
    read_config_text("no/such/file.json");
    FAIL() << "read a file that does not exist";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "no/such/file.json: cannot read this config: No such file or directory");
  }
  EXPECT_THROW(read_config_text(testing::TempDir()), ConfigError);  // a folder
}

TEST(ConfigIssues, EveryTruncationOfAConfigIsRefusedCleanly) {
  const std::string text = R"({"name":"x","model":{"layers":[{"type":"dense","units":3},
      {"type":"output"}]},"train":{"lr":1e-2}} )";
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    EXPECT_THROW(read(text.substr(0, length)), ConfigError) << length;
  }
}

}  // namespace
}  // namespace initbench
