#include "report/recommendation_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "base/decimal.h"
#include "experiment/sample_statistics.h"
#include "init/wording.h"
#include "report/text_table.h"
#include "report/verdict_report.h"

namespace initbench {
namespace {

using Figure = std::optional<double> (*)(const std::vector<Reading>&);

RatioOverSeeds over_seeds(const std::vector<InitProbe>& probes, Figure figure) {
  std::vector<double> logs;
  for (const InitProbe& probe : probes) {
    const std::optional<double> value = figure(probe.readings);
    if (!value || !(*value > 0)) return {};
    logs.push_back(std::log(*value));
  }
  const SampleStatistics seen = sample_statistics(logs);
  RatioOverSeeds result;
  if (seen.mean) result.mean = std::exp(*seen.mean);
  if (seen.deviation) result.factor = std::exp(*seen.deviation);
  return result;
}

/// The worst findings of the seeds, the most frequent first: "healthy", "chaotic 3, healthy 2".
std::string verdict_of(const Assessment& assessment) {
  std::map<std::string_view, std::size_t> counts;
  for (const InitProbe& probe : assessment.probes) ++counts[name_of(probe.findings)];
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

/// Those of a candidate, and a learning rate that it needs other than the config's.
std::vector<std::string> settings_of(const Recommendation& recommendation, std::size_t place,
                                     double own_rate) {
  const Assessment& assessment = recommendation.ranked[place];
  std::vector<std::string> settings = assessment.candidate.settings;
  std::optional<double> rate;
  if (place == 0) rate = recommendation.lower_rate;
  if (assessment.trained) rate = assessment.trained->rate;
  if (rate && *rate != own_rate) settings.push_back("train.lr=" + number_text(*rate));
  return settings;
}

std::string finding_text(const Finding& finding) {
  const ConditionRow& row = condition_row(finding.condition);
  std::string text(row.name);
  text.append(": ").append(row.figure).append(" ").append(short_number(finding.value));
  return text.append(", threshold ").append(short_number(finding.threshold));
}

/// Why a candidate stands where it does: what its promise consists of, or what is wrong with it.
std::string reason_of(const Assessment& assessment) {
  std::string text(assessment.candidate.idea);
  const auto unhealthy =
      std::find_if(assessment.probes.begin(), assessment.probes.end(),
                   [](const InitProbe& probe) { return !probe.findings.empty(); });
  if (!assessment.is_healthy() && unhealthy != assessment.probes.end()) {
    return text.append("; ").append(finding_text(unhealthy->findings.front()));
  }
  if (const std::optional<double> alignment = assessment.alignment()) {
    text.append("; alignment ").append(short_number(to_digits(*alignment, 2)));
  }
  const std::optional<Reading> nearest = assessment.nearest();
  if (!nearest || !(nearest->share() > 0)) return text;
  const ConditionRow& row = condition_row(nearest->condition);
  text.append(", nearest to ").append(row.name).append(": ").append(row.figure).append(" ");
  text.append(short_number(nearest->value)).append(", threshold ");
  text += short_number(nearest->threshold);
  if (nearest->share() >= 1) text += ", but so narrow layers may by chance";
  return text;
}

using Ranked = Column<RankedRow>;

CellValue spread_cell(const RatioOverSeeds& ratio) { return cell_value(ratio.factor); }

const std::array kColumns{
    Ranked{"rank", "1 is the first choice",
           [](const RankedRow& row) -> CellValue { return row.rank; }},
    Ranked{"init", "the scheme as a config spells it; of the config as it is all of its schemes",
           [](const RankedRow& row) -> CellValue {
             return std::string_view(row.assessment->candidate.init);
           }},
    Ranked{"network_change", "what of the layers is changed, too; empty: nothing",
           [](const RankedRow& row) -> CellValue {
             const std::string_view change = row.assessment->candidate.network_change;
             return change.empty() ? CellValue(std::monostate{}) : change;
           }},
    Ranked{"now", "whether this is the config as it is",
           [](const RankedRow& row) -> CellValue {
             if (!row.assessment->candidate.is_current) return std::monostate{};
             return std::string_view("now");
           }},
    Ranked{"signal", "predicted rms of what the last layer reads over that of the data",
           [](const RankedRow& row) -> CellValue {
             return cell_value(signal_of(row.assessment->predicted.readings));
           }},
    Ranked{"signal_measured", "the same measured, geometric mean over seeds",
           [](const RankedRow& row) -> CellValue { return cell_value(row.signal.mean); }},
    Ranked{"signal_spread", "factor of one geometric standard deviation between seeds",
           [](const RankedRow& row) -> CellValue { return spread_cell(row.signal); }},
    Ranked{"gradient", "predicted gradient norm at the first layer over that at the last",
           [](const RankedRow& row) -> CellValue {
             return cell_value(gradient_of(row.assessment->predicted.readings));
           }},
    Ranked{"gradient_measured", "the same measured",
           [](const RankedRow& row) -> CellValue { return cell_value(row.gradient.mean); }},
    Ranked{"gradient_spread", "its factor between seeds",
           [](const RankedRow& row) -> CellValue { return spread_cell(row.gradient); }},
    Ranked{"gap",
           "predicted 1 - cosine of two samples at the last layer over that of "
           "the data",
           [](const RankedRow& row) -> CellValue {
             return cell_value(gap_of(row.assessment->predicted.readings));
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
    Ranked{
        "alignment",
        "measured: how far samples that are alike in the data are so at the "
        "last layer, 0 to 1",
        [](const RankedRow& row) -> CellValue { return cell_value(row.assessment->alignment()); }},
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
    Ranked{"nearest_share",
           "how much of the way to the nearest threshold has been gone, by the median seed",
           [](const RankedRow& row) -> CellValue { return cell_value(row.share); }},
    Ranked{"promise",
           "mean over seeds of alignment times 1 - share / 2: what healthy ones are ranked by",
           [](const RankedRow& row) -> CellValue { return row.promise; }},
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
    Ranked{"lr_at_edge", "1: of the rates that were tried it is the lowest or the highest",
           [](const RankedRow& row) -> CellValue {
             const auto& trained = row.assessment->trained;
             if (!trained) return std::monostate{};
             return static_cast<std::int64_t>(trained->at_edge);
           }},
    Ranked{"final_loss",
           "of the test set, interquartile mean over seeds, each half of them at the rate that is "
           "best on the other half",
           [](const RankedRow& row) -> CellValue {
             const auto& trained = row.assessment->trained;
             return trained ? cell_value(trained->final_loss) : std::monostate{};
           }},
    Ranked{"p", "that it differs as much from the config as it is by chance",
           [](const RankedRow& row) -> CellValue {
             const auto& trained = row.assessment->trained;
             return trained ? cell_value(trained->p) : std::monostate{};
           }},
    Ranked{"settings", "the command line's settings",
           [](const RankedRow& row) -> CellValue { return std::string_view(row.settings); }},
    Ranked{"reason", "why it may serve, and what its promise consists of or what is wrong",
           [](const RankedRow& row) -> CellValue { return std::string_view(row.reason); }},
};

}  // namespace

std::span<const Column<RankedRow>> recommendation_columns() { return kColumns; }

std::vector<RankedRow> ranked_rows(const Recommendation& recommendation,
                                   const ExperimentConfig& config) {
  std::vector<RankedRow> rows;
  for (const Assessment& assessment : recommendation.ranked) {
    const std::vector<std::string> settings =
        settings_of(recommendation, rows.size(), config.train.optimizer.lr);
    rows.push_back({.assessment = &assessment,
                    .rank = static_cast<std::int64_t>(rows.size()) + 1,
                    .verdict = verdict_of(assessment),
                    .settings = set_flags(settings),
                    .reason = reason_of(assessment),
                    .signal = over_seeds(assessment.probes, signal_of),
                    .gradient = over_seeds(assessment.probes, gradient_of),
                    .gap = over_seeds(assessment.probes, gap_of),
                    .nearest = assessment.nearest(),
                    .share = assessment.share(),
                    .promise = assessment.promise()});
  }
  return rows;
}

}  // namespace initbench
