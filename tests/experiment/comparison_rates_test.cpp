#include "experiment/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "experiment/compared_runs.h"
#include "experiment/rate_choice.h"

namespace initbench {
namespace {

using ::testing::ElementsAre;
using testing::kWorst;
using testing::order_of;
using testing::run;

TEST(CompareSchemes, PutsEachSchemeAtItsBestRateAndAllAtACommonOne) {
  // Scheme 0 is best at rate 0, scheme 1 at rate 2; both are decent at rate 1.
  const double scores[2][3] = {{0.9, 0.8, 0.1}, {0.1, 0.8, 0.95}};
  std::vector<ComparedRun> runs;
  for (std::size_t scheme = 0; scheme < 2; ++scheme) {
    for (std::size_t rate = 0; rate < 3; ++rate) {
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        runs.push_back(run(scheme, rate, seed, scores[scheme][rate]));
      }
    }
  }
  const auto views =
      compare_schemes(runs, {.schemes = {"a", "b"}, .rates = {"1", "2", "3"}, .baseline = {}});
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(views[0].choice, RateChoice::other_half);
  EXPECT_THAT(order_of(views[0]), ElementsAre(1, 0));
  EXPECT_THAT(views[0].schemes[0].rates, ElementsAre(2));
  EXPECT_THAT(views[0].schemes[1].rates, ElementsAre(0));
  EXPECT_EQ(views[1].choice, RateChoice::common);
  for (const SchemeResult& scheme : views[1].schemes) EXPECT_THAT(scheme.rates, ElementsAre(1));
}

TEST(CompareSchemes, ChoosesTheRateOfASeedOnTheOtherHalfOfTheSeeds) {
  // Seeds 0 and 2 like rate 0, seeds 1 and 3 like rate 1: chosen honestly, both lose.
  std::vector<ComparedRun> runs;
  for (const std::size_t scheme : {0U, 1U}) {
    for (const std::size_t rate : {0U, 1U}) {
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        runs.push_back(run(scheme, rate, seed, seed % 2 == rate ? 0.9 : 0.3));
      }
    }
  }
  const ComparisonView view =
      compare_schemes(runs, {.schemes = {"a", "b"}, .rates = {"1", "2"}, .baseline = {}})[0];
  EXPECT_NEAR(view.schemes[0].scores.mean.value(), 0.3, 1e-15);
  EXPECT_THAT(view.schemes[0].rates, ElementsAre(0, 1));
}

// Of eight rates that are all the same, the best of ten seeds is no better than the others.
TEST(CompareSchemes, FiguresAtTheBestRateAreNotTooGood) {
  Rng rng({.seed = 0, .purpose = Purpose::probe, .name = "selection", .tensor = "scores"});
  constexpr int kTrials = 400;
  double sum = 0;
  for (int i = 0; i < kTrials; ++i) {
    std::vector<ComparedRun> runs;
    for (std::size_t rate = 0; rate < 8; ++rate) {
      for (std::uint64_t seed = 0; seed < 10; ++seed) {
        runs.push_back(run(0, rate, seed, rng.normal()));
      }
    }
    const ComparisonNames names{
        .schemes = {"a"}, .rates = {"1", "2", "3", "4", "5", "6", "7", "8"}, .baseline = {}};
    sum += compare_schemes(runs, names)[0].schemes[0].scores.mean.value();
  }
  // The deviation of one mean is 1 / sqrt(10); chosen on the same seeds it would be about 0.45.
  EXPECT_NEAR(sum / kTrials, 0, 4 / std::sqrt(10.0 * kTrials));
}

TEST(CompareSchemes, ChoosesOnTheSameSeedsWhenTheyAreTooFewToHalve) {
  std::vector<ComparedRun> runs;
  for (const std::size_t scheme : {0U, 1U}) {
    for (const std::size_t rate : {0U, 1U}) {
      for (std::uint64_t seed = 0; seed < 3; ++seed) {
        runs.push_back(run(scheme, rate, seed, rate == 1 ? 0.9 : 0.3));
      }
    }
  }
  const ComparisonView view =
      compare_schemes(runs, {.schemes = {"a", "b"}, .rates = {"1", "2"}, .baseline = {}})[0];
  EXPECT_EQ(view.choice, RateChoice::same_seeds);
  EXPECT_THAT(view.schemes[0].rates, ElementsAre(1));
}

TEST(CompareSchemes, ChoosesOnTheSameSeedsWhereOneSchemeHasTooFewToHalve) {
  std::vector<ComparedRun> runs{run(1, 0, 0, 0.6), run(1, 1, 0, 0.8)};
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    runs.push_back(run(0, 0, seed, 0.5));
    runs.push_back(run(0, 1, seed, 0.7));
  }
  const ComparisonNames names{.schemes = {"a", "b"}, .rates = {"0.1", "1"}, .baseline = {}};
  const ComparisonView view = compare_schemes(runs, names).front();
  EXPECT_EQ(view.choice, RateChoice::same_seeds);
  for (const SchemeResult& scheme : view.schemes) {
    EXPECT_THAT(scheme.rates, ElementsAre(1)) << "the other half of scheme 1 has no seed";
  }
}

