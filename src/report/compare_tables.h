/// The tables of a comparison: a row per scheme and a row per pair, of every metric and view.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/compare_runs.h"
#include "report/csv.h"

namespace initbench {

/// How the learning rates of a view came about: "best_other_half", ...
std::string_view rate_choice_name(RateChoice choice);

/// A scheme in a view, in the metric's own units.
struct SchemeRow {
  std::string metric;
  std::string_view choice;
  std::string scheme;
  std::string rates;
  const SchemeResult* result = nullptr;
  Better better = Better::more;
  std::optional<PlannedRuns> planned;  // empty: of no plan
};

/// Two schemes in a view; differences are the first minus the second in the metric's own units.
struct PairRow {
  std::string metric;
  std::string_view choice;
  std::string first;
  std::string second;
  const SchemePair* pair = nullptr;
  Better better = Better::more;
};

/// Valid while the comparison is.
std::vector<SchemeRow> scheme_rows(const RunComparison& comparison, const MetricComparison& metric,
                                   const ComparisonView& view);
std::vector<PairRow> pair_rows(const RunComparison& comparison, const MetricComparison& metric,
                               const ComparisonView& view);

std::span<const Column<SchemeRow>> scheme_columns();
std::span<const Column<PairRow>> pair_columns();

/// From scores, of which more is better, to the metric's own units.
std::optional<double> in_units(const std::optional<double>& score, Better better);
std::optional<Interval> in_units(const std::optional<Interval>& scores, Better better);

/// Wilson's interval of the share that trains; empty when that is of none known.
std::optional<Interval> training_interval(const SchemeResult& result);

/// The content of compare.csv and of compare_pairs.csv.
std::string schemes_csv(const RunComparison& comparison);
std::string pairs_csv(const RunComparison& comparison);

}  // namespace initbench
