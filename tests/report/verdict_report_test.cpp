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
                        .value = 2.5e-5,
                        .threshold = 0.01},
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
  EXPECT_THAT(text, HasSubstr("dense7"));
  EXPECT_THAT(text, HasSubstr("2.5e-05, threshold 0.01"));
  EXPECT_THAT(text, HasSubstr("--set 'model.layers.*.init=kaiming_normal'"));
  EXPECT_THAT(text, HasSubstr("theory predicts signal/data 1"));
  EXPECT_THAT(text, HasSubstr("rank_collapse was found, but training overcame it"));
}

TEST(VerdictText, OfAHealthyRunIsOneLine) { EXPECT_EQ(verdict_text({}), "verdict   healthy\n"); }

TEST(VerdictJson, ReadsBackEqual) {
  const auto json = to_json(sick());
  EXPECT_EQ(json.at("verdict"), "vanishing_activations");
  EXPECT_EQ(to_json(read_verdict(json)), json);
  EXPECT_TRUE(to_json(Verdict{}).at("advice").is_null());
}

}  // namespace
}  // namespace initbench
