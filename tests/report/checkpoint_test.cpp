#include "report/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/errors.h"
#include "data/digest.h"
#include "experiment/config_json.h"
#include "experiment/planned_trials.h"
#include "experiment/safetensors.h"
#include "report/folder_fixture.h"
#include "report/record_run.h"

namespace initbench {
namespace {

using testing::content_of;
using testing::FolderTest;
using ::testing::HasSubstr;
using testing::write_text;

/// Epochs of three steps, the last one with a partial batch; every third step is logged. A dense
/// layer flattens an image, so that PyTorch's order of its columns is another one.
constexpr std::string_view kConfig = R"({
  "name": "small",
  "data": {"dataset": "images", "image_size": 8, "train_size": 20, "test_size": 6, "classes": 2},
  "model": {"layers": [
    {"type": "conv2d", "channels": 2, "kernel": 3, "padding": "same", "norm": "batch"},
    {"type": "max_pool2d", "size": 2}, {"type": "dropout", "rate": 0.3},
    {"type": "dense", "units": 2}, {"type": "output"}]},
  "train": {"steps": 8, "batch_size": 8, "lr": 0.05, "optimizer": "adam"},
  "log": {"every": 3, "weights": "all"}
})";

class CheckpointTest : public FolderTest {
 protected:
  static Trial trial(const std::vector<Override>& overrides = {}) {
    return testing::planned_trial(kConfig, overrides);
  }

  /// Runs into `out` until `stop` updates are done; 0: to the end.
  RecordedRun run(const std::string& out, std::int64_t stop = 0, bool force = false,
                  const Trial& what = trial()) const {
    DataCache cache;
    const auto hook = [&](std::int64_t step, std::int64_t, double) { return step + 1 != stop; };
    return record_run(what, {.out = path(out), .force = force}, cache, hook);
  }

