#include "experiment/comparison.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "base/errors.h"

namespace initbench {
namespace {

constexpr std::size_t kFewestToHalve = 4;  // seeds: two to choose by, two to measure
constexpr double kWorst = -std::numeric_limits<double>::infinity();

using RunBySeed = std::map<std::uint64_t, const ComparedRun*>;

/// Runs by scheme, rate and seed.
class RunGrid {
 public:
  RunGrid(std::span<const ComparedRun> runs, const ComparisonNames& names)
      : rates_(names.rates.size()), cells_(names.schemes.size() * names.rates.size()) {
    for (const ComparedRun& run : runs) {
      const bool is_new =
          cells_.at(run.scheme * rates_ + run.rate).try_emplace(run.seed, &run).second;
      expects(is_new, "one run per scheme, rate and seed");
      seeds_.insert(run.seed);
    }
  }

  std::size_t schemes() const { return cells_.size() / rates_; }
  std::size_t rates() const { return rates_; }
  std::size_t seeds() const { return seeds_.size(); }
  const RunBySeed& cell(std::size_t scheme, std::size_t rate) const {
    return cells_[scheme * rates_ + rate];
  }
  /// Every other seed, so that both halves cover whatever runs along with seeds.
  bool in_first_half(std::uint64_t seed) const {
    return std::distance(seeds_.begin(), seeds_.find(seed)) % 2 == 0;
  }

