#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/shell_fixture.h"

namespace initbench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Json = nlohmann::json;

class RecommendCommand : public testing::ShellTest {
 protected:
  std::string deep_config() const {
    testing::write_text(folder() / "deep.json", R"({
      "data": {"dataset": "blobs", "train_size": 128, "test_size": 64},
      "model": {"activation": "gelu",
                "layers": [{"type": "dense", "units": 32, "repeat": 30}, {"type": "output"}]},
      "train": {"lr": 0.05, "batch_size": 32, "steps": 40}
    })");
    return "deep.json";
  }
};

TEST_F(RecommendCommand, EndsWithTheSettingsOfTheFirstChoice) {
  const auto done = initbench("recommend --config " + deep_config() + " --seeds 0..1");
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_EQ(done.last_line(), "try        --set 'model.layers.*.init=looks_linear'");
  EXPECT_THAT(done.output, HasSubstr("kaiming_normal (now)"));
  EXPECT_THAT(done.output, HasSubstr("vanishing_activations"));
}

TEST_F(RecommendCommand, PrintsTheFirstChoiceReadyToRun) {
  deep_config();
  const auto done = shell(
      "\"$initbench\" recommend --config deep.json --seeds 0..1 --print-config > best.json && "
      "\"$initbench\" --config best.json -q");
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  const Json config = Json::parse(testing::content_of(folder() / "best.json"));
  EXPECT_EQ(config.at("model").at("layers").at(0).at("init"), "looks_linear");
  EXPECT_THAT(done.output, HasSubstr("verdict   healthy"));
}

TEST_F(RecommendCommand, KeepsTheWeightsOfALayerThatLoadsThem) {
  deep_config();
  const auto done = shell(
      "cp \"$(\"$initbench\" --config deep.json --set train.steps=0 --set log.weights=init -q | "
      "tail -n 1)\"/weights_init.safetensors w.safetensors && \"$initbench\" recommend --config "
      "deep.json --seeds 0..1 --set "
      "'model.layers.dense1.init={\"scheme\": \"load\", \"file\": \"w.safetensors\"}'");
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_THAT(done.output, HasSubstr("loaded weights stay: dense1"));
}

TEST_F(RecommendCommand, TrainingAddsRatesAndLosses) {
  const auto done = initbench("recommend --config " + deep_config() +
                              " --seeds 0..1 --train --train-steps 30 --rates 0.01,0.05 "
                              "--candidates 1 --json");
  ASSERT_EQ(done.exit_code, 0) << done.errors;
  const Json table = Json::parse(done.output).at("ranking");
  EXPECT_EQ(table.at(0).at("init"), "looks_linear");
  EXPECT_EQ(table.at(0).at("trained"), 2);
  EXPECT_TRUE(table.at(0).at("lr").is_number());
  EXPECT_LT(table.at(0).at("final_loss").get<double>(), 1.0);
  const auto present = std::find_if(table.begin(), table.end(),
                                    [](const Json& row) { return row.at("now") == "now"; });
  EXPECT_TRUE(present->at("lr").is_number()) << "the config as it is is trained in any case";
}

TEST_F(RecommendCommand, LooksAtOneNetwork) {
  small_config("a.json");
  const auto done = shell(R"(sed 's/"lr": 0.1/"lr": 0.2/' a.json > b.json; )"
                          R"("$initbench" recommend --config a.json b.json)");
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.errors, HasSubstr("recommend looks at one network, and these are several"));
}

TEST_F(RecommendCommand, RefusesRatesWithoutTraining) {
  const auto done = initbench("recommend --config " + small_config() + " --rates 0.1");
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.errors, HasSubstr("--train"));
}

TEST_F(RecommendCommand, NeedsAConfig) {
  const auto done = initbench("recommend");
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.errors, HasSubstr("give a config with --config FILE"));
}

TEST_F(RecommendCommand, SaysThatNormsMakeInitializationMatterLittle) {
  const auto done = initbench("recommend --config " + small_config() +
                              " --set 'model.layers.*.norm=batch' --seeds 0");
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_THAT(done.output, HasSubstr("norms set the lengths behind 2/3 layers"));
}

TEST_F(RecommendCommand, RefusesRatesThatAreNoRates) {
  for (const std::string rates : {"nan", "inf", "0", "-1", "0.1,0.1", "0.1,,3", "0.1,", "abc"}) {
    const auto done =
        initbench("recommend --config " + small_config() + " --train --rates=" + rates);
    EXPECT_EQ(done.exit_code, 2) << rates;
    EXPECT_THAT(done.errors, HasSubstr("--rates")) << rates;
    EXPECT_LT(done.errors.size(), 200U) << rates;
  }
}

TEST_F(RecommendCommand, TakesTheSeedOfASetting) {
  const auto done = initbench("recommend --config " + small_config() + " --set seed=7");
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_THAT(done.output, HasSubstr("1 seed"));
}

TEST_F(RecommendCommand, KeepsAHealthyInitializationAndItsRate) {
  const auto done = initbench("recommend --config " + small_config() + " --seeds 0..1");
  EXPECT_THAT(done.last_line(), HasSubstr("keep       the initialization as it is"));
  EXPECT_THAT(done.last_line(), Not(HasSubstr("train.lr")));
}

TEST_F(RecommendCommand, WarnsWhereTheTableIsNotShown) {
  // Nothing is healthy where even 1 % of growth is chaos, and 1 % less than all a collapse.
  const auto done =
      initbench("recommend --config " + deep_config() +
                " --set model.activation=sigmoid --set diagnosis.rank_collapse=0.99 --set "
                "diagnosis.chaotic=1.01 --set diagnosis.width_deviations=1e-9 --seeds 0 --json");
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_THAT(done.errors, HasSubstr("least bad"));
  EXPECT_EQ(Json::parse(done.output).at("answer"), "none");
}

}  // namespace
}  // namespace initbench
