#include "experiment/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "base/errors.h"
#include "experiment/rate_choice.h"
#include "experiment/rate_luck.h"

namespace initbench {
namespace {

constexpr std::size_t kFewestInAHalf = 2;  // seeds of a scheme, to choose by and to measure
constexpr double kWorst = -std::numeric_limits<double>::infinity();
constexpr double kNoRun = std::numeric_limits<double>::quiet_NaN();

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
      seeds_.push_back(run.seed);
    }
    std::sort(seeds_.begin(), seeds_.end());
    seeds_.erase(std::unique(seeds_.begin(), seeds_.end()), seeds_.end());
  }

  std::size_t schemes() const { return cells_.size() / rates_; }
  std::size_t rates() const { return rates_; }
  std::size_t seeds() const { return seeds_.size(); }
  const RunBySeed& cell(std::size_t scheme, std::size_t rate) const {
    return cells_[scheme * rates_ + rate];
  }
  /// Whether every scheme has seeds enough in either half.
  bool can_be_halved() const {
    for (std::size_t scheme = 0; scheme < schemes(); ++scheme) {
      std::map<Seeds, std::set<std::uint64_t>> halves{{Seeds::even, {}}, {Seeds::odd, {}}};
      for (std::size_t rate = 0; rate < rates_; ++rate) {
        for (const auto& [seed, run] : cell(scheme, rate)) halves[half_of(seed)].insert(seed);
      }
      for (const auto& [half, seeds] : halves) {
        if (seeds.size() < kFewestInAHalf) return false;
      }
    }
    return true;
  }
  Seeds half_of(std::uint64_t seed) const {
    return place_of(seed) % 2 == 0 ? Seeds::even : Seeds::odd;
  }
  /// Its seeds are those of all schemes, rising.
  RateTable table(std::size_t scheme) const {
    RateTable table(rates_, std::vector<double>(seeds_.size(), kNoRun));
    for (std::size_t rate = 0; rate < rates_; ++rate) {
      for (const auto& [seed, run] : cell(scheme, rate)) table[rate][place_of(seed)] = run->score;
    }
    return table;
  }

 private:
  std::size_t place_of(std::uint64_t seed) const {
    return static_cast<std::size_t>(std::lower_bound(seeds_.begin(), seeds_.end(), seed) -
                                    seeds_.begin());
  }

  std::size_t rates_;
  std::vector<RunBySeed> cells_;
  std::vector<std::uint64_t> seeds_;  // rising
};

