#include "experiment/config_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "experiment/config_text.h"
#include "experiment/layer_types.h"

namespace initbench {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A config that uses every type of layer and most fields.
constexpr std::string_view kEverything = R"JSON(// comments are allowed
{
  "$schema": "schema.json", /* here too */
  "name": "everything", "seed": 12345678901234567890,
  "data": {"dataset": "images", "classes": 3, "train_size": 64, "test_size": 32,
           "normalize": "per_feature"},
  "model": {
    "init": {"scheme": "kaiming_normal", "mode": "fan_out"}, "bias_init": "zeros",
    "activation": {"name": "leaky_relu", "a": 0.2}, "norm": "batch",
    "init_by_type": {"output": "xavier_normal", "projection": "orthogonal"},
    "bias_init_by_type": {"conv2d": {"scheme": "constant", "value": 0.1}},
    "layers": [
      {"type": "conv2d", "channels": 4, "kernel": [3, 5], "padding": "same", "repeat": 2},
      {"type": "conv2d", "channels": 4, "kernel": 3, "stride": [1, 2], "padding": [1, 0],
       "groups": 2, "dilation": 2, "bias": false, "norm": "none"},
      {"type": "max_pool2d", "size": 2, "stride": 1},
      {"type": "avg_pool2d"},
      {"type": "residual", "scale": "1/sqrt(blocks)", "shortcut": "projection", "repeat": 3,
       "layers": [{"type": "conv2d", "channels": 6, "kernel": 3, "padding": "circular"},
                  {"type": "activation", "activation": "tanh"}]},
      {"type": "residual", "scale": {"learned": 0}, "activation": "relu",
       "layers": [{"type": "conv2d", "channels": 6, "kernel": 1, "padding": 0}]},
      {"type": "global_avg_pool"},
      {"type": "dropout", "rate": 0.25},
      {"type": "dense", "units": 7, "norm": "layer", "activation": "elu"},
      {"type": "output"}
    ]
  },
  "train": {"optimizer": "adamw", "lr": 1, "betas": [0.8, 0.9], "eps": 1e-7,
            "schedule": {"name": "step", "step_size": 5, "gamma": 0.5}, "warmup_steps": 2,
            "batch_size": 16, "steps": 3, "shuffle": false, "clip_norm": 1.5,
            "loss": "cross_entropy"},
  "log": {"every": 1}
})JSON";

const LayerInit& init_of(const ExperimentConfig& config, const std::string& layer) {
  for (const LayerInit& init : config.inits) {
    if (init.layer == layer) return init;
  }
  throw std::out_of_range("no scheme for " + layer);
}

std::string scheme_of(const ExperimentConfig& config, const std::string& layer) {
  return std::string(init_of(config, layer).weight.scheme->name);
}

std::vector<std::string> names_of(const ModelSpec& layers) {
  std::vector<std::string> names;
  for (const LayerSpec& layer : layers) names.push_back(layer.name);
  return names;
}

TEST(ConfigJson, ReadingTheResolvedConfigGivesTheSameConfigAndRunId) {
  for (const std::string_view text : {kEverything, kSmallest}) {
    const ExperimentConfig config = read(text);
    const nlohmann::ordered_json resolved = to_json(config);
    const ExperimentConfig again = read_config(resolved.dump(2), "elsewhere.json");
    EXPECT_EQ(to_json(again).dump(), resolved.dump());
    EXPECT_EQ(run_id(again), run_id(config));
  }
}

