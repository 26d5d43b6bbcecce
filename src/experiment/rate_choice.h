/// Which learning rate is a scheme's best one, and what its choice does to the comparison of two
/// schemes: all seeds of a half share the rate that was chosen on the other half, and with it the
/// luck of that choice, so that their differences are not independent.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace initbench {

/// What makes a rate the better one: the interquartile mean, or else fewer failures.
struct RateMerit {
  double interquartile_mean;
  double share_with_figure;
  auto operator<=>(const RateMerit&) const = default;
};

/// Of the scores of one rate; of none it is the lowest.
RateMerit merit_of(std::span<const double> scores);

/// A scheme's scores by rate and seed; NaN: no run. Every rate has the same seeds.
using RateTable = std::vector<std::vector<double>>;

/// Seeds by their place in the table. Every other one, so that both halves cover whatever runs
/// along with seeds.
enum class Seeds { all, even, odd };

/// Whether a rate has enough of the scheme's seeds to be chosen: three quarters of those of the
/// rate that has most. The best rate must not rest on one lucky seed of an unfinished sweep.
bool can_be_chosen(const RateTable& table, std::size_t rate);

/// Whether a rate has three quarters of all seeds that the scheme has at any rate.
bool has_most_seeds(const RateTable& table, std::size_t rate);

/// The rate that is best on these seeds, the lowest of equals, among those that can be chosen.
std::size_t best_rate(const RateTable& table, Seeds seeds);

/// The rates at which either half of the seeds is seen.
struct HalfRates {
  std::size_t of_even = 0;
  std::size_t of_odd = 0;
};

/// Each half of the seeds at the rate that is best on the other half.
HalfRates best_rates(const RateTable& table);

/// The scores of a scheme at its best rate; `halved`: at its `best_rates`.
std::vector<double> scores_at_best(const RateTable& table, bool halved);

/// Two-sided p of Wilcoxon's signed-rank sum of two schemes at their best rates: the share of all
/// ways to exchange the two within seeds, their runs at all rates together, that give a sum at
/// least as extreme, rates chosen anew in each. Holds whatever the choice does, as long as equal
/// schemes are exchangeable: alike at every rate. Of schemes whose best rates differ it is too
/// large, by far where they are poor at each other's rates, so it serves where scores without a
/// figure leave nothing else. All ways up to 12 seeds; beyond, 10,000 at random (always the same),
/// or as many as it takes to know p (Besag & Clifford 1991).
double p_at_best_rates(const RateTable& a, const RateTable& b, bool halved);

}  // namespace initbench