std::vector<double> scores_of(const RunBySeed& cell) {
  std::vector<double> scores;
  for (const auto& [seed, run] : cell) scores.push_back(run->score);
  return scores;
}

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
  const HalfRates rates = best_rates(grid.table(scheme));
  ChosenRuns chosen;
  for (const auto& [own, rate] :
       {std::pair{Seeds::even, rates.of_even}, {Seeds::odd, rates.of_odd}}) {
    for (const auto& [seed, run] : grid.cell(scheme, rate)) {
      if (grid.half_of(seed) == own) chosen.runs.emplace(seed, run);
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

/// Empty when a scheme has no runs at the rate, or too few.
std::optional<CommonMerit> common_merit(const RunGrid& grid, std::size_t rate) {
  CommonMerit merit;
  for (std::size_t scheme = 0; scheme < grid.schemes(); ++scheme) {
    const RunBySeed& cell = grid.cell(scheme, rate);
    if (!can_be_chosen(grid.table(scheme), rate)) return std::nullopt;
    const double score = merit_of(scores_of(cell)).interquartile_mean;
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

SchemeResult result_of(std::size_t scheme, const ChosenRuns& chosen, const RunGrid& grid) {
  SchemeResult result{
      .scheme = scheme, .rates = chosen.rates, .short_rates = {}, .thin_rates = {}, .scores = {}};
  const RateTable table = grid.table(scheme);
  for (const std::size_t rate : chosen.rates) {
    if (!has_most_seeds(table, rate)) result.thin_rates.push_back(rate);
  }
  result.lowest_rate = grid.rates();
  for (std::size_t rate = 0; rate < grid.rates(); ++rate) {
    if (can_be_chosen(table, rate)) {
      result.lowest_rate = std::min(result.lowest_rate, rate);
      result.highest_rate = rate;
    } else if (!grid.cell(scheme, rate).empty()) {
      result.short_rates.push_back(rate);
    }
  }
  for (const auto& [seed, run] : chosen.runs) {
    if (run->diverged) ++result.diverged;
    if (!run->diverged && std::isinf(run->score)) ++result.unreached;
    if (run->trains) ++result.judged;
    if (run->trains.value_or(false)) ++result.trained;
  }
  result.scores = sample_statistics(scores_of(chosen.runs));
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

/// Makes p and intervals account for rates that were chosen: as if they had been given, they would
/// be too small.
class ChoiceAccount {
 public:
  ChoiceAccount(const RunGrid& grid, RateChoice choice)
      : is_halved_(choice == RateChoice::other_half),
        is_chosen_(is_halved_ || choice == RateChoice::same_seeds),
        draws_(is_halved_ ? grid.seeds() : 0) {
    if (!is_chosen_) return;
    for (std::size_t scheme = 0; scheme < grid.schemes(); ++scheme) {
      tables_.push_back(grid.table(scheme));
    }
    if (!is_halved_) return;
    for (const RateTable& table : tables_) redrawn_.emplace_back(table, draws_);
  }

  void apply(SchemeResult& result) const {
    if (!is_chosen_) return;
    SampleStatistics& scores = result.scores;
    if (!is_halved_) {
      scores.mean_interval.reset();
      scores.interquartile_interval.reset();
      return;
    }
    const RedrawnScheme& scheme = redrawn_[result.scheme];
    if (scores.mean_interval) {
      scores.mean_interval = widened(scores.mean_interval, widening(scheme, mean));
    }
    if (scores.interquartile_interval) {
      scores.interquartile_interval =
          widened(scores.interquartile_interval, widening(scheme, interquartile_mean));
    }
  }

  void apply(SchemePair& pair) const {
    PairedStatistics& statistics = pair.statistics;
    if (!is_chosen_ || statistics.pairs == 0) return;
    statistics.p = p_at_best_rates(tables_[pair.first], tables_[pair.second], is_halved_);
    if (!is_halved_) return statistics.difference_interval.reset();
    if (!statistics.difference_interval) return;
    statistics.difference_interval =
        widened(statistics.difference_interval,
                widening(redrawn_[pair.first], redrawn_[pair.second], mean));
  }

 private:
  bool is_halved_;
  bool is_chosen_;
  SeedDraws draws_;
  std::vector<RateTable> tables_;
  std::vector<RedrawnScheme> redrawn_;
};

/// Adjusts the p of all pairs, and says of those that tell nothing how many seeds would.
void judge(ComparisonView& view) {
  if (view.pairs.empty()) return;
  std::vector<double> p;
  for (const SchemePair& pair : view.pairs) p.push_back(pair.statistics.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    SchemePair& pair = view.pairs[i];
    pair.p_adjusted = adjusted[i];
    const auto smaller = std::count_if(p.begin(), p.end(), [&](double q) { return q < p[i]; });
    pair.level = kSignificance / static_cast<double>(p.size() - static_cast<std::size_t>(smaller));
    if (!pair.is_significant()) pair.pairs_needed = needed_by(pair.statistics, pair.level);
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
                       const RunGrid& grid, const ComparisonNames& names) {
  ComparisonView view{.choice = choice, .schemes = {}, .pairs = {}};
  const ChoiceAccount account(grid, choice);
  for (std::size_t scheme = 0; scheme < chosen.size(); ++scheme) {
    view.schemes.push_back(result_of(scheme, chosen[scheme], grid));
    account.apply(view.schemes.back());
  }
  sort_by_merit(view.schemes);
  const auto add_pair = [&](std::size_t first, std::size_t second) {
    SchemePair pair = pair_of(chosen[first], chosen[second]);
    pair.first = first;
    pair.second = second;
    account.apply(pair);
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
  if (grid.rates() == 1) return {view_of(RateChoice::as_run, all_at(0), grid, names)};

  std::vector<ComparisonView> views;
  if (grid.can_be_halved()) {
    const auto choose = [&](std::size_t scheme) { return at_rate_of_other_half(grid, scheme); };
    views.push_back(view_of(RateChoice::other_half, for_each_scheme(grid, choose), grid, names));
  } else {
    const auto choose = [&](std::size_t scheme) {
      return at_rate(grid, scheme, best_rate(grid.table(scheme), Seeds::all));
    };
    views.push_back(view_of(RateChoice::same_seeds, for_each_scheme(grid, choose), grid, names));
  }
  if (const std::optional<std::size_t> rate = common_rate(grid)) {
    views.push_back(view_of(RateChoice::common, all_at(*rate), grid, names));
  }
  return views;
}

}  // namespace initbench
