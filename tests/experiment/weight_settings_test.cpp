// What a config says of weights in files: which to load, which to write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiment/config_text.h"

namespace initbench {
namespace {

using ::testing::HasSubstr;

TEST(LoadScheme, NeedsAFileAndKeepsItsPathAsGiven) {
  EXPECT_THAT(issue_of(R"({"model": {"init": "load", "layers": [{"type": "output"}]}})"),
              HasSubstr("model.init: load: needs 'file'"));
  const ExperimentConfig config = read(
      R"({"model": {"init": {"scheme": "load", "file": "../a b.safetensors"},
                    "layers": [{"type": "output"}]}})");
  const std::string resolved = to_json(config).dump();
  EXPECT_THAT(resolved, HasSubstr("\"../a b.safetensors\""));
  EXPECT_EQ(run_id(read(resolved)), run_id(config));
}

TEST(LogWeights, OfNoneLeavesTheResolvedConfigAsItWas) {
  const ExperimentConfig without = read(kSmallest);
  ExperimentConfig with = read(R"({"model": {"layers": [{"type": "output"}]},
                                   "log": {"weights": "none"}})");
  EXPECT_EQ(run_id(with), run_id(without));
  EXPECT_FALSE(to_json(without).at("log").contains("weights"));
  with.log.weights = LogWeights::final;
  EXPECT_EQ(to_json(with).at("log").at("weights"), "final");
  EXPECT_NE(run_id(with), run_id(without));
  EXPECT_EQ(read(to_json(with).dump()).log.weights, LogWeights::final);
}

}  // namespace
}  // namespace initbench
