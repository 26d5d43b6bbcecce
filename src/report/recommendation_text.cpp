#include "report/recommendation_text.h"

#include <array>
#include <optional>
#include <vector>

#include "base/decimal.h"
#include "report/recommendation_table.h"
#include "report/text_table.h"

namespace initbench {
namespace {

constexpr int kDigits = 2;  // of figures for reading

/// "0.98 x1.2": the mean and the factor of a deviation.
std::string measured_text(const RatioOverSeeds& ratio) {
  if (!ratio.mean) return "";
  std::string text = short_number(to_digits(*ratio.mean, kDigits));
  if (ratio.factor) text.append(" x").append(short_number(to_digits(*ratio.factor, kDigits)));
  return text;
}

std::string predicted_text(const std::optional<double>& value) {
  return value ? short_number(to_digits(*value, kDigits)) : "";
}

/// Diverged seeds leave no mean.
std::string loss_text(const std::optional<double>& loss) {
  return loss ? short_number(*loss) : "diverged";
}

/// "3/5".
std::string share_text(std::size_t part, std::size_t whole) {
  return std::to_string(part).append("/").append(std::to_string(whole));
}

/// What fits on a terminal, from the same figures.
std::string table_text(const std::vector<RankedRow>& rows) {
  constexpr std::array<std::string_view, 16> kHeaders{
      "#",     "init",      "signal",  "measured", "gradient", "measured", "gap", "measured",
      "depth", "alignment", "promise", "healthy",  "verdict",  "trains",   "lr",  "test loss"};
  std::vector<TextColumn> columns;
  for (const std::string_view header : kHeaders) {
    const bool is_text = header == "init" || header == "verdict";
    columns.push_back({.header = std::string(header),
                       .align = is_text ? Align::left : Align::right,
                       .cells = {}});
  }
  for (const RankedRow& row : rows) {
    const InitCandidate& candidate = row.assessment->candidate;
    const Forecast& predicted = row.assessment->predicted;
    std::string init = candidate.init;
    if (candidate.is_current) init += " (now)";
    if (candidate.changes_network) init.append(" and ").append(candidate.settings.back());
    const bool is_drawn = !row.assessment->probes.empty();
    const std::optional<TrainedFigures>& trained = row.assessment->trained;
    const std::array<std::string, kHeaders.size()> cells{
        std::to_string(row.rank),
        std::move(init),
        predicted_text(predicted.outlook.signal),
        measured_text(row.signal),
        predicted_text(predicted.outlook.gradient),
        measured_text(row.gradient),
        predicted_text(predicted.outlook.gap),
        measured_text(row.gap),
        predicted_text(predicted.trainable_depth),
        is_drawn ? short_number(to_digits(row.assessment->alignment(), kDigits)) : "",
        is_drawn ? short_number(to_digits(row.promise, kDigits)) : "",
        share_text(row.assessment->healthy(), row.assessment->probes.size()),
        row.verdict,
        trained ? share_text(trained->trained, trained->seeds) : "",
        trained ? short_number(trained->rate) : "",
        trained ? loss_text(trained->final_loss) : ""};
    for (std::size_t i = 0; i < cells.size(); ++i) columns[i].cells.push_back(cells[i]);
  }
  std::string text;
  for (const std::string& line : aligned(columns)) text.append(line).append("\n");
  return text;
}

constexpr std::string_view kLegend =
    "signal     rms of what the last layer reads over that of the data\n"
    "gradient   its norm at the first layer over that at the last\n"
    "gap        1 - cosine of two samples at the last layer over that of the "
    "data\n"
    "           each by theory (empty: it does not apply), then measured: mean "
    "over seeds, x "
    "factor\n"
    "depth      layers that a signal survives, by theory\n"
    "alignment  of which samples are alike at the last layer with which are in "
    "the data, 0 to 1\n"
    "promise    alignment, less half of the way to the nearest threshold of a "
    "verdict: ranks\n";

std::string words(const Recommendation& recommendation, const std::vector<RankedRow>& rows) {
  std::string text;
  for (const RankedRow& row : rows) {
    text.append(std::to_string(row.rank)).append("  ").append(row.assessment->candidate.init);
    text.append(": ").append(row.reason).append("\n");
  }
  if (!recommendation.unfit.empty()) text += "not for this network:\n";
  for (const UnfitCandidate& unfit : recommendation.unfit) {
    text.append("  ").append(unfit.init).append(": ").append(unfit.reason).append("\n");
  }
  return text;
}

/// What is replaced and what is not.
std::string scope(const Recommendation& recommendation) {
  std::string text =
      "candidates replace init and bias_init of every layer, "
      "those that layers set "
      "for themselves too";
  for (std::size_t i = 0; i < recommendation.kept.size(); ++i) {
    text.append(i == 0 ? "; loaded weights stay: " : ", ").append(recommendation.kept[i]);
  }
  text += "\n";
  if (recommendation.norm_layers > 0) {
    text.append("norms set the lengths behind ");
    text.append(share_text(recommendation.norm_layers, recommendation.layers));
    text += " layers, so that initialization matters little there\n";
  }
  return text;
}

std::string training_text(const Recommendation& recommendation) {
  if (recommendation.train_steps == 0) return "";
  std::string text = "trained    for " + std::to_string(recommendation.train_steps);
  return text +
         " steps; ranked by seeds that train, then by test loss, each "
         "at its best rate\n";
}

std::string rate_text(const Recommendation& recommendation, const ExperimentConfig& config) {
  if (!recommendation.lower_rate) return "";
  std::string text = "rate       with the first choice, train.lr = ";
  text.append(short_number(config.train.optimizer.lr));
  text.append(" makes the first updates too large; ");
  return text.append(short_number(*recommendation.lower_rate)).append(" is smaller\n");
}

std::string advice_text(const RankedRow& first) {
  const Assessment& best = *first.assessment;
  const bool is_sound = best.trained ? best.trained->trained > 0 : best.is_healthy();
  if (!is_sound) {
    return best.trained ? "none       nothing trained; the first is the least bad\n"
                        : "none       no candidate is healthy with every seed; the "
                          "first is the least "
                          "bad\n";
  }
  const std::string& settings = first.settings;
  if (!best.candidate.is_current) return "try        " + settings + "\n";
  std::string text = "keep       the initialization as it is";
  if (!settings.empty()) text += ", with " + settings;
  return text + "\n";
}

std::string as_text(const Recommendation& recommendation, const std::vector<RankedRow>& rows,
                    const ExperimentConfig& config) {
  const Assessment& best = recommendation.ranked.front();
  std::string text = config.name;
  text.append("  initializations, ").append(std::to_string(best.probes.size()));
  text.append(best.probes.size() == 1 ? " seed\n" : " seeds\n");
  text += table_text(rows);
  text.append("\n").append(kLegend).append("\n");
  text.append(words(recommendation, rows)).append("\n");
  return text + scope(recommendation) + training_text(recommendation) +
         rate_text(recommendation, config) + advice_text(rows.front());
}

}  // namespace

std::string recommendation_text(const Recommendation& recommendation,
                                const ExperimentConfig& config, TableFormat format) {
  const std::vector<RankedRow> rows = ranked_rows(recommendation, config.diagnosis);
  if (format == TableFormat::text) return as_text(recommendation, rows, config);
  return formatted(cell_table<RankedRow>(recommendation_columns(), rows), format);
}

}  // namespace initbench
