#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/shell_fixture.h"

namespace initbench {
namespace {

using ::testing::HasSubstr;
using testing::ShellResult;
using testing::ShellTest;
using ::testing::StartsWith;
using testing::write_text;

using CommandLine = ShellTest;

TEST_F(CommandLine, WithoutArgumentsShowsTheHelpOnStandardErrorAndFails) {
  const ShellResult result = initbench("");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.errors, HasSubstr("--config"));
  EXPECT_THAT(result.errors, HasSubstr("check"));
}

TEST_F(CommandLine, HelpGoesToStandardOutput) {
  for (const char* arguments :
       {"--help", "-h", "check --help", "list --help", "schema --help", "gain --help"}) {
    const ShellResult result = initbench(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments;
    EXPECT_THAT(result.output, HasSubstr("--help")) << arguments;
    EXPECT_EQ(result.errors, "") << arguments;
  }
}

TEST_F(CommandLine, VersionNamesTheCompiler) {
  const ShellResult result = initbench("--version");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, StartsWith("initbench 0."));
  EXPECT_EQ(result.lines().size(), 1U);
}

/// A mistake on the command line, and what the message has to say.
struct Mistake {
  const char* arguments;
  const char* message;
};

TEST_F(CommandLine, AnswersAMistakeWithExitCodeTwoAndARemedy) {
  small_config();
  const Mistake mistakes[] = {
      {"chekc a.json", "unknown command 'chekc'; did you mean 'check'?"},
      {"lst", "unknown command 'lst'; did you mean 'list'?"},
      {"--confg small.json", "unknown flag '--confg'; did you mean '--config'?"},
      {"--config small.json --seeed 3", "unknown flag '--seeed'; did you mean '--seed'?"},
      {"--config small.json --forcee", "did you mean '--force'?"},
      {"list --jsn", "did you mean '--json'?"},
      {"list scheme", "did you mean 'schemes'?"},
      {"gain gleu", "did you mean 'gelu'?"},
      {"gain tanh --q 0", "--q: must be from 1e-8"},
      {"small.json", "to run it: initbench --config small.json"},
      {"--seed 3", "--config FILE"},
      {"--config small.json check small.json", "do not belong to 'check'"},
      {"check", "FILE"},
      {"--config", "--config"},
      {"--config small.json --seed 1 --seeds 0..3", "--seed"},
      {"--config small.json --seed -1", "--seed"},
      {"--config small.json --seed 18446744073709551616", "--seed"},
      {"--config small.json --seed 010", "--seed"},
      {"--config small.json --seed 1e3", "--seed"},
      {"--config small.json --seeds 3..0", "--seeds"},
      {"--config small.json --seeds x", "--seeds"},
      {"--config small.json --jobs 0", "--jobs"},
      {"--config small.json --threads many", "--threads"},
      {"--config small.json --set", "--set"},
      {"--config small.json --set train.lr", "train.lr"},
      {"--config small.json --set train.lrr=1", "did you mean 'lr'?"},
      {"--config missing.json", "missing.json"},
      {"list --json --markdown", "--markdown"},
  };
  for (const Mistake& mistake : mistakes) {
    const ShellResult result = initbench(mistake.arguments);
    EXPECT_EQ(result.exit_code, 2) << mistake.arguments << "\n" << result.errors;
    EXPECT_EQ(result.output, "") << mistake.arguments;
    EXPECT_THAT(result.errors, HasSubstr(mistake.message)) << mistake.arguments;
    EXPECT_THAT(result.errors, StartsWith("error: ")) << mistake.arguments;
  }
  EXPECT_FALSE(std::filesystem::exists(path("runs"))) << "nothing was run";
}

using CheckTest = ShellTest;

TEST_F(CheckTest, SaysThatAConfigIsValid) {
  small_config();
  const ShellResult result = initbench("check small.json");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.output, "small.json: ok\n");
  EXPECT_EQ(result.errors, "");
}

