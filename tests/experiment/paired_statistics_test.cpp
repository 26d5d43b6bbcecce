#include "experiment/paired_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace initbench {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

constexpr double kWorst = -std::numeric_limits<double>::infinity();

// Darwin's maize, crossed minus self-fertilized in eighths of an inch (Fisher 1935): R and scipy
// give V = 96 and p = 0.04126.
TEST(SignedRankTest, AgreesWithThePublishedValueForDarwinsMaize) {
  const std::vector<double> maize{6.1, -8.4, 1.0, 2.0, 0.7, 2.9, 3.5, 5.1,
                                  1.8, 3.6,  7.0, 3.0, 9.3, 7.5, -6.0};
  EXPECT_NEAR(signed_rank_p(maize), 0.041259765625, 1e-15);
}

// Wilcoxon's table: the largest sum of ranks that is significant at 5 % on both sides is 8 for 10
// pairs (p = 0.0488), and 9 is not (0.0645).
TEST(SignedRankTest, HasTheCriticalValueOfWilcoxonsTable) {
  EXPECT_NEAR(signed_rank_p(std::array{1., 2., 3., 4., 5., 6., 7., -8., 9., 10.}), 50 / 1024.0,
              1e-15);
  EXPECT_NEAR(signed_rank_p(std::array{1., 2., 3., 4., 5., 6., 7., 8., -9., 10.}), 66 / 1024.0,
              1e-15);
}

TEST(SignedRankTest, FiveSeedsCannotReachFivePercent) {
  EXPECT_EQ(signed_rank_p(std::array{1., 2., 3., 4., 5.}), 0.0625);
  EXPECT_EQ(fewest_pairs(0.05), 6U);
  EXPECT_EQ(signed_rank_p(std::array{1., 2., 3., 4., 5., 6.}), 0.03125);
}

// Literals: all sign assignments enumerated in Python.
TEST(SignedRankTest, IsExactWithTiesAndLeavesZerosOut) {
  EXPECT_NEAR(signed_rank_p(std::array{1., 2., 2., -1., 3., 0., 2., 5.}), 0.046875, 1e-15);
  EXPECT_NEAR(signed_rank_p(std::array{1., 1., 1., 1., 1.}), 0.0625, 1e-15);
}

TEST(SignedRankTest, SaysNothingOfEqualSchemes) {
  EXPECT_EQ(signed_rank_p(std::array{0., 0., 0.}), 1.0);
}

// scipy.stats.wilcoxon(mode="approx", correction=False): W = 14950.
TEST(SignedRankTest, IsNormalForHundredsOfPairs) {
  std::vector<double> differences;
  for (int i = 1; i <= 300; ++i) differences.push_back(i % 3 == 1 ? -i : i);
  EXPECT_NEAR(signed_rank_p(differences) / 3.964417054281965e-07, 1, 1e-9);
}

// scipy.stats.wilcoxon(method="approx", correction=False); without the ties' term 0.0716.
TEST(SignedRankTest, TakesTiesOffTheVarianceOfHundredsOfPairs) {
  std::vector<double> differences;
  for (int i = 0; i < 300; ++i) differences.push_back((1 + i % 2) * (i % 9 < 5 ? 1 : -1));
  EXPECT_NEAR(signed_rank_p(differences), 0.06284784200135386, 1e-12);
}

TEST(SignedRankTest, RejectsAFivePercentShareOfEqualSchemesAtMost) {
  constexpr int kTrials = 4000;
  Rng rng({.seed = 0, .purpose = Purpose::probe, .name = "null", .tensor = "scores"});
  int rejected = 0;
  for (int i = 0; i < kTrials; ++i) {
    std::array<double, 10> differences{};
    for (double& d : differences) d = rng.normal();
    if (signed_rank_p(differences) <= kSignificance) ++rejected;
  }
  EXPECT_NEAR(static_cast<double>(rejected) / kTrials, 50 / 1024.0, 0.011);
}

TEST(ComparePairs, GivesTheFiguresOfThePairedDifferences) {
  const PairedStatistics pairs = compare_pairs(std::array{0.91, 0.93, 0.88, 0.95, 0.90, 0.92},
                                               std::array{0.89, 0.925, 0.885, 0.91, 0.87, 0.915});
  EXPECT_EQ(pairs.pairs, 6U);
  EXPECT_NEAR(pairs.mean_difference.value(), 0.015833333333333328, 1e-14);
  EXPECT_NEAR(pairs.median_difference.value(), 0.0125, 1e-14);
  EXPECT_NEAR(pairs.difference_interval->low, -0.0021658391611213343, 1e-10);
  EXPECT_NEAR(pairs.difference_interval->high, 0.03383250582778799, 1e-10);
  EXPECT_NEAR(pairs.standardized_difference.value(), 0.7773954723890729, 1e-11);
  EXPECT_NEAR(pairs.rank_biserial, 0.8095238095238095, 1e-14);
  EXPECT_NEAR(pairs.probability_of_improvement, 5.0 / 6, 1e-15);
  EXPECT_NEAR(pairs.p, 0.125, 1e-15);
}

TEST(ComparePairs, EqualDifferencesTieWhateverTheirLastBits) {
  // 0.9 - 0.8 and 0.3 - 0.2 differ in the last bits; so does 0.1 + 0.2 from 0.3
  const PairedStatistics pairs =
      compare_pairs(std::array{0.9, 0.3, 0.5, 0.1 + 0.2}, std::array{0.8, 0.2, 0.6, 0.3});
  EXPECT_EQ(pairs.ties, 1U);
  EXPECT_NEAR(pairs.rank_biserial, 1.0 / 3, 1e-14);  // ranks 2 2 2: W+ = 4 of 6
}

