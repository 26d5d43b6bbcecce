#include "experiment/paired_statistics.h"

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/decimal.h"
#include "base/errors.h"

namespace initbench {
namespace {

constexpr std::size_t kMostExact = 200;  // 200 * 201 sums times 200 steps: milliseconds

// Differences that are equal on paper (0.9 - 0.8, 0.3 - 0.2) differ in their last bits; as ranks
// they must tie. Figures that are no ranks are of the differences as they are.
constexpr int kDigitsOfDifference = 10;
constexpr double kNoDifference = 1e-12;

constexpr double kEfficiency = 3 / std::numbers::pi;  // of signed ranks for normal differences
constexpr double kManyPairs = 1e4;                    // where Student's t is the normal one
constexpr double kCertain = 1e-6;                     // beyond it the fewest pairs are enough

/// As it ranks. -infinity against -infinity is a tie: neither diverged run is the better one.
double ranked_difference(double a, double b) {
  if (a == b) return 0;
  if (std::isinf(a) || std::isinf(b)) return a - b;
  const double d = a - b;
  if (std::abs(d) <= kNoDifference * std::max(std::abs(a), std::abs(b))) return 0;
  return to_digits(d, kDigitsOfDifference);
}

/// Ranks of what is not zero by size, doubled so that shared ranks are whole.
struct SignedRanks {
  std::vector<std::size_t> doubled;
  std::size_t positive = 0;  // sum of the doubled ranks of positive differences
  double tie_term = 0;       // sum over groups of t^3 - t

  std::size_t total() const {
    return std::accumulate(doubled.begin(), doubled.end(), std::size_t{0});
  }
};

SignedRanks signed_ranks(std::span<const double> differences) {
  std::vector<double> sorted;
  for (const double d : differences) {
    if (d != 0) sorted.push_back(d);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](double x, double y) { return std::abs(x) < std::abs(y); });
  SignedRanks ranks;
  for (std::size_t first = 0; first < sorted.size();) {
    std::size_t last = first;
    while (last + 1 < sorted.size() && std::abs(sorted[last + 1]) == std::abs(sorted[first]))
      ++last;
    const std::size_t doubled = (first + 1) + (last + 1);
    for (std::size_t i = first; i <= last; ++i) {
      ranks.doubled.push_back(doubled);
      if (sorted[i] > 0) ranks.positive += doubled;
    }
    const auto tied = static_cast<double>(last - first + 1);
    ranks.tie_term += tied * tied * tied - tied;
    first = last + 1;
  }
  return ranks;
}

/// P(sum of the ranks that a fair coin picks <= limit), sums doubled as the ranks are.
double exact_lower_tail(std::span<const std::size_t> doubled, std::size_t limit) {
  std::vector<double> probability(limit + 1, 0.0);
  probability[0] = 1;
  for (const std::size_t rank : doubled) {
    for (std::size_t sum = limit + 1; sum-- > 0;) {
      const double with = sum >= rank ? probability[sum - rank] : 0;
      probability[sum] = (probability[sum] + with) / 2;
    }
  }
  return std::accumulate(probability.begin(), probability.end(), 0.0);
}

double normal_lower_tail(const SignedRanks& ranks, double smaller) {
  const auto n = static_cast<double>(ranks.doubled.size());
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ranks.tie_term / 48;
  const double z = (smaller - n * (n + 1) / 4) / std::sqrt(variance);
  return boost::math::cdf(boost::math::normal(), z);
}

double p_of(const SignedRanks& ranks) {
  if (ranks.doubled.empty()) return 1;
  const std::size_t smaller = std::min(ranks.positive, ranks.total() - ranks.positive);
  const double tail = ranks.doubled.size() <= kMostExact
                          ? exact_lower_tail(ranks.doubled, smaller)
                          : normal_lower_tail(ranks, static_cast<double>(smaller) / 2);
  return std::min(1.0, 2 * tail);
}

double normal_quantile(double upper_tail) {
  return boost::math::quantile(boost::math::complement(boost::math::normal(), upper_tail));
}

/// Of Student's two-sided test at this level, for a mean of `shift` standard deviations; the other
/// tail adds nothing where the power is of interest.
double power_of_t(double pairs, double shift, double level) {
  const double freedom = pairs - 1;
  const double critical =
      boost::math::quantile(boost::math::complement(boost::math::students_t(freedom), level / 2));
  const boost::math::non_central_t shifted(freedom, shift * std::sqrt(pairs));
  return boost::math::cdf(boost::math::complement(shifted, critical));
}

}  // namespace

