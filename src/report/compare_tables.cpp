#include "report/compare_tables.h"

#include <array>
#include <stdexcept>

namespace initbench {
namespace {

using SchemeColumn = Column<SchemeRow>;
using PairColumn = Column<PairRow>;

std::int64_t whole(std::size_t count) { return static_cast<std::int64_t>(count); }

CellValue low_of(const std::optional<Interval>& interval) {
  return interval ? CellValue(interval->low) : std::monostate{};
}

CellValue high_of(const std::optional<Interval>& interval) {
  return interval ? CellValue(interval->high) : std::monostate{};
}

/// A figure of the scores in the metric's units.
template <auto figure>
CellValue score(const SchemeRow& row) {
  return cell_value(in_units(row.result->scores.*figure, row.better));
}

template <auto interval>
CellValue score_low(const SchemeRow& row) {
  return low_of(in_units(row.result->scores.*interval, row.better));
}

template <auto interval>
CellValue score_high(const SchemeRow& row) {
  return high_of(in_units(row.result->scores.*interval, row.better));
}

CellValue training_share(const SchemeRow& row) {
  if (row.result->judged == 0) return std::monostate{};
  return static_cast<double>(row.result->trained) / static_cast<double>(row.result->judged);
}

template <auto count>
CellValue planned(const SchemeRow& row) {
  return row.planned ? CellValue(whole((*row.planned).*count)) : std::monostate{};
}

constexpr std::array kSchemeColumns{
    SchemeColumn{"metric", "what the figures are of",
                 [](const SchemeRow& row) -> CellValue { return row.metric; }},
    SchemeColumn{
        "rates",
        "as_run (there is one), best_other_half (the scheme's best on the other half of "
        "the seeds), best_same_seeds (on these very seeds: too good), common (one for all)",
        [](const SchemeRow& row) -> CellValue { return row.choice; }},
    SchemeColumn{"scheme", "the values of --by",
                 [](const SchemeRow& row) -> CellValue { return row.scheme; }},
    SchemeColumn{"rate", "where the figures are from; two if the halves of the seeds disagree",
                 [](const SchemeRow& row) -> CellValue {
                   if (row.rates.empty()) return std::monostate{};
                   return row.rates;
                 }},
    SchemeColumn{"n", "seeds, diverged runs included",
                 [](const SchemeRow& row) -> CellValue { return whole(row.result->scores.n); }},
    SchemeColumn{"diverged", "of them",
                 [](const SchemeRow& row) -> CellValue { return whole(row.result->diverged); }},
    SchemeColumn{"unreached", "of them: not diverged, but never got there (steps_to_A)",
                 [](const SchemeRow& row) -> CellValue { return whole(row.result->unreached); }},
    SchemeColumn{"training_share", "share of the seeds that train at all", training_share},
    SchemeColumn{
        "training_low", "its 95 % interval by Wilson",
        [](const SchemeRow& row) -> CellValue { return low_of(training_interval(*row.result)); }},
    SchemeColumn{
        "training_high", "its 95 % interval by Wilson",
        [](const SchemeRow& row) -> CellValue { return high_of(training_interval(*row.result)); }},
    SchemeColumn{"mean", "over all seeds; empty when one has no figure",
                 score<&SampleStatistics::mean>},
    SchemeColumn{"mean_low", "95 % interval by Student's t, widened at best rates",
                 score_low<&SampleStatistics::mean_interval>},
    SchemeColumn{"mean_high", "95 % interval by Student's t, widened at best rates",
                 score_high<&SampleStatistics::mean_interval>},
    SchemeColumn{
        "deviation", "of the sample, by n - 1",
        [](const SchemeRow& row) -> CellValue { return cell_value(row.result->scores.deviation); }},
    SchemeColumn{"median", "seeds without a figure rank worst", score<&SampleStatistics::median>},
    SchemeColumn{"interquartile_mean",
                 "without the best and the worst floor(n / 4); seeds without a figure rank worst",
                 score<&SampleStatistics::interquartile_mean>},
    SchemeColumn{"interquartile_low",
                 "95 % interval by Student's t, Winsorized deviation, widened at best rates",
                 score_low<&SampleStatistics::interquartile_interval>},
    SchemeColumn{"interquartile_high",
                 "95 % interval by Student's t, Winsorized deviation, widened at best rates",
                 score_high<&SampleStatistics::interquartile_interval>},
    SchemeColumn{"planned", "runs of the scheme, at every rate, that the folders' plans ask for",
                 planned<&PlannedRuns::planned>},
    SchemeColumn{"missing", "of them: not begun", planned<&PlannedRuns::missing>},
    SchemeColumn{"unfinished", "of them: begun and not finished, or failed",
                 planned<&PlannedRuns::unfinished>},
};

std::string_view name_of(PairTest test) {
  switch (test) {
    case PairTest::signed_rank: return "signed_rank";
    case PairTest::student: return "student";
    case PairTest::exchanges: return "exchanges";
  }
  throw std::logic_error("a test without a name");
}

template <auto figure>
CellValue difference(const PairRow& row) {
  return cell_value(in_units(row.pair->statistics.*figure, row.better));
}

/// A figure that only pairs give.
template <auto figure>
CellValue of_pairs(const PairRow& row) {
  if (row.pair->statistics.pairs == 0) return std::monostate{};
  return row.pair->statistics.*figure;
}

constexpr std::array kPairColumns{
    PairColumn{"metric", "what the figures are of",
               [](const PairRow& row) -> CellValue { return row.metric; }},
    PairColumn{"rates", "as in compare.csv",
               [](const PairRow& row) -> CellValue { return row.choice; }},
    PairColumn{"first", "a scheme", [](const PairRow& row) -> CellValue { return row.first; }},
    PairColumn{"second", "another, or the baseline",
               [](const PairRow& row) -> CellValue { return row.second; }},
    PairColumn{"pairs", "seeds that both have",
               [](const PairRow& row) -> CellValue { return whole(row.pair->statistics.pairs); }},
    PairColumn{"unpaired", "runs whose seed the other does not have",
               [](const PairRow& row) -> CellValue { return whole(row.pair->unpaired); }},
    PairColumn{"ties", "pairs without a difference, or both without a figure",
               [](const PairRow& row) -> CellValue { return whole(row.pair->statistics.ties); }},
    PairColumn{"mean_difference", "first - second; empty when a run has no figure",
               difference<&PairedStatistics::mean_difference>},
    PairColumn{"difference_low", "95 % interval by Student's t, widened at best rates",
               [](const PairRow& row) -> CellValue {
                 return low_of(in_units(row.pair->statistics.difference_interval, row.better));
               }},
    PairColumn{"difference_high", "95 % interval by Student's t, widened at best rates",
               [](const PairRow& row) -> CellValue {
                 return high_of(in_units(row.pair->statistics.difference_interval, row.better));
               }},
    PairColumn{"median_difference", "of the pairs; a run without a figure is infinitely worse",
               difference<&PairedStatistics::median_difference>},
    PairColumn{"standardized_difference",
               "mean by deviation of the differences, Hedges' correction; positive: first better",
               [](const PairRow& row) -> CellValue {
                 return cell_value(row.pair->statistics.standardized_difference);
               }},
    PairColumn{"rank_biserial", "from -1 to 1; positive: first better",
               of_pairs<&PairedStatistics::rank_biserial>},
    PairColumn{"probability_of_improvement",
               "share of pairs in which the first is better, ties half",
               of_pairs<&PairedStatistics::probability_of_improvement>},
    PairColumn{"p", "two-sided, of the test that `test` names", of_pairs<&PairedStatistics::p>},
    PairColumn{"p_holm", "adjusted for all pairs of the same metric and rates",
               [](const PairRow& row) -> CellValue {
                 if (row.pair->statistics.pairs == 0) return std::monostate{};
                 return row.pair->p_adjusted;
               }},
    PairColumn{
        "pairs_needed",
        "where p_holm exceeds 0.05: about so many seeds would find such an effect, at 80 % power",
        [](const PairRow& row) -> CellValue { return cell_value(row.pair->pairs_needed); }},
    PairColumn{"test",
               "signed_rank: Wilcoxon's, exact up to 200 pairs; student: of the mean, by the "
               "standard error of its interval at best rates; exchanges: at best rates where the "
               "mean has no interval, of exchanges of the schemes within seeds",
               [](const PairRow& row) -> CellValue {
                 if (row.pair->statistics.pairs == 0) return std::monostate{};
                 return name_of(row.pair->test);
               }},
};

/// A table of all metrics and views.
template <class Row, class Rows>
std::string whole_csv(std::span<const Column<Row>> columns, const RunComparison& comparison,
                      Rows rows) {
  std::string text = csv_header(columns);
  for (const MetricComparison& metric : comparison.metrics) {
    for (const ComparisonView& view : metric.views) {
      for (const Row& row : rows(comparison, metric, view)) append_csv_row(columns, row, text);
    }
  }
  return text;
}

}  // namespace

std::string_view rate_choice_name(RateChoice choice) {
  switch (choice) {
    case RateChoice::as_run: return "as_run";
    case RateChoice::other_half: return "best_other_half";
    case RateChoice::same_seeds: return "best_same_seeds";
    case RateChoice::common: return "common";
  }
  throw std::logic_error("a choice of rates without a name");
}

std::optional<double> in_units(const std::optional<double>& score, Better better) {
  if (!score || better == Better::more) return score;
  return 0 - *score;  // not -0 for 0
}

std::optional<Interval> in_units(const std::optional<Interval>& scores, Better better) {
  if (!scores || better == Better::more) return scores;
  return Interval{.low = 0 - scores->high, .high = 0 - scores->low};
}

std::optional<Interval> training_interval(const SchemeResult& result) {
  if (result.judged == 0) return std::nullopt;
  return wilson_interval(result.trained, result.judged);
}

std::vector<SchemeRow> scheme_rows(const RunComparison& comparison, const MetricComparison& metric,
                                   const ComparisonView& view) {
  std::vector<SchemeRow> rows;
  for (const SchemeResult& result : view.schemes) {
    std::string rates;
    for (const std::size_t rate : result.rates) {
      rates += (rates.empty() ? "" : ", ") + comparison.names.rates[rate];
    }
    const std::string& scheme = comparison.names.schemes[result.scheme];
    rows.push_back({.metric = metric.metric.name,
                    .choice = rate_choice_name(view.choice),
                    .scheme = scheme,
                    .rates = std::move(rates),
                    .result = &result,
                    .better = metric.metric.better,
                    .planned = {}});
    const auto plan = comparison.planned.find(scheme);
    if (plan != comparison.planned.end()) rows.back().planned = plan->second;
  }
  return rows;
}

std::vector<PairRow> pair_rows(const RunComparison& comparison, const MetricComparison& metric,
                               const ComparisonView& view) {
  std::vector<PairRow> rows;
  for (const SchemePair& pair : view.pairs) {
    rows.push_back({.metric = metric.metric.name,
                    .choice = rate_choice_name(view.choice),
                    .first = comparison.names.schemes[pair.first],
                    .second = comparison.names.schemes[pair.second],
                    .pair = &pair,
                    .better = metric.metric.better});
  }
  return rows;
}

std::span<const SchemeColumn> scheme_columns() { return kSchemeColumns; }
std::span<const PairColumn> pair_columns() { return kPairColumns; }

std::string schemes_csv(const RunComparison& comparison) {
  return whole_csv(scheme_columns(), comparison, scheme_rows);
}

std::string pairs_csv(const RunComparison& comparison) {
  return whole_csv(pair_columns(), comparison, pair_rows);
}

}  // namespace initbench