TEST(CompareSchemes, SaysWhichBestRateHasTooFewSeedsWhenNoRateHasMore) {
  std::vector<ComparedRun> runs;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    runs.push_back(run(0, 0, seed, 0.5));
    runs.push_back(run(0, 1, seed, 0.7));
    runs.push_back(run(1, seed / 4, seed, 0.6));  // four seeds at either rate
  }
  const ComparisonNames names{.schemes = {"a", "b"}, .rates = {"0.1", "1"}, .baseline = {}};
  const ComparisonView view = compare_schemes(runs, names).front();
  for (const SchemeResult& scheme : view.schemes) {
    EXPECT_EQ(scheme.thin_rates.empty(), scheme.scheme == 0);
    EXPECT_TRUE(scheme.short_rates.empty());
  }
}

TEST(CompareSchemes, ARateAtWhichRunsDivergeIsNotTheBest) {
  std::vector<ComparedRun> runs;
  for (const std::size_t scheme : {0U, 1U}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      runs.push_back(run(scheme, 0, seed, 0.6));
      runs.push_back(run(scheme, 1, seed, seed < 4 ? kWorst : 0.9));
    }
  }
  const auto views =
      compare_schemes(runs, {.schemes = {"a", "b"}, .rates = {"1", "2"}, .baseline = {}});
  for (const ComparisonView& view : views) EXPECT_THAT(view.schemes[0].rates, ElementsAre(0));
}

TEST(CompareSchemes, NamesRatesThatLackSeedsAndDoesNotChooseThem) {
  std::vector<ComparedRun> runs;
  for (const std::size_t scheme : {0U, 1U}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      runs.push_back(run(scheme, 0, seed, 0.6));
      if (scheme == 1 || seed < 5) runs.push_back(run(scheme, 1, seed, 0.9));
    }
  }
  const auto views =
      compare_schemes(runs, {.schemes = {"a", "b"}, .rates = {"1", "2"}, .baseline = {}});
  ASSERT_EQ(views.size(), 2U);
  const SchemeResult& short_of_seeds = views[0].schemes[1];
  EXPECT_EQ(short_of_seeds.scheme, 0U);
  EXPECT_THAT(short_of_seeds.rates, ElementsAre(0));
  EXPECT_THAT(short_of_seeds.short_rates, ElementsAre(1));
  EXPECT_EQ(short_of_seeds.highest_rate, 0U);
  EXPECT_THAT(views[1].schemes[0].rates, ElementsAre(0)) << "not common, either";
}

TEST(CompareSchemes, HasNoIntervalAtRatesThatTheSameSeedsChose) {
  std::vector<ComparedRun> runs;
  for (const std::size_t scheme : {0U, 1U}) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      for (const std::size_t rate : {0U, 1U}) {
        runs.push_back(run(scheme, rate, seed, 0.1 * static_cast<double>(seed + rate + scheme)));
      }
    }
  }
  const ComparisonView view =
      compare_schemes(runs, {.schemes = {"a", "b"}, .rates = {"1", "2"}, .baseline = {}})[0];
  EXPECT_FALSE(view.schemes[0].scores.mean_interval);
  EXPECT_FALSE(view.schemes[0].scores.interquartile_interval);
  EXPECT_FALSE(view.pairs[0].statistics.difference_interval);
}

TEST(CompareSchemes, WidensIntervalsAtBestRatesAloneByTheLuckOfTheirChoice) {
  Rng rng({.seed = 0, .purpose = Purpose::probe, .name = "widened", .tensor = "scores"});
  std::vector<ComparedRun> runs;
  for (const std::size_t scheme : {0U, 1U}) {
    for (const std::size_t rate : {0U, 1U}) {
      for (std::uint64_t seed = 0; seed < 10; ++seed) {
        runs.push_back(run(scheme, rate, seed, rng.normal()));
      }
    }
  }
  const auto views =
      compare_schemes(runs, {.schemes = {"a", "b"}, .rates = {"1", "2"}, .baseline = {}});
  const auto width_by_student = [](const SampleStatistics& scores) {
    return 2 * student_quantile(9) * scores.deviation.value() / std::sqrt(10.0);
  };
  const auto width = [](const Interval& interval) { return interval.high - interval.low; };
  const SampleStatistics& best = views[0].schemes[0].scores;
  EXPECT_GT(width(best.mean_interval.value()), 1.05 * width_by_student(best));
  const SampleStatistics& common = views[1].schemes[0].scores;
  EXPECT_NEAR(width(common.mean_interval.value()), width_by_student(common), 1e-12);
}

