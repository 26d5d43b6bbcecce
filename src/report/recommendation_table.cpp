#include "report/recommendation_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "init/wording.h"
#include "report/text_table.h"
#include "report/verdict_report.h"

namespace initbench {
namespace {

RatioOverSeeds over_seeds(const std::vector<InitProbe>& probes,
                          std::optional<double> Outlook::*ratio) {
  const auto count = static_cast<double>(probes.size());
  double mean = 0;
  for (const InitProbe& probe : probes) {
    const std::optional<double>& value = probe.outlook.*ratio;
    if (!value || !(*value > 0)) return {};
    mean += std::log(*value) / count;
  }
  if (probes.empty()) return {};
  double squares = 0;
  for (const InitProbe& probe : probes) {
    const double deviation = std::log((probe.outlook.*ratio).value()) - mean;
    squares += deviation * deviation;
  }
  RatioOverSeeds result{.mean = std::exp(mean), .factor = {}};
  if (count > 1) result.factor = std::exp(std::sqrt(squares / (count - 1)));
  return result;
}

/// The first findings of the seeds, the most frequent first: "healthy",
/// "chaotic 3/5, healthy 2/5".
std::string verdict_of(const Assessment& assessment) {
  if (assessment.probes.empty()) return "cannot be drawn";
  std::map<std::string_view, std::size_t> counts;
  for (const InitProbe& probe : assessment.probes) {
    ++counts[Verdict{.findings = probe.findings, .overcome = {}, .advice = {}}.name()];
  }
  std::vector<std::pair<std::string_view, std::size_t>> names(counts.begin(), counts.end());
  std::stable_sort(names.begin(), names.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (names.size() == 1) return std::string(names.front().first);
  std::string text;
  for (const auto& [name, count] : names) {
    text.append(text.empty() ? "" : ", ").append(name).append(" ") += std::to_string(count);
  }
  return text;
}

/// Those of a candidate, and the learning rate that it needs.
std::vector<std::string> settings_of(const Recommendation& recommendation, std::size_t place) {
  const Assessment& assessment = recommendation.ranked[place];
  std::vector<std::string> settings = assessment.candidate.settings;
  std::optional<double> rate;
  if (place == 0) rate = recommendation.lower_rate;
  if (assessment.trained) rate = assessment.trained->rate;
  if (rate) settings.push_back("train.lr=" + number_text(*rate));
  return settings;
}

std::string joined_settings(const std::vector<std::string>& settings) {
  std::string text;
  for (const std::string& setting : settings) {
    text.append(text.empty() ? "" : " ") += "--set " + shell_quoted(setting);
  }
  return text;
}

/// Why a candidate stands where it does.
std::string reason_of(const Assessment& assessment, const Thresholds& thresholds) {
  if (!assessment.failure.empty()) return assessment.failure;
  std::string text(assessment.candidate.idea);
  const Nearest nearest = assessment.nearest(thresholds);
  if (nearest.share > 0) {
    const ConditionRow& row = condition_row(nearest.condition);
    const bool is_within_luck = nearest.share >= 1 && assessment.is_healthy();
    text.append(nearest.share < 1 || is_within_luck ? "; nearest to " : "; ").append(row.name);
    text.append(": ").append(row.figure).append(" ").append(short_number(nearest.value));
    text.append(", threshold ").append(short_number(nearest.threshold));
    if (is_within_luck) text += ", but so narrow layers may by chance";
  }
  return text;
}

using Ranked = Column<RankedRow>;

CellValue spread_cell(const RatioOverSeeds& ratio) { return cell_value(ratio.factor); }

const std::array kColumns{
    Ranked{"rank", "1 is the first choice",
           [](const RankedRow& row) -> CellValue { return row.rank; }},
    Ranked{"init", "what --set model.init= takes",
           [](const RankedRow& row) -> CellValue {
             return std::string_view(row.assessment->candidate.init);
           }},
    Ranked{"now", "whether this is the config as it is",
           [](const RankedRow& row) -> CellValue {
             if (!row.assessment->candidate.is_current) return std::monostate{};
             return std::string_view("now");
           }},
    Ranked{"signal", "predicted rms of what the last layer reads over that of the data",
           [](const RankedRow& row) -> CellValue {
             return cell_value(row.assessment->predicted.outlook.signal);
           }},
    Ranked{"signal_measured", "the same measured, geometric mean over seeds",
           [](const RankedRow& row) -> CellValue { return cell_value(row.signal.mean); }},
    Ranked{"signal_spread", "factor of one geometric standard deviation between seeds",
           [](const RankedRow& row) -> CellValue { return spread_cell(row.signal); }},
    Ranked{"gradient", "predicted gradient norm at the first layer over that at the last",
           [](const RankedRow& row) -> CellValue {
             return cell_value(row.assessment->predicted.outlook.gradient);
           }},
    Ranked{"gradient_measured", "the same measured",
           [](const RankedRow& row) -> CellValue { return cell_value(row.gradient.mean); }},
    Ranked{"gradient_spread", "its factor between seeds",
           [](const RankedRow& row) -> CellValue { return spread_cell(row.gradient); }},
    Ranked{"gap",
           "predicted 1 - cosine of two samples at the last layer over that of "
           "the data",
           [](const RankedRow& row) -> CellValue {
             return cell_value(row.assessment->predicted.outlook.gap);
           }},
    Ranked{"gap_measured", "the same measured",
           [](const RankedRow& row) -> CellValue { return cell_value(row.gap.mean); }},
    Ranked{"gap_spread", "its factor between seeds",
           [](const RankedRow& row) -> CellValue { return spread_cell(row.gap); }},
    Ranked{"trainable_depth",
           "predicted: up to how many layers like most of these a signal survives",
           [](const RankedRow& row) -> CellValue {
             return cell_value(row.assessment->predicted.trainable_depth);
           }},
    Ranked{"alignment",
           "measured: how far samples that are alike in the data are so at the "
           "last layer, 0 to 1",
           [](const RankedRow& row) -> CellValue {
             if (row.assessment->probes.empty()) return std::monostate{};
             return row.assessment->alignment();
           }},
    Ranked{"seeds", "that were drawn",
           [](const RankedRow& row) -> CellValue {
             return static_cast<std::int64_t>(row.assessment->probes.size());
           }},
    Ranked{"healthy", "of these, without a finding",
           [](const RankedRow& row) -> CellValue {
             return static_cast<std::int64_t>(row.assessment->healthy());
           }},
    Ranked{"verdict", "worst finding of the seeds, with how many have it when they differ",
           [](const RankedRow& row) -> CellValue { return std::string_view(row.verdict); }},
    Ranked{"nearest_share", "how much of the way to the nearest threshold has been gone",
           [](const RankedRow& row) -> CellValue {
             if (row.assessment->probes.empty()) return std::monostate{};
             return row.nearest.share;
           }},
    Ranked{"promise", "alignment times 1 - nearest_share / 2: what probes are ranked by",
           [](const RankedRow& row) -> CellValue {
             if (row.assessment->probes.empty()) return std::monostate{};
             return row.promise;
           }},
    Ranked{"trained", "seeds that got below the loss of guessing; empty: not tried",
           [](const RankedRow& row) -> CellValue {
             const auto& trained = row.assessment->trained;
             if (!trained) return std::monostate{};
             return static_cast<std::int64_t>(trained->trained);
           }},
    Ranked{"lr", "the learning rate that this was best at",
           [](const RankedRow& row) -> CellValue {
             const auto& trained = row.assessment->trained;
             return trained ? CellValue(trained->rate) : std::monostate{};
           }},
    Ranked{"final_loss", "of the test set there, interquartile mean over seeds",
           [](const RankedRow& row) -> CellValue {
             const auto& trained = row.assessment->trained;
             return trained ? cell_value(trained->final_loss) : std::monostate{};
           }},
    Ranked{"best_loss", "the same of the best moment (regression: the lowest loss)",
           [](const RankedRow& row) -> CellValue {
             const auto& trained = row.assessment->trained;
             return trained ? cell_value(trained->best_loss) : std::monostate{};
           }},
    Ranked{"settings", "the command line's settings",
           [](const RankedRow& row) -> CellValue { return std::string_view(row.settings); }},
    Ranked{"reason", "why it may serve, and what it is nearest to",
           [](const RankedRow& row) -> CellValue { return std::string_view(row.reason); }},
};

}  // namespace

std::span<const Column<RankedRow>> recommendation_columns() { return kColumns; }

std::vector<RankedRow> ranked_rows(const Recommendation& recommendation,
                                   const Thresholds& thresholds) {
  std::vector<RankedRow> rows;
  for (const Assessment& assessment : recommendation.ranked) {
    rows.push_back({.assessment = &assessment,
                    .rank = static_cast<std::int64_t>(rows.size()) + 1,
                    .verdict = verdict_of(assessment),
                    .settings = joined_settings(settings_of(recommendation, rows.size())),
                    .reason = reason_of(assessment, thresholds),
                    .signal = over_seeds(assessment.probes, &Outlook::signal),
                    .gradient = over_seeds(assessment.probes, &Outlook::gradient),
                    .gap = over_seeds(assessment.probes, &Outlook::gap),
                    .nearest = assessment.nearest(thresholds),
                    .promise = assessment.promise(thresholds)});
  }
  return rows;
}

}  // namespace initbench
