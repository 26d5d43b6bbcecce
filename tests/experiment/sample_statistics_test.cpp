#include "experiment/sample_statistics.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "base/random.h"

namespace initbench {
namespace {

constexpr double kWorst = -std::numeric_limits<double>::infinity();

// Literals: numpy, scipy 1.10 (trim_mean, binomtest.proportion_ci), stats.t.
const std::vector<double> kAccuracies{0.91, 0.93, 0.88, 0.95, 0.90, 0.92, 0.60, 0.94, 0.89, 0.96};

TEST(SampleStatistics, MeanHasStudentsInterval) {
  const SampleStatistics sample = sample_statistics(kAccuracies);
  EXPECT_EQ(sample.n, 10U);
  EXPECT_NEAR(sample.mean.value(), 0.888, 1e-14);
  EXPECT_NEAR(sample.deviation.value(), 0.1044349877515513, 1e-14);
  EXPECT_NEAR(sample.mean_interval->low, 0.8132917102888554, 1e-10);
  EXPECT_NEAR(sample.mean_interval->high, 0.9627082897111444, 1e-10);
}

TEST(SampleStatistics, MedianOfEvenCountIsBetweenTheMiddleTwo) {
  EXPECT_NEAR(sample_statistics(kAccuracies).median.value(), 0.915, 1e-14);
}

TEST(SampleStatistics, InterquartileMeanTrimsAQuarterAtEitherEnd) {
  const SampleStatistics sample = sample_statistics(kAccuracies);
  EXPECT_NEAR(sample.interquartile_mean.value(), 0.915, 1e-14);
  EXPECT_NEAR(sample.interquartile_interval->low, 0.8844039563235061, 1e-10);
  EXPECT_NEAR(sample.interquartile_interval->high, 0.945596043676494, 1e-10);
}

TEST(SampleStatistics, InterquartileMeanOfEightIsThatOfTheMiddleFour) {
  const std::vector<double> scores{100, 0, 2, 3, 9, 0, 4, 5};
  EXPECT_EQ(sample_statistics(scores).interquartile_mean, 3.5);  // of 2 3 4 5
  EXPECT_EQ(interquartile_mean(scores), 3.5);
}

TEST(SampleStatistics, DivergedRunsTakeTheMeanButNotTheMiddle) {
  std::vector<double> scores = kAccuracies;
  scores[0] = scores[1] = kWorst;
  const SampleStatistics sample = sample_statistics(scores);
  EXPECT_FALSE(sample.mean || sample.mean_interval || sample.deviation);
  // -inf -inf .60 .88 .89 .90 .92 .94 .95 .96: two are trimmed at either end
  EXPECT_NEAR(sample.median.value(), 0.895, 1e-14);
  EXPECT_NEAR(sample.interquartile_mean.value(), (0.60 + 0.88 + 0.89 + 0.90 + 0.92 + 0.94) / 6,
              1e-14);
  EXPECT_TRUE(sample.interquartile_interval);
}

TEST(SampleStatistics, MoreDivergedRunsThanAreTrimmedTakeTheInterquartileMean) {
  std::vector<double> scores = kAccuracies;
  scores[0] = scores[1] = scores[2] = kWorst;
  const SampleStatistics sample = sample_statistics(scores);
  EXPECT_FALSE(sample.interquartile_mean || sample.interquartile_interval);
  EXPECT_TRUE(sample.median);
}

TEST(SampleStatistics, OneSeedHasNoInterval) {
  const SampleStatistics sample = sample_statistics(std::array{0.5});
  EXPECT_EQ(sample.mean, 0.5);
  EXPECT_FALSE(sample.mean_interval || sample.interquartile_interval);
}

TEST(SampleStatistics, NothingIsKnownOfNoRuns) {
  const SampleStatistics sample = sample_statistics({});
  EXPECT_EQ(sample.n, 0U);
  EXPECT_FALSE(sample.mean || sample.median || sample.interquartile_mean);
}

TEST(WilsonInterval, AgreesWithTablesAtTheEndsAndBetween) {
  EXPECT_EQ(wilson_interval(0, 10).low, 0.0);
  EXPECT_NEAR(wilson_interval(0, 10).high, 0.27753279986288926, 1e-12);
  EXPECT_NEAR(wilson_interval(7, 10).low, 0.39677814746114526, 1e-12);
  EXPECT_NEAR(wilson_interval(7, 10).high, 0.892208732593699, 1e-12);
  EXPECT_EQ(wilson_interval(10, 10).high, 1.0);
  // Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81 of 263.
  EXPECT_NEAR(wilson_interval(81, 263).low, 0.2553, 5e-5);
  EXPECT_NEAR(wilson_interval(81, 263).high, 0.3662, 5e-5);
}

TEST(WilsonInterval, CoversNinetyFivePercentOverAllShares) {
  constexpr int kShares = 999;
  for (const std::size_t n : {5U, 10U, 20U}) {
    double covered = 0;
    for (int i = 1; i <= kShares; ++i) {
      const double share = i / (kShares + 1.0);
      const boost::math::binomial successes(static_cast<double>(n), share);
      for (std::size_t k = 0; k <= n; ++k) {
        const Interval interval = wilson_interval(k, n);
        if (interval.low <= share && share <= interval.high) {
          covered += boost::math::pdf(successes, static_cast<double>(k));
        }
      }
    }
    EXPECT_GT(covered / kShares, 0.93) << n;
    EXPECT_LT(covered / kShares, 0.97) << n;
  }
}

/// How often an interval of `n` draws holds the true value.
double coverage(std::size_t n, double truth, const std::function<double(double normal)>& draw,
                std::optional<Interval> SampleStatistics::*interval) {
  constexpr int kSamples = 4000;
  Rng rng({.seed = n, .purpose = Purpose::probe, .name = "coverage", .tensor = "scores"});
  int covered = 0;
  std::vector<double> scores(n);
  for (int i = 0; i < kSamples; ++i) {
    for (double& score : scores) score = draw(rng.normal());
    const Interval found = (sample_statistics(scores).*interval).value();
    if (found.low <= truth && truth <= found.high) ++covered;
  }
  return static_cast<double>(covered) / kSamples;
}

double normal_score(double z) { return z; }

/// Accuracies between 0 and 1, crowded below 1.
double skewed_accuracy(double z) { return 1 / (1 + std::exp(-(2 + 0.4 * z))); }
constexpr double kSkewedMean = 0.8744747611171649;  // by quadrature

TEST(IntervalCoverage, OfTheMeanIsNinetyFivePercentForNormalScores) {
  for (const std::size_t n : {3U, 5U, 10U, 20U}) {
    EXPECT_NEAR(coverage(n, 0, normal_score, &SampleStatistics::mean_interval), 0.95, 0.01) << n;
  }
}

TEST(IntervalCoverage, OfTheMeanStaysWithinTwoPercentForSkewedAccuracies) {
  for (const std::size_t n : {5U, 10U, 20U}) {
    EXPECT_NEAR(coverage(n, kSkewedMean, skewed_accuracy, &SampleStatistics::mean_interval), 0.95,
                0.02)
        << n;
  }
}

TEST(IntervalCoverage, OfTheInterquartileMeanStaysWithinTwoPercent) {
  for (const std::size_t n : {8U, 10U, 20U}) {
    EXPECT_NEAR(coverage(n, 0, normal_score, &SampleStatistics::interquartile_interval), 0.95, 0.02)
        << n;
  }
}

}  // namespace
}  // namespace initbench