/// The first view's only pair of two schemes with these scores by rate and seed.
SchemePair pair_at_best(const RateTable& a, const RateTable& b) {
  std::vector<ComparedRun> runs;
  ComparisonNames names{.schemes = {"a", "b"}, .rates = {}, .baseline = {}};
  for (std::size_t rate = 0; rate < a.size(); ++rate) {
    names.rates.push_back(std::to_string(rate));
    for (std::uint64_t seed = 0; seed < a[rate].size(); ++seed) {
      runs.push_back(run(0, rate, seed, a[rate][seed]));
      runs.push_back(run(1, rate, seed, b[rate][seed]));
    }
  }
  return compare_schemes(runs, names).front().pairs.at(0);
}

TEST(CompareSchemes, AccountsForTheChoiceOfRatesInPairsToo) {
  Rng rng({.seed = 2, .purpose = Purpose::probe, .name = "pairs", .tensor = "scores"});
  std::vector<RateTable> tables(2, RateTable(3, std::vector<double>(10)));
  for (const std::size_t scheme : {0U, 1U}) {
    for (const std::size_t rate : {0U, 1U, 2U}) {
      for (double& score : tables[scheme][rate]) {
        score = rng.normal() + 0.5 * static_cast<double>(rate + scheme);
      }
    }
  }
  const SchemePair pair = pair_at_best(tables[0], tables[1]);
  const PairedStatistics as_if_given =
      compare_pairs(scores_at_best(tables[1], true), scores_at_best(tables[0], true));
  const auto width = [](const PairedStatistics& statistics) {
    return statistics.difference_interval->high - statistics.difference_interval->low;
  };
  EXPECT_GT(width(pair.statistics), 1.05 * width(as_if_given));
}

// Each scheme is poor at the other's best rate, so that nothing is left to chance in the choice.
// scipy.stats.ttest_1samp of the differences at the best rates.
TEST(CompareSchemes, TestsTheMeanWhereBestRatesDiffer) {
  const RateTable a{{0.9004, 0.9046, 0.8954, 0.9035, 0.9093, 0.9041, 0.9156, 0.8911},
                    {0.1007, 0.0929, 0.0922, 0.0982, 0.1022, 0.1042, 0.1051, 0.1223}};
  const RateTable b{{0.1086, 0.0841, 0.102, 0.0938, 0.0948, 0.1131, 0.0978, 0.0805},
                    {0.8831, 0.8771, 0.8683, 0.8708, 0.8737, 0.8798, 0.8757, 0.8807}};
  const SchemePair pair = pair_at_best(a, b);
  EXPECT_EQ(pair.test, PairTest::student);
  EXPECT_NEAR(pair.statistics.p, 0.00010023061669601105, 1e-9);
}

TEST(CompareSchemes, CallsSignificantWhatTheIntervalAtBestRatesExcludesAndNothingElse) {
  Rng rng({.seed = 3, .purpose = Purpose::probe, .name = "agree", .tensor = "scores"});
  int told = 0;
  for (int i = 0; i < 40; ++i) {
    std::vector<RateTable> tables(2, RateTable(2, std::vector<double>(6)));
    for (const std::size_t scheme : {0U, 1U}) {
      for (std::vector<double>& scores : tables[scheme]) {
        for (double& score : scores) score = rng.normal() + 1.5 * static_cast<double>(scheme);
      }
    }
    const SchemePair pair = pair_at_best(tables[0], tables[1]);
    const Interval& interval = pair.statistics.difference_interval.value();
    EXPECT_EQ(pair.is_significant(), interval.low > 0 || interval.high < 0);
    if (pair.is_significant()) ++told;
  }
  EXPECT_GT(told, 5);
  EXPECT_LT(told, 35);
}

// By scipy.stats.nct the power is 0.781 with 17 pairs and 0.807 with 18.
TEST(PairsNeeded, OfStudentsTestAreThoseOfItsPower) {
  EXPECT_EQ(pairs_needed_by_student(2 / std::sqrt(8.0), 0.05), 18);
}

TEST(CompareSchemes, ExchangesRunsWhereOneThatDivergedLeavesNoMean) {
  RateTable a{{0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97}, {0, 0.1, 0, 0.1, 0, 0.1, 0, 0.1}};
  RateTable b{{0.8, 0.81, kWorst, 0.83, 0.84, 0.85, 0.86, 0.87}, {0, 0, 0, 0, 0, 0, 0, 0}};
  const SchemePair pair = pair_at_best(a, b);
  EXPECT_EQ(pair.test, PairTest::exchanges);
  EXPECT_NEAR(pair.statistics.p, p_at_best_rates(a, b, true), 1e-15);
  EXPECT_EQ(pair.of_second.diverged, 1U);
  EXPECT_EQ(pair.of_first.diverged, 0U);
}

TEST(CompareSchemes, HasNoCommonViewWhenSchemesShareNoRate) {
  const std::vector<ComparedRun> runs{run(0, 0, 0, 0.5), run(1, 1, 0, 0.5)};
  const auto views =
      compare_schemes(runs, {.schemes = {"a", "b"}, .rates = {"1", "2"}, .baseline = {}});
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].choice, RateChoice::same_seeds);
}

}  // namespace
}  // namespace initbench
