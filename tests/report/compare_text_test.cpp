#include "report/compare_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/errors.h"
#include "report/compare_words.h"
#include "report/folder_fixture.h"

namespace initbench {
namespace {

using ::testing::Contains;
using testing::content_of;
using ::testing::ElementsAre;
using testing::FolderTest;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kWorst = -std::numeric_limits<double>::infinity();

/// Schemes "a" and "b" at one rate, seeds 0, 1, ..., by scores.
RunComparison comparison_of(const std::vector<double>& a, const std::vector<double>& b,
                            const char* metric = "final_test_accuracy") {
  std::vector<ComparedRun> runs;
  std::size_t scheme = 0;
  for (const auto* scores : {&a, &b}) {
    for (std::size_t seed = 0; seed < scores->size(); ++seed) {
      runs.push_back({.scheme = scheme,
                      .rate = 0,
                      .seed = seed,
                      .score = (*scores)[seed],
                      .diverged = (*scores)[seed] == kWorst,
                      .trains = true});
    }
    ++scheme;
  }
  RunComparison comparison{.request = {.by = {"model.init"}},
                           .names = {.schemes = {"a", "b"}, .rates = {"0.1"}, .baseline = {}}};
  comparison.runs = runs.size();
  comparison.seeds = a.size();
  comparison.metrics = {
      {.metric = find_metric(metric), .views = compare_schemes(runs, comparison.names)}};
  return comparison;
}

std::string first_finding(const RunComparison& comparison) {
  const MetricComparison& metric = comparison.metrics.at(0);
  return findings(comparison, metric, metric.views.at(0)).at(0);
}

// Differences -0.1, ..., -0.15: mean 0.125, t(5) = 2.5706, deviation 0.018708.
TEST(ComparisonWords, SayWhoIsBetterByHowMuchAndHowSure) {
  EXPECT_EQ(first_finding(
                comparison_of({0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, {0.6, 0.61, 0.62, 0.63, 0.64, 0.65})),
            "b is better than a: mean final_test_accuracy 0.125 higher (95 % interval 0.1054 to "
            "0.1446), b ahead on 6 of 6 seeds, p = 0.03125");
}

TEST(ComparisonWords, ALowerLossIsBetter) {
  EXPECT_THAT(
      first_finding(comparison_of({-0.5, -0.5, -0.5, -0.5, -0.5, -0.5},
                                  {-0.6, -0.61, -0.62, -0.63, -0.64, -0.65}, "final_test_loss")),
      HasSubstr("a is better than b: mean final_test_loss 0.125 lower (95 % interval "
                "0.1054 to 0.1446), a ahead on 6 of 6"));
}

TEST(ComparisonWords, SayThatTheseRunsCannotTellAndHowManyWould) {
  const std::string sentence =
      first_finding(comparison_of({0.5, 0.5, 0.5, 0.5, 0.5}, {0.6, 0.7, 0.8, 0.9, 0.45}));
  EXPECT_THAT(sentence, HasSubstr("b and a: cannot tell which is better"));
  EXPECT_THAT(sentence, HasSubstr("fewer than 6 without a tie cannot reach 0.05"));
  // rank-biserial 13 / 15: (1.95996 + 0.84162)^2 / (3 (13/30)^2) = 13.9
  EXPECT_THAT(sentence, HasSubstr("about 11 seeds would be needed"));
}

TEST(ComparisonWords, SayThatNothingDiffers) {
  EXPECT_EQ(first_finding(comparison_of({0.5, 0.6}, {0.5, 0.6})),
            "a and b: no difference on any of 2 seeds");
}

TEST(ComparisonWords, SayWhoDiverged) {
  EXPECT_EQ(first_finding(comparison_of({0.5, 0.5, 0.5, 0.5, 0.5, 0.5},
                                        {kWorst, 0.4, kWorst, 0.3, 0.2, 0.1})),
            "a is better than b: a ahead on 6 of 6 seeds, b diverged on 2, p = 0.03125");
}

// a is ahead by 0.01 to 0.11 and once behind by 0.5: W- = 12 of 12 pairs, p = 0.03418 (scipy), mean
// 0.0133 and its interval on both sides of 0.
TEST(ComparisonWords, DoNotCallBetterWhatTheMeanLeavesOpen) {
  const std::string sentence = first_finding(
      comparison_of({0.51, 0.52, 0.53, 0.54, 0.55, 0.56, 0.57, 0.58, 0.59, 0.60, 0.61, 0.40},
                    {0.50, 0.50, 0.50, 0.50, 0.50, 0.50, 0.50, 0.50, 0.50, 0.50, 0.50, 0.90}));
  EXPECT_THAT(sentence, HasSubstr("a ranks above b seed by seed, but is not surely better"));
  EXPECT_THAT(sentence, Not(HasSubstr("is better")));
  EXPECT_THAT(sentence, HasSubstr("p = 0.03418"));
}

TEST(ComparisonWords, WarnOfASingleRate) {
  const RunComparison comparison = comparison_of({0.5, 0.6}, {0.5, 0.6});
  const MetricComparison& metric = comparison.metrics.at(0);
  EXPECT_THAT(findings(comparison, metric, metric.views.at(0)),
              Contains(HasSubstr("mostly measures gradient scale")));
  RunComparison by_momentum = comparison;
  by_momentum.request.rate = "train.momentum";
  EXPECT_THAT(findings(by_momentum, metric, metric.views.at(0)),
              Not(Contains(HasSubstr("gradient scale"))));
}

TEST(ComparisonWords, SayWhatIsAtTheEdgeOfTheRates) {
  std::vector<ComparedRun> runs;
  for (std::size_t rate = 0; rate < 3; ++rate) {
    runs.push_back({.scheme = 0, .rate = rate, .seed = 0, .score = rate == 1 ? 0.9 : 0.5});
    runs.push_back({.scheme = 1, .rate = rate, .seed = 0, .score = rate == 2 ? 0.9 : 0.5});
  }
  RunComparison comparison{
      .request = {.by = {"model.init"}},
      .names = {.schemes = {"a", "b"}, .rates = {"0.1", "0.3", "1"}, .baseline = {}}};
  const MetricComparison metric{.metric = find_metric("final_test_accuracy"),
                                .views = compare_schemes(runs, comparison.names)};
  EXPECT_THAT(findings(comparison, metric, metric.views.at(0)),
              Contains(HasSubstr("a train.lr beyond it may be better: b (1)")));
}

TEST(ComparisonText, ShowsColumnsOfDivergedRunsOnlyWhereThereAreAny) {
  EXPECT_THAT(comparison_text(comparison_of({0.5, 0.6}, {0.4, 0.5}), TableFormat::text),
              Not(HasSubstr("diverged  ")));
  EXPECT_THAT(comparison_text(comparison_of({0.5, kWorst}, {0.4, 0.5}), TableFormat::text),
              HasSubstr("diverged  "));
}

TEST(ComparisonText, MarkdownHasTables) {
  const std::string text =
      comparison_text(comparison_of({0.5, 0.6}, {0.4, 0.5}), TableFormat::markdown);
  EXPECT_THAT(text, HasSubstr("| model.init | train.lr | seeds | trains (95 %) | mean |"));
  EXPECT_THAT(text, HasSubstr("| a - b | 2 |"));
}

TEST(ComparisonText, JsonHoldsFiguresAndWords) {
  const auto json = nlohmann::json::parse(
      comparison_text(comparison_of({0.5, kWorst}, {0.25, 0.75}), TableFormat::json));
  const auto& view = json.at("metrics").at(0).at("views").at(0);
  EXPECT_EQ(view.at("rates"), "as_run");
  EXPECT_EQ(view.at("schemes").at(0).at("scheme"), "b");
  EXPECT_EQ(view.at("schemes").at(0).at("mean"), 0.5);
  EXPECT_EQ(view.at("schemes").at(1).at("diverged"), 1);
  EXPECT_TRUE(view.at("schemes").at(1).at("mean").is_null());
  EXPECT_EQ(view.at("pairs").size(), 1U);
  EXPECT_FALSE(view.at("findings").empty());
}

class WriteComparisonTest : public FolderTest {};

TEST_F(WriteComparisonTest, LeavesARowPerSchemeAndARowPerPair) {
  write_comparison(comparison_of({0.5, 0.75}, {0.25, 0.5}), path("tables"));
  EXPECT_THAT(content_of(path("tables/compare.csv")),
              HasSubstr("final_test_accuracy,as_run,a,0.1,2,0,0,1,"));
  EXPECT_THAT(content_of(path("tables/compare_pairs.csv")),
              HasSubstr("final_test_accuracy,as_run,a,b,2,0,0,0.25,0.25,0.25,0.25,,1,1,0.5,0.5,"));
}

TEST_F(WriteComparisonTest, RefusesToTakeThePlaceOfAnotherFile) {
  const RunComparison comparison = comparison_of({0.5, 0.75}, {0.25, 0.5});
  write_comparison(comparison, path("tables"));
  write_comparison(comparison, path("tables"));  // over its own
  testing::write_text(path("tables/compare_pairs.csv"), "mine\n");
  EXPECT_THROW(write_comparison(comparison, path("tables")), OutputError);
  EXPECT_EQ(content_of(path("tables/compare_pairs.csv")), "mine\n");
}

}  // namespace
}  // namespace initbench
