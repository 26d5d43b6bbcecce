#include "report/compare_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "report/compare_tables.h"
#include "report/compare_words.h"
#include "report/output_file.h"
#include "report/run_directory.h"
#include "report/text_table.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostPairs = 20;  // more are left to compare_pairs.csv

std::string number(const std::optional<double>& value) { return value ? short_number(*value) : ""; }

std::string range(const std::optional<Interval>& interval) {
  return interval ? short_number(interval->low) + " .. " + short_number(interval->high) : "";
}

std::string percent(double share) { return short_number(std::round(share * 100)) + " %"; }

std::string training_text(const SchemeResult& result) {
  const std::optional<Interval> interval = training_interval(result);
  if (!interval) return "";
  return std::to_string(result.trained) + "/" + std::to_string(result.judged) + " (" +
         percent(interval->low) + " .. " + percent(interval->high) + ")";
}

/// Empty when none of the schemes has such runs: the column is left out.
std::string count_text(const ComparisonView& view, const SchemeResult& result,
                       std::size_t SchemeResult::*count) {
  const bool any = std::any_of(view.schemes.begin(), view.schemes.end(),
                               [count](const SchemeResult& one) { return one.*count > 0; });
  return any ? std::to_string(result.*count) : "";
}

/// "40 of 50"; empty when nothing is missing.
std::string absent_text(const SchemeRow& row) {
  if (!row.planned || row.planned->absent() == 0) return "";
  return std::to_string(row.planned->absent()) + " of " + std::to_string(row.planned->planned);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<TextColumn> scheme_table(const RunComparison& comparison,
                                     const MetricComparison& metric, const ComparisonView& view) {
  std::vector<TextColumn> columns{{joined(comparison.request.by), Align::left, {}},
                                  {comparison.request.rate, Align::right, {}},
                                  {"seeds", Align::right, {}},
                                  {"missing runs", Align::right, {}},
                                  {"diverged", Align::right, {}},
                                  {"unreached", Align::right, {}},
                                  {"trains (95 %)", Align::right, {}},
                                  {"mean", Align::right, {}},
                                  {"95 % interval", Align::right, {}},
                                  {"median", Align::right, {}},
                                  {"IQM", Align::right, {}}};
  for (const SchemeRow& row : scheme_rows(comparison, metric, view)) {
    const SchemeResult& result = *row.result;
    const SampleStatistics& scores = result.scores;
    const std::vector<std::string> cells{row.scheme,
                                         row.rates,
                                         std::to_string(scores.n),
                                         absent_text(row),
                                         count_text(view, result, &SchemeResult::diverged),
                                         count_text(view, result, &SchemeResult::unreached),
                                         training_text(result),
                                         number(in_units(scores.mean, row.better)),
                                         range(in_units(scores.mean_interval, row.better)),
                                         number(in_units(scores.median, row.better)),
                                         number(in_units(scores.interquartile_mean, row.better))};
    for (std::size_t i = 0; i < cells.size(); ++i) columns[i].cells.push_back(cells[i]);
  }
  return columns;
}

std::vector<TextColumn> pair_table(const RunComparison& comparison, const MetricComparison& metric,
                                   const ComparisonView& view) {
  std::vector<TextColumn> columns{
      {"first - second", Align::left, {}}, {"pairs", Align::right, {}},
      {"mean", Align::right, {}},          {"95 % interval", Align::right, {}},
      {"median", Align::right, {}},        {"P(first better)", Align::right, {}},
      {"rank-biserial", Align::right, {}}, {"p", Align::right, {}},
      {"p (Holm)", Align::right, {}}};
  for (const PairRow& row : pair_rows(comparison, metric, view)) {
    if (columns.front().cells.size() == kMostPairs) break;
    const PairedStatistics& pair = row.pair->statistics;
    const auto of_pairs = [&](double value) { return pair.pairs > 0 ? short_number(value) : ""; };
    const std::vector<std::string> cells{row.first + " - " + row.second,
                                         std::to_string(pair.pairs),
                                         number(in_units(pair.mean_difference, row.better)),
                                         range(in_units(pair.difference_interval, row.better)),
                                         number(in_units(pair.median_difference, row.better)),
                                         of_pairs(pair.probability_of_improvement),
                                         of_pairs(pair.rank_biserial),
                                         of_pairs(pair.p),
                                         of_pairs(row.pair->p_adjusted)};
    for (std::size_t i = 0; i < cells.size(); ++i) columns[i].cells.push_back(cells[i]);
  }
  return columns;
}

std::string as_text(const std::vector<TextColumn>& columns) {
  std::string text;
  for (const std::string& line : aligned(columns)) text.append(line).append("\n");
  return text;
}

std::string as_markdown(const std::vector<TextColumn>& columns) {
  CellTable table;
  for (const TextColumn& column : columns) {
    const bool is_empty = std::all_of(column.cells.begin(), column.cells.end(),
                                      [](const std::string& cell) { return cell.empty(); });
    if (is_empty) continue;
    table.headers.emplace_back(column.header);
    table.rows.resize(column.cells.size());
    for (std::size_t i = 0; i < column.cells.size(); ++i) {
      table.rows[i].emplace_back(std::string_view(column.cells[i]));
    }
  }
  return formatted(table, TableFormat::markdown);
}

std::string_view better_text(Better better) {
  return better == Better::more ? "more is better" : "less is better";
}

std::string overview(const RunComparison& comparison) {
  std::string text = std::to_string(comparison.runs) + " runs, " +
                     std::to_string(comparison.names.schemes.size()) + " schemes, " +
                     std::to_string(comparison.seeds) +
                     (comparison.seeds == 1 ? " seed" : " seeds");
  if (comparison.names.rates.size() > 1) {
    text += "; " + comparison.request.rate + " " + joined(comparison.names.rates);
  }
  if (!comparison.request.pool.empty()) {
    text += "; each seed's figure is the mean over " + joined(comparison.request.pool);
  }
  return text;
}

constexpr const char* kLegend =
    "95 % interval: Student's t, at best rates wider by what choosing them anew adds over 1000 "
    "draws of the seeds. trains: not diverged or stalled, and at the end more than 2 % "
    "below the loss of the best constant answer; Wilson's interval. IQM: mean without the best and "
    "the worst quarter. Diverged "
    "runs rank worst. p, of pairs of one seed: Wilcoxon's signed-rank test; at best rates "
    "Student's, of the mean by its interval, or where there is none of exchanges of two schemes "
    "within seeds (all up to 12 seeds, else 10,000 at random), rates chosen anew in each, which "
    "errs on the large side where best rates differ.";

std::string view_text(const RunComparison& comparison, const MetricComparison& metric,
                      const ComparisonView& view, bool markdown) {
  const auto table = markdown ? as_markdown : as_text;
  std::string text(markdown ? "### " : "");
  text.append(view_title(comparison, view)).append("\n\n");
  text.append(table(scheme_table(comparison, metric, view))).append("\n");
  text += table(pair_table(comparison, metric, view));
  if (view.pairs.size() > kMostPairs) {
    text += '\n';
    text += std::to_string(view.pairs.size() - kMostPairs);
    text += " more pairs are in compare_pairs.csv\n";
  }
  text += '\n';
  for (const std::string& sentence : findings(comparison, metric, view)) {
    text.append(markdown ? "- " : "  ").append(sentence).append(".\n");
  }
  return text;
}

/// Whether the view at a common rate shows what the first view has shown.
bool repeats(const ComparisonView& view, const ComparisonView& first) {
  if (view.choice != RateChoice::common) return false;
  const std::vector<std::size_t>& common = view.schemes.front().rates;
  return std::all_of(first.schemes.begin(), first.schemes.end(),
                     [&](const SchemeResult& scheme) { return scheme.rates == common; });
}

std::string document(const RunComparison& comparison, bool markdown) {
  std::string text = overview(comparison) + "\n";
  for (const std::string& note : comparison.notes) {
    text.append(markdown ? "\nnote: " : "note: ").append(note).append("\n");
  }
  for (const MetricComparison& metric : comparison.metrics) {
    text.append(markdown ? "\n## " : "\n").append(metric.metric.name).append(": ");
    text.append(metric.metric.documentation).append("; ");
    text.append(better_text(metric.metric.better)).append("\n");
    for (const ComparisonView& view : metric.views) {
      text += '\n';
      if (repeats(view, metric.views.front())) {
        text += view_title(comparison, view) + ": the same runs as above.\n";
      } else {
        text += view_text(comparison, metric, view, markdown);
      }
    }
  }
  return text.append("\n").append(kLegend).append("\n");
}

template <class Row>
Json rows_json(std::span<const Column<Row>> columns, const std::vector<Row>& rows) {
  return Json::parse(formatted(cell_table<Row>(columns, rows), TableFormat::json));
}

Json view_json(const RunComparison& comparison, const MetricComparison& metric,
               const ComparisonView& view) {
  return {{"rates", rate_choice_name(view.choice)},
          {"title", view_title(comparison, view)},
          {"schemes", rows_json(scheme_columns(), scheme_rows(comparison, metric, view))},
          {"pairs", rows_json(pair_columns(), pair_rows(comparison, metric, view))},
          {"findings", findings(comparison, metric, view)}};
}

std::string as_json(const RunComparison& comparison) {
  Json metrics = Json::array();
  for (const MetricComparison& metric : comparison.metrics) {
    Json views = Json::array();
    for (const ComparisonView& view : metric.views) {
      views.push_back(view_json(comparison, metric, view));
    }
    metrics.push_back({{"metric", metric.metric.name},
                       {"better", metric.metric.better == Better::more ? "more" : "less"},
                       {"views", std::move(views)}});
  }
  const Json document{{"by", comparison.request.by},
                      {"rate", comparison.request.rate},
                      {"pool", comparison.request.pool},
                      {"runs", comparison.runs},
                      {"seeds", comparison.seeds},
                      {"notes", comparison.notes},
                      {"methods", kLegend},
                      {"metrics", std::move(metrics)}};
  return document.dump(2) + "\n";
}

/// Refuses to take the place of a file that is no comparison: its first line is another one.
void check_replaceable(const std::string& path, const std::string& content) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line == content.substr(0, content.find('\n'))) return;
  throw OutputError(path,
                    "was not written by this version's compare; move it away, or choose "
                    "another folder with --out");
}

}  // namespace

std::string comparison_text(const RunComparison& comparison, TableFormat format) {
  if (format == TableFormat::json) return as_json(comparison);
  return document(comparison, format == TableFormat::markdown);
}

void write_comparison(const RunComparison& comparison, const std::string& folder) {
  prove_writable(folder);
  const std::filesystem::path path(folder);
  const std::array<std::pair<std::string, std::string>, 2> tables{
      {{(path / kSchemesFile).string(), schemes_csv(comparison)},
       {(path / kPairsFile).string(), pairs_csv(comparison)}}};
  for (const auto& [file, content] : tables) check_replaceable(file, content);
  for (const auto& [file, content] : tables) replace_file(file, content);
}

}  // namespace initbench