 private:
  std::size_t rates_;
  std::vector<RunBySeed> cells_;
  std::set<std::uint64_t> seeds_;
};

/// Which seeds to look at.
using SeedFilter = std::function<bool(std::uint64_t)>;

/// What makes a rate the better one: the interquartile mean, or else fewer failures.
struct RateMerit {
  double interquartile_mean = kWorst;
  double share_with_figure = 0;
  auto operator<=>(const RateMerit&) const = default;
};

RateMerit merit_of(const RunBySeed& cell, const SeedFilter& wanted) {
  std::vector<double> scores;
  double with_figure = 0;
  for (const auto& [seed, run] : cell) {
    if (!wanted(seed)) continue;
    scores.push_back(run->score);
    if (std::isfinite(run->score)) with_figure += 1;
  }
  if (scores.empty()) return {.interquartile_mean = kWorst, .share_with_figure = -1};
  return {.interquartile_mean = sample_statistics(scores).interquartile_mean.value_or(kWorst),
          .share_with_figure = with_figure / static_cast<double>(scores.size())};
}

/// The best rate, the lowest of equals.
std::size_t best_rate(const RunGrid& grid, std::size_t scheme, const SeedFilter& wanted) {
  std::size_t best = 0;
  RateMerit best_merit{.interquartile_mean = kWorst, .share_with_figure = -2};
  for (std::size_t rate = 0; rate < grid.rates(); ++rate) {
    const RateMerit merit = merit_of(grid.cell(scheme, rate), wanted);
    if (merit > best_merit) {
      best_merit = merit;
      best = rate;
    }
  }
  return best;
}

bool any_seed(std::uint64_t) { return true; }

/// One run per seed of a scheme, and the rates that they were taken from.
struct ChosenRuns {
  RunBySeed runs;
  std::vector<std::size_t> rates;
};

ChosenRuns at_rate(const RunGrid& grid, std::size_t scheme, std::size_t rate) {
  return {.runs = grid.cell(scheme, rate), .rates = {rate}};
}

/// Each half of the seeds at the rate that is best on the other half.
ChosenRuns at_rate_of_other_half(const RunGrid& grid, std::size_t scheme) {
  ChosenRuns chosen;
  for (const bool first : {true, false}) {
    const std::size_t rate = best_rate(
        grid, scheme, [&](std::uint64_t seed) { return grid.in_first_half(seed) != first; });
    for (const auto& [seed, run] : grid.cell(scheme, rate)) {
      if (grid.in_first_half(seed) == first) chosen.runs.emplace(seed, run);
    }
    if (std::find(chosen.rates.begin(), chosen.rates.end(), rate) == chosen.rates.end()) {
      chosen.rates.push_back(rate);
    }
  }
  std::sort(chosen.rates.begin(), chosen.rates.end());
  return chosen;
}

/// What a rate is worth to all schemes: first the fewest that mostly fail there, then the mean of
/// the others' interquartile means.
struct CommonMerit {
  double working = 0;
  double mean = 0;
  auto operator<=>(const CommonMerit&) const = default;
};

/// Empty when a scheme has no runs at the rate.
std::optional<CommonMerit> common_merit(const RunGrid& grid, std::size_t rate) {
  CommonMerit merit;
  for (std::size_t scheme = 0; scheme < grid.schemes(); ++scheme) {
    const RunBySeed& cell = grid.cell(scheme, rate);
    if (cell.empty()) return std::nullopt;
    const double score = merit_of(cell, any_seed).interquartile_mean;
    if (!std::isfinite(score)) continue;
    merit.working += 1;
    merit.mean += score;
  }
  if (merit.working > 0) merit.mean /= merit.working;
  return merit;
}

/// The rate that is best for all schemes together, the lowest of equals.
std::optional<std::size_t> common_rate(const RunGrid& grid) {
  std::optional<std::size_t> best;
  std::optional<CommonMerit> best_merit;
  for (std::size_t rate = 0; rate < grid.rates(); ++rate) {
    const std::optional<CommonMerit> merit = common_merit(grid, rate);
    if (!merit || (best && *merit <= *best_merit)) continue;
    best = rate;
    best_merit = merit;
  }
  return best;
}

SchemeResult result_of(std::size_t scheme, const ChosenRuns& chosen) {
  SchemeResult result{.scheme = scheme, .rates = chosen.rates, .scores = {}};
  std::vector<double> scores;
  for (const auto& [seed, run] : chosen.runs) {
    scores.push_back(run->score);
    if (run->diverged) ++result.diverged;
    if (!run->diverged && std::isinf(run->score)) ++result.unreached;
    if (run->trains) ++result.judged;
    if (run->trains.value_or(false)) ++result.trained;
  }
  result.scores = sample_statistics(scores);
  return result;
}

SchemePair pair_of(const ChosenRuns& first, const ChosenRuns& second) {
  SchemePair pair;
  std::vector<double> a;
  std::vector<double> b;
  for (const auto& [seed, run] : first.runs) {
    const auto partner = second.runs.find(seed);
    if (partner == second.runs.end()) continue;
    a.push_back(run->score);
    b.push_back(partner->second->score);
  }
  pair.unpaired = first.runs.size() + second.runs.size() - 2 * a.size();
  if (!a.empty()) pair.statistics = compare_pairs(a, b);
  return pair;
}

/// Ties tell nothing: of so many pairs as untied ones are needed, as many more as now are tied.
std::optional<double> needed_by(const PairedStatistics& statistics, double level) {
  const std::optional<double> untied = pairs_needed(statistics.rank_biserial, level);
  if (!untied) return std::nullopt;
  const auto pairs = static_cast<double>(statistics.pairs);
  return std::ceil(*untied * pairs / (pairs - static_cast<double>(statistics.ties)));
}

/// Adjusts the p of all pairs, and says of those that tell nothing how many seeds would.
void judge(ComparisonView& view) {
  if (view.pairs.empty()) return;
  std::vector<double> p;
  for (const SchemePair& pair : view.pairs) p.push_back(pair.statistics.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  view.level = kSignificance / static_cast<double>(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    SchemePair& pair = view.pairs[i];
    pair.p_adjusted = adjusted[i];
    if (!pair.is_significant()) pair.pairs_needed = needed_by(pair.statistics, view.level);
  }
}

void sort_by_merit(std::vector<SchemeResult>& schemes) {
  const auto merit = [](const SchemeResult& result) {
    const double with_figure =
        static_cast<double>(result.scores.n - result.diverged - result.unreached);
    return RateMerit{result.scores.interquartile_mean.value_or(kWorst),
                     with_figure / static_cast<double>(std::max<std::size_t>(1, result.scores.n))};
  };
  std::stable_sort(schemes.begin(), schemes.end(),
                   [&](const auto& a, const auto& b) { return merit(a) > merit(b); });
}

ComparisonView view_of(RateChoice choice, const std::vector<ChosenRuns>& chosen,
                       const ComparisonNames& names) {
  ComparisonView view{.choice = choice, .schemes = {}, .pairs = {}};
  for (std::size_t scheme = 0; scheme < chosen.size(); ++scheme) {
    view.schemes.push_back(result_of(scheme, chosen[scheme]));
  }
  sort_by_merit(view.schemes);
  const auto add_pair = [&](std::size_t first, std::size_t second) {
    SchemePair pair = pair_of(chosen[first], chosen[second]);
    pair.first = first;
    pair.second = second;
    view.pairs.push_back(pair);
  };
  for (std::size_t i = 0; i < view.schemes.size(); ++i) {
    const std::size_t first = view.schemes[i].scheme;
    if (names.baseline) {
      if (first != *names.baseline) add_pair(first, *names.baseline);
      continue;
    }
    for (std::size_t j = i + 1; j < view.schemes.size(); ++j) {
      add_pair(first, view.schemes[j].scheme);
    }
  }
  judge(view);
  return view;
}

template <class Choose>
std::vector<ChosenRuns> for_each_scheme(const RunGrid& grid, Choose choose) {
  std::vector<ChosenRuns> chosen;
  for (std::size_t scheme = 0; scheme < grid.schemes(); ++scheme) chosen.push_back(choose(scheme));
  return chosen;
}

}  // namespace

std::vector<ComparisonView> compare_schemes(std::span<const ComparedRun> runs,
                                            const ComparisonNames& names) {
  const RunGrid grid(runs, names);
  const auto all_at = [&](std::size_t rate) {
    return for_each_scheme(grid, [&](std::size_t scheme) { return at_rate(grid, scheme, rate); });
  };
  if (grid.rates() == 1) return {view_of(RateChoice::as_run, all_at(0), names)};

  std::vector<ComparisonView> views;
  if (grid.seeds() >= kFewestToHalve) {
    const auto choose = [&](std::size_t scheme) { return at_rate_of_other_half(grid, scheme); };
    views.push_back(view_of(RateChoice::other_half, for_each_scheme(grid, choose), names));
  } else {
    const auto choose = [&](std::size_t scheme) {
      return at_rate(grid, scheme, best_rate(grid, scheme, any_seed));
    };
    views.push_back(view_of(RateChoice::same_seeds, for_each_scheme(grid, choose), names));
  }
  if (const std::optional<std::size_t> rate = common_rate(grid)) {
    views.push_back(view_of(RateChoice::common, all_at(*rate), names));
  }
  return views;
}

}  // namespace initbench