TEST_F(CheckTest, TellsEveryErrorOfEveryFileWithItsPlace) {
  small_config();
  write_text(folder() / "bad.json", R"({
    "data": {"dataset": "blobs", "train_sise": 10},
    "model": {"layers": [{"type": "dense", "units": -3}, {"type": "output"}], "init": "kaiming_norml"},
    "train": {"lr": "fast"}
  })");
  write_text(folder() / "worse.json", "{\n  \"model\": ]\n}");
  const ShellResult result = initbench("check bad.json small.json worse.json");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.output, "small.json: ok\n");
  EXPECT_THAT(result.errors, HasSubstr("bad.json: data"));
  EXPECT_THAT(result.errors, HasSubstr("did you mean 'train_size'?"));
  EXPECT_THAT(result.errors, HasSubstr("model.layers.0.units"));
  EXPECT_THAT(result.errors, HasSubstr("did you mean 'kaiming_normal'?"));
  EXPECT_THAT(result.errors, HasSubstr("bad.json: train.lr"));
  EXPECT_THAT(result.errors, HasSubstr("worse.json"));
}

TEST_F(CheckTest, FindsLayersThatDoNotFitTheData) {
  write_text(folder() / "conv.json", R"({
    "data": {"dataset": "blobs"},
    "model": {"layers": [{"type": "conv2d", "channels": 4, "kernel": 3}, {"type": "output"}]}
  })");
  const ShellResult result = initbench("check conv.json");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("conv1"));
}

TEST_F(CheckTest, SaysWhenTheDataAreMissing) {
  write_text(folder() / "idx.json", R"({
    "data": {"dataset": "mnist", "path": "nowhere"}, "model": {"layers": [{"type": "output"}]}
  })");
  const ShellResult result = initbench("check idx.json");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.errors, HasSubstr("idx.json"));
  EXPECT_THAT(result.errors, HasSubstr("nowhere"));
  EXPECT_EQ(initbench("--config idx.json").exit_code, 4);
}

using ListTest = ShellTest;

TEST_F(ListTest, GivesJsonOfEverySubject) {
  for (const char* subject :
       {"", "schemes", "activations", "layers", "datasets", "optimizers", "statistics"}) {
    const ShellResult result = initbench("list " + std::string(subject) + " --json");
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_FALSE(nlohmann::json::parse(result.output).empty()) << subject;
    EXPECT_EQ(result.errors, "");
  }
}

TEST_F(ListTest, GivesTextAndMarkdown) {
  EXPECT_THAT(initbench("list schemes").output, HasSubstr("kaiming_normal"));
  EXPECT_THAT(initbench("list schemes --markdown").output, HasSubstr("| `kaiming_normal` |"));
}

TEST_F(ListTest, GivesTheSchema) {
  const ShellResult result = initbench("schema");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(result.output).at("$schema"),
            "https://json-schema.org/draft/2020-12/schema");
}

using PlanTest = ShellTest;

TEST_F(PlanTest, OfADryRunShowsSizesAndRunsNothing) {
  small_config();
  const ShellResult result = initbench("--config small.json --seeds 0..1 --dry-run");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  ASSERT_EQ(result.lines().size(), 4U);
  EXPECT_THAT(result.lines()[1], HasSubstr("runs/small/"));
  EXPECT_THAT(result.lines()[3], ::testing::StartsWith("2 of 2 runs to do, "));
  EXPECT_THAT(result.lines()[1], HasSubstr(" 30 "));  // steps
  EXPECT_FALSE(std::filesystem::exists(path("runs")));
}

TEST_F(PlanTest, AnnouncesTheDirectoryThatTheRunThenHas) {
  small_config();
  const std::string announced = initbench("--config small.json --seed 5 --dry-run").lines()[1];
  const std::string directory = initbench("--config small.json --seed 5").last_line();
  EXPECT_THAT(announced, ::testing::EndsWith(directory));
}

TEST_F(PlanTest, PrintsTheResolvedConfigWithItsOverrides) {
  small_config();
  const ShellResult result =
      initbench("--config small.json --seed 7 --set train.lr=0.25 --print-config");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const auto config = nlohmann::json::parse(result.output);
  EXPECT_EQ(config.at("seed"), 7);
  EXPECT_EQ(config.at("train").at("lr"), 0.25);
  EXPECT_FALSE(std::filesystem::exists(path("runs")));
}

}  // namespace
}  // namespace initbench
