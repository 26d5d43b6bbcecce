/// Two schemes seed by seed. Random streams are shared, so that the runs of one seed differ in the
/// scheme alone: what counts is the difference within each seed.
///
/// The test is Wilcoxon's signed-rank test, exact for the ranks at hand, ties included: it asks
/// nothing of the distribution, is exact for five seeds as for fifty, and takes a diverged run for
/// what it is, the worst rank.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "experiment/sample_statistics.h"

namespace initbench {

inline constexpr double kSignificance = 0.05;
inline constexpr double kPower = 0.8;

struct PairedStatistics {
  std::size_t pairs = 0;
  std::size_t ties = 0;                         // both the same, or both diverged
  std::optional<double> mean_difference;        // empty as soon as one run of a pair diverged
  std::optional<Interval> difference_interval;  // of the mean difference, Student's t
  std::optional<double> median_difference;
  /// Mean difference by its deviation, times Hedges' correction for small samples; of three and
  /// more.
  std::optional<double> standardized_difference;
  /// (W+ - W-) / (W+ + W-), from -1 to 1: matched-pairs rank-biserial correlation (Kerby 2014).
  double rank_biserial = 0;
  /// Share of pairs in which the first is better; a tie counts half.
  double probability_of_improvement = 0.5;
  double p = 1;  // two-sided
};

/// Scores as in sample_statistics.h: more is better, -infinity is a diverged run; a[i] and b[i] are
/// of one seed. At least one pair.
PairedStatistics compare_pairs(std::span<const double> a, std::span<const double> b);

/// W+ - W-, twice: ranks as `compare_pairs` gives them.
double signed_rank_sum(std::span<const double> a, std::span<const double> b);

/// Two-sided p of Wilcoxon's signed-rank test: zero differences are left out, equal ones share
/// their mean rank. The exact distribution up to 200 differences, beyond it the normal one,
/// corrected for ties.
double signed_rank_p(std::span<const double> differences);

/// Adjusted for several tests (Holm 1979), in the order given.
std::vector<double> holm_adjusted(std::span<const double> p);

/// About how many untied pairs the signed-rank test would need to find, with probability kPower and
/// at this level, an effect of this rank-biserial correlation, were the differences normal: the
/// pairs of Student's test by the relative efficiency 3/pi (Pitman; Lehmann 1975), and no fewer
/// than `fewest_pairs`. Simulated, one pair off at most up to 30 pairs. Noether's formula (1987)
/// asks for twice as many where effects are near 1. Empty when there is no effect to find.
std::optional<double> pairs_needed(double rank_biserial, double level);

/// Likewise by Student's test, for a mean of `shift` standard deviations, above 0.
double pairs_needed_by_student(double shift, double level);

/// The fewest pairs with which the exact test can reach the level.
std::size_t fewest_pairs(double level);

}  // namespace initbench