// numpy: mean of the differences; ten digits of each would give -0.00066666667.
TEST(ComparePairs, TakesTheMeanOfDifferencesAsTheyAre) {
  const PairedStatistics pairs = compare_pairs(std::array{0.5 + 1.0 / 3, 0.1, 2.0 / 3},
                                               std::array{0.5, 0.1 + 1e-3 / 7, 1.0 / 3 + 2e-3});
  EXPECT_NEAR(pairs.mean_difference.value(), (2.0 / 3 - 2e-3 - 1e-3 / 7) / 3, 1e-16);
}

TEST(ComparePairs, EqualDifferencesHaveNoStandardizedOne) {
  EXPECT_FALSE(compare_pairs(std::array{0.9, 0.3, 0.4}, std::array{0.8, 0.2, 0.3})
                   .standardized_difference.has_value());
}

TEST(ComparePairs, ADivergedRunLosesAgainstAnyOtherAndTiesWithItsLike) {
  const PairedStatistics pairs =
      compare_pairs(std::array{0.9, 0.8, kWorst, kWorst}, std::array{kWorst, 0.9, 0.1, kWorst});
  EXPECT_EQ(pairs.ties, 1U);
  EXPECT_FALSE(pairs.mean_difference || pairs.difference_interval);
  EXPECT_FALSE(pairs.standardized_difference);
  EXPECT_NEAR(pairs.probability_of_improvement, 1.5 / 4, 1e-15);
  // ranks of +inf, -0.1, -inf: 2.5, 1, 2.5
  EXPECT_NEAR(pairs.rank_biserial, (2.5 - 3.5) / 6, 1e-15);
}

TEST(ComparePairs, SchemesThatSwapChangeTheSignAndNotTheP) {
  const std::array a{0.9, 0.8, 0.7, 0.95, 0.6, 0.99};
  const std::array b{0.8, 0.7, 0.75, 0.9, 0.5, 0.9};
  const PairedStatistics forward = compare_pairs(a, b);
  const PairedStatistics backward = compare_pairs(b, a);
  EXPECT_EQ(forward.p, backward.p);
  EXPECT_DOUBLE_EQ(forward.rank_biserial, -backward.rank_biserial);
  EXPECT_DOUBLE_EQ(forward.mean_difference.value(), -backward.mean_difference.value());
}

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
TEST(Holm, AgreesWithTheStepDownProcedure) {
  EXPECT_THAT(holm_adjusted(std::array{0.01, 0.04, 0.03, 0.005}),
              ElementsAre(DoubleNear(0.03, 1e-15), DoubleNear(0.06, 1e-15), DoubleNear(0.06, 1e-15),
                          DoubleNear(0.02, 1e-15)));
}

TEST(Holm, NeverExceedsOne) {
  EXPECT_THAT(holm_adjusted(std::array{0.7, 0.6}), ElementsAre(1.0, 1.0));
  EXPECT_TRUE(holm_adjusted({}).empty());
}

// The smallest number of pairs at which Wilcoxon's exact test finds 80 % of 20,000 samples of
// normal differences whose mean is `shift` deviations, simulated in Python with NumPy.
TEST(PairsNeeded, IsWhatASimulationOfTheExactTestNeeds) {
  struct Simulated {
    double shift, level, pairs;
  };
  for (const Simulated& one :
       {Simulated{0.3, 0.05, 94}, Simulated{0.5, 0.05, 35}, Simulated{0.75, 0.05, 18},
        Simulated{1, 0.05, 11}, Simulated{1.5, 0.05, 7}, Simulated{3, 0.05, 6},
        Simulated{0.5, 0.05 / 6, 54}, Simulated{1, 0.05 / 6, 17}, Simulated{1.5, 0.05 / 6, 11},
        Simulated{3, 0.05 / 6, 8}}) {
    const double rank_biserial = std::erf(one.shift);  // P(D1 + D2 > 0) = Phi(sqrt(2) shift)
    EXPECT_NEAR(pairs_needed(rank_biserial, one.level).value(), one.pairs, 1) << one.shift;
    EXPECT_EQ(pairs_needed(-rank_biserial, one.level), pairs_needed(rank_biserial, one.level));
  }
}

TEST(PairsNeeded, AreTheFewestThatCanTellWhereAllPairsAreOnOneSide) {
  EXPECT_EQ(pairs_needed(1, 0.05), 6);
  EXPECT_EQ(pairs_needed(-1, 0.05 / 45), 11);
}

TEST(FewestPairs, AreThoseOfWhichAllOnOneSideReachTheLevel) {
  EXPECT_EQ(fewest_pairs(0.05), 6U);        // 2 / 2^6 = 0.031
  EXPECT_EQ(fewest_pairs(0.05 / 45), 11U);  // 1 - log2(0.05 / 45) = 10.8
}

TEST(PairsNeeded, IsUnknownWithoutAnEffect) { EXPECT_FALSE(pairs_needed(0, 0.05)); }

TEST(PairsNeeded, GivesThePowerThatItPromises) {
  constexpr int kTrials = 4000;
  Rng rng({.seed = 0, .purpose = Purpose::probe, .name = "power", .tensor = "scores"});
  std::vector<double> differences(
      static_cast<std::size_t>(pairs_needed(std::erf(0.5), kSignificance).value()));
  int found = 0;
  for (int i = 0; i < kTrials; ++i) {
    for (double& d : differences) d = 0.5 + rng.normal();
    if (signed_rank_p(differences) <= kSignificance) ++found;
  }
  const double power = static_cast<double>(found) / kTrials;
  EXPECT_GT(power, kPower - 0.02);
  EXPECT_LT(power, kPower + 0.04);
}

}  // namespace
}  // namespace initbench
