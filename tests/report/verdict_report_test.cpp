#include "report/verdict_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace initbench {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Verdict sick() {
  return {.findings = {{.condition = Condition::vanishing_activations,
                        .layer = "dense7",
                        .step = 0,
                        .value = 0.0091,
                        .threshold = 0.01,
                        .worst = FigureAt{.layer = "dense30", .value = 2.5e-5},
                        .chance = 0.0095},
                       {.condition = Condition::diverged,
                        .layer = "",
                        .step = 40,
                        .value = std::numeric_limits<double>::quiet_NaN(),
                        .threshold = 10}},
          .overcome = {{.condition = Condition::rank_collapse, .layer = "output"}},
          .advice = Advice{.settings = {"model.layers.*.init=kaiming_normal"},
                           .effect = "theory predicts signal/data 1"}};
}

TEST(VerdictText, NamesLayerFigureThresholdAndWhatToTry) {
  const std::string text = verdict_text(sick());
  EXPECT_THAT(text, StartsWith("verdict   vanishing_activations, diverged\n"));
  EXPECT_THAT(text, HasSubstr("0.0091 at dense7, 2.5e-05 at dense30, threshold 0.01, "
                              "0.0095 by chance of widths (at initialization)"));
  EXPECT_THAT(text, HasSubstr("--set 'model.layers.*.init=kaiming_normal'"));
  EXPECT_THAT(text, HasSubstr("theory predicts signal/data 1"));
  EXPECT_THAT(text, HasSubstr("rank_collapse was found, but training overcame it"));
}

TEST(VerdictText, WarnsOfWidthsThatLeaveLengthsToChance) {
  EXPECT_THAT(verdict_text({.width_chance = {.smallest = 1e-7, .largest = 2000}}),
              HasSubstr("between 1e-07 and"));
  EXPECT_EQ(verdict_text({.width_chance = {.smallest = .1, .largest = 4}}), "verdict   healthy\n");
}

TEST(VerdictText, OfAHealthyRunIsOneLine) { EXPECT_EQ(verdict_text({}), "verdict   healthy\n"); }

TEST(VerdictJson, ReadsBackEqual) {
  const auto json = to_json(sick());
  EXPECT_EQ(json.at("verdict"), "vanishing_activations");
  EXPECT_EQ(to_json(read_verdict(json)), json);
  EXPECT_EQ(json.at("findings").at(0).at("worst").at("layer"), "dense30");
  EXPECT_TRUE(to_json(Verdict{}).at("advice").is_null());
}

}  // namespace
}  // namespace initbench