TEST(ConfigJson, EveryFieldReachesTheConfig) {
  const ExperimentConfig config = read(kEverything);
  EXPECT_EQ(config.name, "everything");
  EXPECT_EQ(config.seed, 12345678901234567890U);
  EXPECT_EQ(config.data.dataset, "images");
  EXPECT_EQ(config.data.normalize, Normalize::per_feature);
  EXPECT_EQ(config.data.train_size, 64);
  EXPECT_EQ(config.train.optimizer.kind, OptimizerKind::adamw);
  EXPECT_DOUBLE_EQ(config.train.optimizer.lr, 1.0);
  EXPECT_DOUBLE_EQ(config.train.optimizer.beta1, 0.8);
  EXPECT_DOUBLE_EQ(config.train.optimizer.beta2, 0.9);
  EXPECT_DOUBLE_EQ(config.train.optimizer.epsilon, 1e-7);
  EXPECT_DOUBLE_EQ(config.train.optimizer.weight_decay, 0.01);  // torch.optim.AdamW's default
  EXPECT_EQ(config.train.schedule.kind, ScheduleKind::step);
  EXPECT_EQ(config.train.schedule.step_size, 5);
  EXPECT_EQ(config.train.schedule.warmup_steps, 2);
  EXPECT_EQ(config.train.steps, 3);
  EXPECT_FALSE(config.train.epochs.has_value());
  EXPECT_FALSE(config.train.shuffle);
  EXPECT_EQ(config.train.clip_norm, 1.5);
  EXPECT_EQ(config.log.every, 1);

  const auto& conv3 = std::get<Conv2dSpec>(config.model[2].kind);
  EXPECT_EQ(conv3.stride, (std::array<Index, 2>{1, 2}));
  EXPECT_EQ(conv3.dilation, (std::array<Index, 2>{2, 2}));
  EXPECT_EQ(conv3.padding.mode, PaddingMode::explicit_amount);
  EXPECT_EQ(conv3.padding.amount, (std::array<Index, 2>{1, 0}));
  EXPECT_EQ(conv3.groups, 2);
  EXPECT_FALSE(conv3.bias);
  EXPECT_EQ(conv3.norm, Norm::none);
  EXPECT_EQ(std::get<Conv2dSpec>(config.model[0].kind).norm, Norm::batch);
  EXPECT_EQ(std::get<PoolSpec>(config.model[3].kind).stride, (std::array<Index, 2>{1, 1}));
  EXPECT_EQ(std::get<PoolSpec>(config.model[4].kind).kind, PoolKind::average);
  EXPECT_TRUE(std::get<ResidualSpec>(config.model[8].kind).learned_scale);
  EXPECT_TRUE(std::get<DenseSpec>(config.model.back().kind).is_output);
}

TEST(ConfigJson, DefaultsArePyTorchs) {
  const TrainConfig sgd = read(kSmallest).train;
  EXPECT_EQ(sgd.optimizer.kind, OptimizerKind::sgd);
  EXPECT_EQ(sgd.epochs, 1);
  EXPECT_EQ(sgd.loss, Loss::cross_entropy);
  const TrainConfig adam = read(with_train(R"("optimizer": "adam")")).train;
  EXPECT_DOUBLE_EQ(adam.optimizer.lr, 1e-3);
  EXPECT_DOUBLE_EQ(adam.optimizer.weight_decay, 0.0);
  const ExperimentConfig pool = read(with_layers(R"({"type": "max_pool2d", "size": [3, 2]},
                                                     {"type": "output"})"));
  EXPECT_EQ(std::get<PoolSpec>(pool.model[0].kind).stride, (std::array<Index, 2>{3, 2}));
}

TEST(ConfigJson, LayersAreNamedByTypeAfterRepeats) {
  const ExperimentConfig config = read(kEverything);
  EXPECT_THAT(
      names_of(config.model),
      testing::ElementsAre("conv1", "conv2", "conv3", "pool1", "pool2", "residual1", "residual2",
                           "residual3", "residual4", "pool3", "dropout1", "dense1", "output"));
  EXPECT_THAT(names_of(std::get<ResidualSpec>(config.model[6].kind).layers),
              testing::ElementsAre("residual2.conv1", "residual2.activation1"));
  EXPECT_EQ(config.model[1].place, "model.layers.0");
  EXPECT_EQ(std::get<ResidualSpec>(config.model[6].kind).layers[0].place,
            "model.layers.4.layers.0");
}

TEST(ConfigJson, ALayersOwnSchemeWinsOverItsTypesRuleWhichWinsOverTheModels) {
  const ExperimentConfig config = read(R"({"model": {
      "init": "kaiming_normal", "init_by_type": {"dense": "xavier_uniform"},
      "layers": [{"type": "dense", "units": 3, "init": "orthogonal"}, {"type": "dense", "units": 3},
                 {"type": "output"}]}})");
  EXPECT_EQ(scheme_of(config, "dense1"), "orthogonal");
  EXPECT_EQ(scheme_of(config, "dense2"), "xavier_uniform");
  EXPECT_EQ(scheme_of(config, "output"), "kaiming_normal");
}

TEST(ConfigJson, AProjectionHasASchemeOfItsOwn) {
  const ExperimentConfig config = read(kEverything);
  EXPECT_EQ(scheme_of(config, "residual1.shortcut"), "orthogonal");
  EXPECT_THROW(init_of(config, "residual4.shortcut"), std::out_of_range);  // an identity
}

TEST(ConfigJson, AScaleByBlocksCountsTheResidualLayersOfTheWholeNetwork) {
  const ExperimentConfig config = read(kEverything);
  EXPECT_DOUBLE_EQ(std::get<ResidualSpec>(config.model[5].kind).scale, 0.5);  // four blocks
}