  /// The content of a run's files, run.json without its timings.
  static std::map<std::string, std::string> files(const std::string& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      std::string content = content_of(entry.path());
      if (entry.path().filename() == kRunFile) {
        auto json = nlohmann::ordered_json::parse(content);
        for (const char* timing : {"train_seconds", "initialize_seconds", "total_seconds"}) {
          json.erase(timing);
        }
        content = json.dump(2);
      }
      files[entry.path().filename().string()] = content;
    }
    return files;
  }

  /// The bytes of a checkpoint after three steps.
  std::string checkpoint() const { return content_of(checkpoint_path(run("three", 3).directory)); }

  static std::string run_id() { return trial().run_id; }

  /// With one text in place of another of the same length, and the checksum of that.
  static std::string altered(std::string bytes, std::string_view old_text,
                             std::string_view new_text) {
    constexpr std::string_view kChecksum = "\"checksum\":\"";
    EXPECT_EQ(old_text.size(), new_text.size());
    bytes.replace(bytes.find(old_text), old_text.size(), new_text);
    const std::size_t place = bytes.find(kChecksum) + kChecksum.size();
    bytes.replace(place, 16, std::string(16, '0'));
    Digest digest;
    digest.add_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())));
    return bytes.replace(place, 16, digest.hex());
  }

  static std::string refusal(std::string_view bytes, const std::string& id) {
    try {
      parse_checkpoint(bytes, "c.safetensors", id);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(CheckpointTest, LetsARunGoOnAsIfItHadNeverStopped) {
  const auto whole = files(run("whole").directory);
  for (std::int64_t stop = 1; stop <= 8; ++stop) {
    const std::string out = "stopped" + std::to_string(stop);
    EXPECT_EQ(run(out, stop).summary.status, RunStatus::interrupted);
    EXPECT_EQ(files(run(out).directory), whole) << "stopped after " << stop;
  }
}

TEST_F(CheckpointTest, LetsARunGoOnForEveryOptimizer) {
  for (const OptimizerRow& row : optimizer_table()) {
    const std::string name(row.name);
    const Trial what = trial({{.path = "train.optimizer", .value = name}});
    const auto whole = files(run("whole_" + name, 0, false, what).directory);
    run(name, 4, false, what);
    EXPECT_EQ(files(run(name, 0, false, what).directory), whole) << name;
  }
}

TEST_F(CheckpointTest, LetsARunGoOnWhoseWeightsHaveFactorsInTheNetwork) {
  for (const std::string scheme : {"ntk", "mup"}) {
    const Trial what = trial({{.path = "model.init", .value = scheme}});
    const auto whole = files(run("whole_" + scheme, 0, false, what).directory);
    run(scheme, 4, false, what);
    EXPECT_EQ(files(run(scheme, 0, false, what).directory), whole) << scheme;
  }
}

TEST_F(CheckpointTest, LetsARunGoOnToItsDivergence) {
  const Trial what = trial({{.path = "train.optimizer", .value = "sgd"},
                            {.path = "model.layers.0.norm", .value = "none"},
                            {.path = "train.lr", .value = "1e12"}});
  const RecordedRun whole = run("whole", 0, false, what);
  ASSERT_EQ(whole.summary.status, RunStatus::diverged);
  ASSERT_GT(whole.summary.result.train.steps, 1);
  run("stopped", 1, false, what);
  EXPECT_EQ(files(run("stopped", 0, false, what).directory), files(whole.directory));
}

TEST_F(CheckpointTest, LetsARunBeStoppedAgain) {
  const auto whole = files(run("whole").directory);
  for (const std::int64_t stop : {2, 3, 7}) run("stopped", stop);
  const RecordedRun last = run("stopped");
  EXPECT_EQ(files(last.directory), whole);
  EXPECT_EQ(last.first_layers.step, 0);
  EXPECT_EQ(last.first_layers.layers.at(2).statistics.pre_var,
            run("anew").first_layers.layers.at(2).statistics.pre_var);
}

TEST_F(CheckpointTest, LetsACopiedFolderGoOnElsewhere) {
  const auto whole = files(run("whole").directory);
  run("stopped", 4);
  std::filesystem::copy(path("stopped"), path("copy"), std::filesystem::copy_options::recursive);
  EXPECT_EQ(files(run("copy").directory), whole);
}

TEST_F(CheckpointTest, HalfWrittenWhenTheRunWasKilledLeavesTheOneBeforeIt) {
  const std::string directory = run("stopped", 4).directory;
  write_text(checkpoint_path(directory) + ".tmp", checkpoint().substr(0, 1000));
  EXPECT_EQ(files(run("stopped").directory), files(run("whole").directory));
}

TEST_F(CheckpointTest, IsGoneWhenTheRunIsFinished) {
  const std::string directory = run("stopped", 4).directory;
  ASSERT_TRUE(std::filesystem::exists(checkpoint_path(directory)));
  const std::string bytes = content_of(checkpoint_path(directory));
  run("stopped");
  EXPECT_FALSE(std::filesystem::exists(checkpoint_path(directory)));
  // killed after run.json had been written: the run is finished all the same
  write_text(checkpoint_path(directory), bytes);
  EXPECT_TRUE(run("stopped").was_finished);
  EXPECT_FALSE(std::filesystem::exists(checkpoint_path(directory)));
}

TEST_F(CheckpointTest, IsWrittenAtTheIntervalThatIsAskedFor) {
  DataCache cache;
  std::vector<std::string> steps;
  const auto hook = [&](std::int64_t, std::int64_t, double) {
    const std::string file = checkpoint_path(run_directory_path(path("out"), "small", run_id()));
    steps.push_back(!std::filesystem::exists(file)
                        ? ""
                        : parse_safetensors_content(content_of(file), file).metadata.at("step"));
    return true;
  };
  record_run(trial(), {.out = path("out"), .checkpoint_every = {.steps = 3}}, cache, hook);
  EXPECT_THAT(steps, ::testing::ElementsAre("", "", "", "3", "3", "3", "6", "6"));
}

TEST_F(CheckpointTest, HoldsWeightsThatPyTorchAndTheSchemeLoadUnderstand) {
  const WeightFile file = parse_safetensors(checkpoint(), "c");
  EXPECT_EQ(file.at("dense1.weight").dims, (std::vector<Index>{2, 32}));
  EXPECT_EQ(file.at("optimizer.second.conv1.weight").dims, file.at("conv1.weight").dims);
  EXPECT_TRUE(file.contains("conv1.norm.running_var"));
}

TEST_F(CheckpointTest, IsRefusedAtEveryTruncation) {
  const std::string bytes = checkpoint();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_THAT(refusal(bytes.substr(0, length), run_id()), HasSubstr("delete it")) << length;
  }
  EXPECT_EQ(refusal(bytes, run_id()), "") << "and the whole file is not";
}

TEST_F(CheckpointTest, IsRefusedForEveryFlippedByte) {
  std::string bytes = checkpoint();
  for (char& byte : bytes) {
    const char original = byte;
    for (const int flip : {0x01, 0xFF}) {
      byte = static_cast<char>(original ^ flip);
      ASSERT_NE(refusal(bytes, run_id()), "") << "byte " << (&byte - bytes.data());
    }
    byte = original;
  }
}

TEST_F(CheckpointTest, IsRefusedWithThePathAndTheRemedyWhenSomethingFollows) {
  EXPECT_EQ(refusal(checkpoint() + " ", run_id()),
            "c.safetensors: is truncated or damaged: its checksum is not that of its content; "
            "delete it, or give --force, to run the config from its start");
}

TEST_F(CheckpointTest, OfAnotherRunIsRefused) {
  EXPECT_THAT(refusal(checkpoint(), "0123456789abcdef"),
              HasSubstr("belongs to the run " + run_id() + ", not to this one; delete it"));
}

TEST_F(CheckpointTest, OfAnotherProgramIsRefused) {
  EXPECT_THAT(refusal(altered(checkpoint(), "initbench 0.", "initbench 9."), run_id()),
              HasSubstr("was written by initbench 9."));
}

TEST_F(CheckpointTest, ThatIsRefusedLeavesTheReasonAndAllElseAsItWas) {
  const std::string directory = run("stopped", 3).directory;
  const std::string bytes = content_of(checkpoint_path(directory));
  const std::string digest = files(directory).at(kRunFile);
  const auto json = nlohmann::ordered_json::parse(digest);
  const std::string data = json.at("dataset").at("digest").get<std::string>();
  for (const std::string& bad :
       {bytes.substr(1), altered(bytes, data, "0123456789abcdef"), std::string()}) {
    write_text(checkpoint_path(directory), bad);
    const auto before = files(directory);
    EXPECT_THROW(run("stopped"), DataError);
    EXPECT_THAT(content_of(directory + "/error.txt"), HasSubstr("checkpoint.safetensors"));
    std::filesystem::remove(directory + "/error.txt");
    EXPECT_EQ(files(directory), before);
  }
  const auto whole = files(run("whole").directory);
  EXPECT_EQ(files(run("stopped", 0, true).directory), whole) << "force needs no checkpoint";
}

TEST_F(CheckpointTest, DoesNotGoWithATableThatWasChanged) {
  const std::string directory = run("stopped", 3).directory;
  const std::string curves = directory + "/curves.csv";
  write_text(curves, content_of(curves).substr(1));
  const auto before = files(directory);
  EXPECT_THROW(run("stopped"), DataError);
  std::filesystem::remove(directory + "/error.txt");
  EXPECT_EQ(files(directory), before);
}

TEST_F(CheckpointTest, ThatCannotBeWrittenFailsTheRunAndKeepsTheOldOne) {
  const std::string directory = run("stopped", 3).directory;
  const std::string bytes = content_of(checkpoint_path(directory));
  std::filesystem::create_symlink("/dev/full", checkpoint_path(directory) + ".tmp");
  EXPECT_THROW(run("stopped", 5), OutputError);
  EXPECT_EQ(content_of(checkpoint_path(directory)), bytes);
  EXPECT_EQ(files(run("stopped").directory), files(run("whole").directory));
}

TEST(CheckpointIntervalText, IsStepsOrATime) {
  EXPECT_EQ(parse_checkpoint_interval("500").steps, 500);
  EXPECT_EQ(parse_checkpoint_interval("90s").seconds, 90);
  EXPECT_EQ(parse_checkpoint_interval("10min").seconds, 600);
  EXPECT_EQ(parse_checkpoint_interval("2h").seconds, 7200);
  EXPECT_EQ(parse_checkpoint_interval("0").steps, 0);
  EXPECT_EQ(parse_checkpoint_interval("0").seconds, 0);
}

TEST(CheckpointIntervalText, ThatIsNeitherIsAnErrorWithExamples) {
  for (const char* text : {"", "-1", "1.5h", "10 min", "h", "99999999999999999999", "5d", "+3"}) {
    EXPECT_THROW(parse_checkpoint_interval(text), ConfigError) << text;
  }
}

}  // namespace
}  // namespace initbench
