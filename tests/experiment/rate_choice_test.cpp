#include "experiment/rate_choice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/random.h"
#include "experiment/paired_statistics.h"

namespace initbench {
namespace {

constexpr double kNoRun = std::numeric_limits<double>::quiet_NaN();

RateTable drawn(Rng& rng, std::size_t rates, std::size_t seeds, double slope) {
  RateTable table(rates, std::vector<double>(seeds));
  for (std::size_t rate = 0; rate < rates; ++rate) {
    for (double& score : table[rate]) score = rng.normal() + slope * static_cast<double>(rate);
  }
  return table;
}

TEST(BestRate, HasTheBestInterquartileMeanOnTheSeedsThatAreAskedFor) {
  const RateTable table{{1, 0, 1, 0}, {0, 2, 0, 2}};
  EXPECT_EQ(best_rate(table, Seeds::even), 0U);
  EXPECT_EQ(best_rate(table, Seeds::odd), 1U);
  EXPECT_EQ(best_rate(table, Seeds::all), 1U);
  EXPECT_EQ(scores_at_best(table, true), (std::vector<double>{0, 0, 0, 0}));
  EXPECT_EQ(scores_at_best(table, false), (std::vector<double>{0, 2, 0, 2}));
}

TEST(BestRate, DoesNotCountRunsThatAreMissing) {
  const RateTable table{{kNoRun, 1, 1, 1}, {0.5, 0.5, 0.5, 0.5}, {kNoRun, kNoRun, kNoRun, kNoRun}};
  EXPECT_EQ(best_rate(table, Seeds::all), 0U);
}

TEST(BestRate, DoesNotRestOnOneLuckySeedOfAnUnfinishedSweep) {
  const RateTable table{{0.9, kNoRun, kNoRun, 0.8}, {0.5, 0.5, 0.5, 0.5}};
  EXPECT_FALSE(can_be_chosen(table, 0));
  EXPECT_EQ(best_rate(table, Seeds::even), 1U);
}

// With one rate nothing is chosen, and to exchange two runs is to turn the sign of their
// difference: Wilcoxon's own distribution.
TEST(PAtBestRates, IsWilcoxonsWhereThereIsOneRate) {
  Rng rng({.seed = 0, .purpose = Purpose::probe, .name = "one rate", .tensor = "scores"});
  for (const std::size_t seeds : {5U, 9U, 12U}) {
    const RateTable a = drawn(rng, 1, seeds, 0);
    const RateTable b = drawn(rng, 1, seeds, 0);
    EXPECT_NEAR(p_at_best_rates(a, b, true), compare_pairs(a[0], b[0]).p, 1e-12) << seeds;
  }
  const RateTable a = drawn(rng, 1, 20, 0);
  const RateTable b = drawn(rng, 1, 20, 0);
  EXPECT_NEAR(p_at_best_rates(a, b, true), compare_pairs(a[0], b[0]).p, 0.1) << "at random";
}

/// Twenty pairs of which `lost` are lost, by the smallest differences.
std::vector<RateTable> twenty_pairs(std::size_t lost) {
  std::vector<RateTable> tables(2, RateTable(1, std::vector<double>(20, 0.0)));
  for (std::size_t i = 0; i < 20; ++i) {
    tables[0][0][i] = (i < lost ? -1.0 : 1.0) * static_cast<double>(i + 1);
  }
  return tables;
}

// Drawn at random, a share p of 10,000 exchanges is off by 3 sqrt(p / 10,000) at most, or, stopped
// after the hundredth that is as extreme, by three tenths of p.
TEST(PAtBestRates, IsWilcoxonsWithinTheErrorOfDrawsWhereTheyAreDrawn) {
  for (const std::size_t lost : {7U, 9U, 11U}) {
    const std::vector<RateTable> tables = twenty_pairs(lost);
    const double p = compare_pairs(tables[0][0], tables[1][0]).p;
    ASSERT_TRUE(p > 0.0005 && p < 0.2) << p;
    const double error = p * 10'000 < 100 ? 3 * std::sqrt(p / 10'000) : 0.3 * p;
    EXPECT_NEAR(p_at_best_rates(tables[0], tables[1], true), p, error) << lost;
  }
}

TEST(PAtBestRates, IsNeverBelowWhatItsDrawsCanTell) {
  const std::vector<RateTable> tables = twenty_pairs(0);
  EXPECT_NEAR(p_at_best_rates(tables[0], tables[1], true), 1.0 / 10'001, 1e-15);
}

// The test on the scores at best rates alone would reject 7 to 15 % of equal schemes.
TEST(PAtBestRates, RejectsFivePercentOfEqualSchemesAtMost) {
  constexpr int kTrials = 400;
  Rng rng({.seed = 0, .purpose = Purpose::probe, .name = "equal", .tensor = "scores"});
  int rejected = 0;
  for (int i = 0; i < kTrials; ++i) {
    const RateTable a = drawn(rng, 7, 10, 0.5);
    const RateTable b = drawn(rng, 7, 10, 0.5);
    if (p_at_best_rates(a, b, true) <= kSignificance) ++rejected;
  }
  EXPECT_LT(static_cast<double>(rejected) / kTrials, 0.05 + 3 * 0.0109);
}

// Both are best at the second rate, and only all eight seeds the one way or the other are as
// extreme.
TEST(PAtBestRates, ExchangesTheRunsOfASeedAtEveryRate) {
  RateTable a(2, std::vector<double>(8, 0.0));
  RateTable b = a;
  for (std::size_t seed = 0; seed < 8; ++seed) {
    a[1][seed] = 0.9 + 0.001 * static_cast<double>(seed);
    b[1][seed] = 0.5;
  }
  EXPECT_NEAR(p_at_best_rates(a, b, true), 2.0 / 256, 1e-15);
}

TEST(PAtBestRates, SeesADifferenceAtRatesThatDiffer) {
  RateTable a(2, std::vector<double>(8, 0.0));
  RateTable b = a;
  for (std::size_t seed = 0; seed < 8; ++seed) {
    a[0][seed] = 0.9 + 0.001 * static_cast<double>(seed);
    b[1][seed] = 0.5;
  }
  EXPECT_LE(p_at_best_rates(a, b, true), 0.01);
}

}  // namespace
}  // namespace initbench