TEST(ConfigJson, TheRunIdDependsOnTheSeedAndOnNothingThatIsOnlySpelling) {
  ExperimentConfig config = read(kSmallest);
  const std::string id = run_id(config);
  EXPECT_EQ(id.size(), 16U);
  EXPECT_EQ(run_id(read(R"({"train": {"lr": 1e-2, "epochs": 1.0}, "name": "test",
                            "model": {"layers": [{"units": 0, "type": "output"}]}})")),
            id);
  config.seed = 1;
  EXPECT_NE(run_id(config), id);
}

TEST(ConfigJson, TheNameIsTheFilesUnlessGiven) {
  EXPECT_EQ(read_config(kSmallest, "some/where/deep.json").name, "deep");
  EXPECT_EQ(read(R"({"name": "given", "model": {"layers": [{"type": "output"}]}})").name, "given");
}

TEST(ConfigJson, AByteOrderMarkIsSkipped) {
  EXPECT_EQ(run_id(read("\xef\xbb\xbf" + std::string(kSmallest))), run_id(read(kSmallest)));
}

TEST(ConfigSchema, SaysWhichSizesOfDataAreAccepted) {
  const nlohmann::ordered_json schema = config_schema();
  const auto& data = schema.at("properties").at("data").at("properties");
  EXPECT_EQ(data.at("image_size").at("minimum"), 8);
  EXPECT_EQ(data.at("image_size").at("maximum"), 256);
  EXPECT_EQ(data.at("classes").at("maximum"), 10'000);
  EXPECT_EQ(data.at("features").at("maximum"), 1'000'000);
  EXPECT_EQ(data.at("train_size").at("maximum"), 10'000'000);
}

TEST(ConfigSchema, IsA2020SchemaInWhichEveryKeyIsDescribed) {
  const nlohmann::ordered_json schema = config_schema();
  EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  for (const char* part : {"data", "model", "train", "log"}) {
    for (const auto& item : schema.at("properties").at(part).at("properties").items()) {
      EXPECT_NE(item.value().at("description"), "") << part << "." << item.key();
    }
  }
}

TEST(ConfigSchema, HasEveryTypeOfLayerEverySchemeAndEveryActivation) {
  const std::string text = config_schema().dump();
  for (const LayerType& row : layer_type_table()) {
    EXPECT_THAT(text, HasSubstr(R"({"const":")" + std::string(row.name) + "\"}"));
  }
  for (const Scheme& row : scheme_table()) {
    EXPECT_THAT(text, HasSubstr('"' + std::string(row.name) + '"'));
  }
  for (const ActivationRow& row : activation_table()) {
    EXPECT_THAT(text, HasSubstr(R"({"enum":[")" + std::string(row.name) + "\"]}"));
  }
}

TEST(ConfigSchema, TheResolvedConfigUsesNoKeyThatTheSchemaLacks) {
  const nlohmann::ordered_json schema = config_schema();
  const nlohmann::ordered_json resolved = to_json(read(kEverything));
  const auto& train = schema.at("properties").at("train").at("properties");
  for (const auto& item : resolved.at("train").items()) EXPECT_TRUE(train.contains(item.key()));
  for (const auto& layer : resolved.at("model").at("layers")) {
    for (const auto& type : schema.at("$defs").at("layer").at("oneOf")) {
      if (type.at("properties").at("type").at("const") != layer.at("type")) continue;
      for (const auto& item : layer.items()) {
        EXPECT_TRUE(type.at("properties").contains(item.key())) << item.key();
      }
    }
  }
}

TEST(Biases, FollowAWeightSchemeThatHasALawForThem) {
  const ExperimentConfig config = read(
      R"({"model": {"init": {"scheme": "critical", "q": 0.5}, "activation": "tanh", "layers": [
          {"type": "dense", "units": 4}, {"type": "output", "init": "kaiming_normal"}]}})");
  EXPECT_EQ(init_of(config, "dense1").bias, choose("critical", {{{"q", 0.5}}}));
  EXPECT_EQ(init_of(config, "output").bias, choose("zeros"));
}

TEST(Biases, AreThoseThatTheUserGaveWhateverTheWeightSchemeBrings) {
  const ExperimentConfig config = read(
      R"({"model": {"init": "torch_default", "layers": [
          {"type": "dense", "units": 4, "bias_init": "zeros"}, {"type": "output"}]}})",
      {{.path = "model.bias_init_by_type.output", .value = "normal"}});
  EXPECT_EQ(init_of(config, "dense1").bias, choose("zeros"));
  EXPECT_EQ(init_of(config, "output").bias, choose("normal"));
}

TEST(Biases, AreWrittenOutInTheResolvedConfig) {
  const ExperimentConfig config =
      read(R"({"model": {"init": "torch_default", "layers": [{"type": "output"}]}})");
  EXPECT_EQ(to_json(config)["model"]["layers"][0]["bias_init"], "torch_default");
}

}  // namespace
}  // namespace initbench
