#include "experiment/comparison.h"

#include <algorithm>
#include <cmath>

#include "experiment/choice_account.h"
#include "experiment/rate_choice.h"
#include "experiment/run_grid.h"

namespace initbench {
namespace {

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

void count(const ComparedRun& run, WithoutFigure& runs) {
  if (run.diverged) ++runs.diverged;
  if (!run.diverged && std::isinf(run.score)) ++runs.unreached;
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
    count(*run, pair.of_first);
    count(*partner->second, pair.of_second);
  }
  pair.unpaired = first.runs.size() + second.runs.size() - 2 * a.size();
  if (!a.empty()) pair.statistics = compare_pairs(a, b);
  return pair;
}

/// Ties tell nothing: of so many pairs as untied ones are needed, as many more as now are tied.
/// More than there are, which have not told.
std::optional<double> needed_by(const SchemePair& pair) {
  const PairedStatistics& statistics = pair.statistics;
  const auto pairs = static_cast<double>(statistics.pairs);
  if (pair.test == PairTest::student) {
    if (!(pair.shift > 0)) return std::nullopt;
    return std::max(pairs_needed_by_student(pair.shift, pair.level), pairs + 1);
  }
  const std::optional<double> untied = pairs_needed(statistics.rank_biserial, pair.level);
  if (!untied) return std::nullopt;
  const double needed = std::ceil(*untied * pairs / (pairs - static_cast<double>(statistics.ties)));
  return std::max(needed, pairs + 1);
}

/// Adjusts the p of all pairs that have one, and says of those that tell nothing how many seeds
/// would.
void judge(ComparisonView& view) {
  std::vector<SchemePair*> tested;
  std::vector<double> p;
  for (SchemePair& pair : view.pairs) {
    if (pair.statistics.pairs == 0) continue;
    tested.push_back(&pair);
    p.push_back(pair.statistics.p);
  }
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    SchemePair& pair = *tested[i];
    pair.p_adjusted = adjusted[i];
    const auto smaller = std::count_if(p.begin(), p.end(), [&](double q) { return q < p[i]; });
    pair.level = kSignificance / static_cast<double>(p.size() - static_cast<std::size_t>(smaller));
    if (!pair.is_significant()) pair.pairs_needed = needed_by(pair);
  }
}

void sort_by_merit(std::vector<SchemeResult>& schemes) {
  const auto merit = [](const SchemeResult& result) {
    const double with_figure =
        static_cast<double>(result.scores.n - result.diverged - result.unreached);
    return RateMerit{result.scores.interquartile_mean.value_or(kWorstScore),
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