PairedStatistics compare_pairs(std::span<const double> a, std::span<const double> b) {
  expects(a.size() == b.size() && !a.empty(), "scores come in pairs");
  std::vector<double> ranked;
  std::vector<double> differences;
  double better = 0;
  PairedStatistics result{.pairs = a.size()};
  for (std::size_t i = 0; i < a.size(); ++i) {
    ranked.push_back(ranked_difference(a[i], b[i]));
    differences.push_back(ranked.back() == 0 ? 0 : a[i] - b[i]);
    if (ranked.back() > 0) better += 1;
    if (ranked.back() == 0) {
      better += 0.5;
      ++result.ties;
    }
  }
  const auto n = static_cast<double>(a.size());
  result.probability_of_improvement = better / n;

  const bool diverged = std::any_of(a.begin(), a.end(), [](double x) { return std::isinf(x); }) ||
                        std::any_of(b.begin(), b.end(), [](double x) { return std::isinf(x); });
  const SampleStatistics sample = sample_statistics(differences);
  result.median_difference = sample.median;
  if (!diverged) {
    result.mean_difference = sample.mean;
    result.difference_interval = sample.mean_interval;
    const bool vary =
        std::any_of(ranked.begin(), ranked.end(), [&](double d) { return d != ranked.front(); });
    if (a.size() > 2 && vary) {  // of two, the correction leaves nothing
      const double hedges = 1 - 3 / (4 * (n - 1) - 1);
      result.standardized_difference = hedges * *sample.mean / *sample.deviation;
    }
  }
  const SignedRanks ranks = signed_ranks(ranked);
  const auto total = static_cast<double>(ranks.total());
  if (total > 0) result.rank_biserial = 2 * static_cast<double>(ranks.positive) / total - 1;
  result.p = p_of(ranks);
  return result;
}

double signed_rank_sum(std::span<const double> a, std::span<const double> b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(ranked_difference(a[i], b[i]));
  const SignedRanks ranks = signed_ranks(differences);
  return 2 * static_cast<double>(ranks.positive) - static_cast<double>(ranks.total());
}

double signed_rank_p(std::span<const double> differences) {
  return p_of(signed_ranks(differences));
}

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto x, auto y) { return p[x] < p[y]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, p[order[i]] * static_cast<double>(order.size() - i));
    adjusted[order[i]] = std::min(1.0, largest);
  }
  return adjusted;
}

std::size_t fewest_pairs(double level) {
  expects(level > 0 && level < 1, "a level");
  return static_cast<std::size_t>(std::ceil(1 - std::log2(level)));
}

double pairs_needed_by_student(double shift, double level) {
  expects(shift > 0, "an effect to find");
  const double z = normal_quantile(level / 2) + normal_quantile(1 - kPower);
  double pairs = std::max(2.0, std::floor(z * z / (shift * shift)));  // as if sigma were known
  if (pairs > kManyPairs) return pairs;
  while (power_of_t(pairs, shift, level) < kPower) ++pairs;
  return pairs;
}

std::optional<double> pairs_needed(double rank_biserial, double level) {
  if (rank_biserial == 0) return std::nullopt;  // exactly: W+ equals W-
  const auto fewest = static_cast<double>(fewest_pairs(level));
  const double above = (1 + std::abs(rank_biserial)) / 2;  // P(D1 + D2 > 0)
  if (above >= 1 - kCertain) return fewest;
  const double shift = normal_quantile(1 - above) / std::numbers::sqrt2;
  return std::max(fewest, std::ceil(pairs_needed_by_student(shift, level) / kEfficiency));
}

}  // namespace initbench
