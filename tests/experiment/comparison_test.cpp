#include "experiment/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "experiment/compared_runs.h"

namespace initbench {
namespace {

using testing::kTwo;
using testing::kWorst;
using testing::run;

TEST(CompareSchemes, PairsRunsBySeedAndCountsThoseWithoutAPartner) {
  const std::vector<ComparedRun> runs{run(0, 0, 1, 0.9), run(0, 0, 2, 0.8), run(0, 0, 7, 0.7),
                                      run(1, 0, 2, 0.6), run(1, 0, 1, 0.8)};
  const auto views = compare_schemes(runs, kTwo);
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].choice, RateChoice::as_run);
  const SchemePair& pair = views[0].pairs.at(0);
  EXPECT_EQ(pair.statistics.pairs, 2U);
  EXPECT_EQ(pair.unpaired, 1U);
  EXPECT_NEAR(pair.statistics.mean_difference.value(), 0.15, 1e-14);  // 0.1 and 0.2
  EXPECT_EQ(views[0].schemes.at(0).scores.n, 3U);                     // all of its seeds
}

TEST(CompareSchemes, WithoutACommonSeedThereIsNothingToPair) {
  const std::vector<ComparedRun> runs{run(0, 0, 1, 0.9), run(1, 0, 2, 0.1)};
  const SchemePair pair = compare_schemes(runs, kTwo)[0].pairs.at(0);
  EXPECT_EQ(pair.statistics.pairs, 0U);
  EXPECT_EQ(pair.unpaired, 2U);
  EXPECT_EQ(pair.statistics.p, 1.0);
}

TEST(CompareSchemes, CountsDivergedRunsAndThoseThatTrain) {
  const std::vector<ComparedRun> runs{run(0, 0, 1, kWorst), run(0, 0, 2, 0.9), run(0, 0, 3, 0.2),
                                      run(1, 0, 1, 0.9),    run(1, 0, 2, 0.9), run(1, 0, 3, 0.9)};
  const SchemeResult& worse = compare_schemes(runs, kTwo)[0].schemes.at(1);
  EXPECT_EQ(worse.scheme, 0U);
  EXPECT_EQ(worse.scores.n, 3U);
  EXPECT_EQ(worse.diverged, 1U);
  EXPECT_EQ(worse.trained, 1U);
  EXPECT_EQ(worse.judged, 3U);
}

TEST(CompareSchemes, TestsAllPairsOrThoseWithTheBaseline) {
  std::vector<ComparedRun> runs;
  for (std::size_t scheme = 0; scheme < 4; ++scheme) {
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      runs.push_back(run(scheme, 0, seed, 0.1 * static_cast<double>(scheme)));
    }
  }
  ComparisonNames names{.schemes = {"a", "b", "c", "d"}, .rates = {"0.1"}, .baseline = {}};
  const ComparisonView all = compare_schemes(runs, names)[0];
  EXPECT_EQ(all.pairs.size(), 6U);
  EXPECT_NEAR(all.pairs[0].level, 0.05 / 6, 1e-15) << "all alike, all at the first place";
  EXPECT_NEAR(all.pairs[0].p_adjusted, 6 * 0.03125, 1e-15);
  names.baseline = 1;
  const ComparisonView some = compare_schemes(runs, names)[0];
  ASSERT_EQ(some.pairs.size(), 3U);
  for (const SchemePair& pair : some.pairs) EXPECT_EQ(pair.second, 1U);
  EXPECT_NEAR(some.pairs[0].p_adjusted, 3 * 0.03125, 1e-15);
}

TEST(CompareSchemes, SaysHowManySeedsWouldTellWhenThesePairsDoNot) {
  std::vector<ComparedRun> few;
  std::vector<ComparedRun> enough;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    for (const std::size_t scheme : {0U, 1U}) {
      const ComparedRun one = run(scheme, 0, seed, 0.5 + 0.1 * static_cast<double>(scheme));
      enough.push_back(one);
      if (seed < 5) few.push_back(one);
    }
  }
  EXPECT_GE(compare_schemes(few, kTwo)[0].pairs.at(0).pairs_needed.value(), 6);
  const SchemePair told = compare_schemes(enough, kTwo)[0].pairs.at(0);
  EXPECT_TRUE(told.is_significant());
  EXPECT_FALSE(told.pairs_needed);
}

TEST(CompareSchemes, CountsNoTestOfSchemesWithoutASeedInCommon) {
  std::vector<ComparedRun> runs;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    runs.push_back(run(0, 0, seed, 0.9));
    runs.push_back(run(1, 0, seed, 0.8));
    runs.push_back(run(2, 0, seed + 10, 0.7));
  }
  const ComparisonNames names{.schemes = {"a", "b", "c"}, .rates = {"1"}, .baseline = {}};
  for (const SchemePair& pair : compare_schemes(runs, names)[0].pairs) {
    if (pair.statistics.pairs == 0) continue;
    EXPECT_DOUBLE_EQ(pair.p_adjusted, 2.0 / 64);
  }
}

TEST(CompareSchemes, HoldsEachPairAgainstTheLevelAtItsPlaceInHolmsOrder) {
  // a and b differ on all of eight seeds alike, c is between them at random.
  std::vector<ComparedRun> runs;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    runs.push_back(run(0, 0, seed, 0.9));
    runs.push_back(run(1, 0, seed, 0.1));
    runs.push_back(run(2, 0, seed, seed % 2 == 0 ? 0.95 : 0.8));
  }
  const ComparisonView view =
      compare_schemes(runs, {.schemes = {"a", "b", "c"}, .rates = {"0.1"}, .baseline = {}})[0];
  for (const SchemePair& pair : view.pairs) {
    const bool is_last = pair.first + pair.second == 2;  // a and c
    EXPECT_NEAR(pair.level, is_last ? 0.05 : 0.05 / 3, 1e-15);
  }
}

}  // namespace
}  // namespace initbench
