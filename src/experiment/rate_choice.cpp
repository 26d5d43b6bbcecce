#include "experiment/rate_choice.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/errors.h"
#include "base/random.h"
#include "experiment/paired_statistics.h"
#include "experiment/sample_statistics.h"

namespace initbench {
namespace {

constexpr std::size_t kMostSeedsForAll = 12;
constexpr std::uint64_t kRandomExchanges = 10'000;
constexpr std::uint64_t kEnough = 100;  // as extreme ones: p is known to a tenth of itself
constexpr double kShareToChoose = 0.75;

bool is_in(std::size_t place, Seeds seeds) {
  return seeds == Seeds::all || (place % 2 == 0) == (seeds == Seeds::even);
}

std::size_t runs_in(const std::vector<double>& scores) {
  return scores.size() - static_cast<std::size_t>(std::count_if(
                             scores.begin(), scores.end(), [](double x) { return std::isnan(x); }));
}

/// W+ - W- without its sign, ties within rounding alike.
double signed_rank_excess(const RateTable& a, const RateTable& b, bool halved) {
  const std::vector<double> first = scores_at_best(a, halved);
  const std::vector<double> second = scores_at_best(b, halved);
  std::vector<double> paired_first;
  std::vector<double> paired_second;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (std::isnan(first[i]) || std::isnan(second[i])) continue;
    paired_first.push_back(first[i]);
    paired_second.push_back(second[i]);
  }
  return std::abs(signed_rank_sum(paired_first, paired_second));
}

/// The two tables with their runs of one seed exchanged.
void exchange(RateTable& a, RateTable& b, std::size_t seed) {
  for (std::size_t rate = 0; rate < a.size(); ++rate) std::swap(a[rate][seed], b[rate][seed]);
}

bool has_run(const RateTable& table, std::size_t seed) {
  return std::any_of(table.begin(), table.end(), [seed](const std::vector<double>& scores) {
    return !std::isnan(scores[seed]);
  });
}

/// Seeds that both have. Which ones a scheme lacks is no luck of the draw.
std::vector<std::size_t> exchangeable(const RateTable& a, const RateTable& b) {
  std::vector<std::size_t> seeds;
  for (std::size_t seed = 0; seed < a.front().size(); ++seed) {
    if (has_run(a, seed) && has_run(b, seed)) seeds.push_back(seed);
  }
  return seeds;
}

}  // namespace

RateMerit merit_of(std::span<const double> scores) {
  if (scores.empty()) return {.interquartile_mean = kWorstScore, .share_with_figure = -1};
  const auto with_figure = std::count_if(scores.begin(), scores.end(),
                                         [](double score) { return std::isfinite(score); });
  return {
      .interquartile_mean = interquartile_mean(scores).value_or(kWorstScore),
      .share_with_figure = static_cast<double>(with_figure) / static_cast<double>(scores.size())};
}

bool can_be_chosen(const RateTable& table, std::size_t rate) {
  std::size_t most = 0;
  for (const std::vector<double>& scores : table) most = std::max(most, runs_in(scores));
  return static_cast<double>(runs_in(table[rate])) >= kShareToChoose * static_cast<double>(most);
}

bool has_most_seeds(const RateTable& table, std::size_t rate) {
  std::size_t seeds = 0;
  for (std::size_t place = 0; place < table[rate].size(); ++place) {
    const bool is_there = std::any_of(table.begin(), table.end(), [place](const auto& scores) {
      return !std::isnan(scores[place]);
    });
    if (is_there) ++seeds;
  }
  return static_cast<double>(runs_in(table[rate])) >= kShareToChoose * static_cast<double>(seeds);
}

std::size_t best_rate(const RateTable& table, Seeds seeds) {
  std::size_t best = 0;
  RateMerit best_merit{.interquartile_mean = kWorstScore, .share_with_figure = -2};
  std::vector<double> scores;
  for (std::size_t rate = 0; rate < table.size(); ++rate) {
    scores.clear();
    for (std::size_t place = 0; place < table[rate].size(); ++place) {
      const double score = table[rate][place];
      if (is_in(place, seeds) && !std::isnan(score)) scores.push_back(score);
    }
    const RateMerit merit = merit_of(scores);
    if (merit > best_merit && can_be_chosen(table, rate)) {
      best_merit = merit;
      best = rate;
    }
  }
  return best;
}

HalfRates best_rates(const RateTable& table) {
  return {.of_even = best_rate(table, Seeds::odd), .of_odd = best_rate(table, Seeds::even)};
}

std::vector<double> scores_at_best(const RateTable& table, bool halved) {
  if (!halved) return table[best_rate(table, Seeds::all)];
  const HalfRates rates = best_rates(table);
  std::vector<double> scores = table[rates.of_even];
  for (std::size_t place = 1; place < scores.size(); place += 2) {
    scores[place] = table[rates.of_odd][place];
  }
  return scores;
}

double p_at_best_rates(const RateTable& a, const RateTable& b, bool halved) {
  expects(!a.empty() && a.size() == b.size(), "tables of the same rates");
  const double observed = signed_rank_excess(a, b, halved);
  const std::vector<std::size_t> seeds = exchangeable(a, b);
  RateTable first = a;
  RateTable second = b;
  std::uint64_t as_extreme = 0;
  if (seeds.size() <= kMostSeedsForAll) {
    // In Gray's order, where one exchange leads to the next; half of all, the other half are those
    // with the names of both schemes exchanged.
    const std::uint64_t ways = std::uint64_t{1} << (seeds.empty() ? 0 : seeds.size() - 1);
    for (std::uint64_t way = 0; way < ways; ++way) {
      if (way > 0) {
        exchange(first, second, seeds[static_cast<std::size_t>(std::countr_zero(way))]);
      }
      if (signed_rank_excess(first, second, halved) >= observed) ++as_extreme;
    }
    return static_cast<double>(as_extreme) / static_cast<double>(ways);
  }
  Rng rng({.seed = 0, .purpose = Purpose::probe, .name = "exchanges"});
  for (std::uint64_t way = 0; way < kRandomExchanges; ++way) {
    for (const std::size_t seed : seeds) {
      if (rng.below(2) == 1) exchange(first, second, seed);
    }
    if (signed_rank_excess(first, second, halved) >= observed) ++as_extreme;
    if (as_extreme == kEnough) return static_cast<double>(kEnough) / static_cast<double>(way + 1);
  }
  return static_cast<double>(as_extreme + 1) / static_cast<double>(kRandomExchanges + 1);
}

}  // namespace initbench
