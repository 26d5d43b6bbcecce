#include "report/recommendation_text.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/decimal.h"
#include "experiment/paired_statistics.h"
#include "report/recommendation_table.h"
#include "report/text_table.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

std::string for_reading(double value) {
  constexpr int kDigits = 2;
  return short_number(to_digits(value, kDigits));
}

/// "0.98 x1.2": the mean and the factor of a deviation.
std::string measured_text(const RatioOverSeeds& ratio) {
  if (!ratio.mean) return "";
  std::string text = for_reading(*ratio.mean);
  if (ratio.factor) text.append(" x").append(for_reading(*ratio.factor));
  return text;
}

std::string text_of(const std::optional<double>& value) {
  return value && !std::isnan(*value) ? for_reading(*value) : "";
}

/// Gains are known to ten digits, and with them how far a signal gets.
std::string depth_text(const std::optional<double>& depth) {
  constexpr double kFarEnough = 1e6;
  return depth && *depth > kFarEnough ? ">1e6" : text_of(depth);
}

/// Diverged seeds leave no mean.
std::string loss_text(const std::optional<double>& loss) {
  return loss ? short_number(*loss) : "diverged";
}

/// "3/5".
std::string share_text(std::size_t part, std::size_t whole) {
  return std::to_string(part).append("/").append(std::to_string(whole));
}

std::string init_text(const InitCandidate& candidate) {
  std::string text = candidate.init;
  if (candidate.is_current) text += " (now)";
  if (candidate.changes_network()) text.append(" and ").append(candidate.network_change);
  return text;
}

/// A column of the table that fits on a terminal.
struct ShortColumn {
  std::string_view header;
  Align align;
  std::string (*cell)(const RankedRow& row);
};

const std::array kShortColumns{
    ShortColumn{"#", Align::right, [](const RankedRow& row) { return std::to_string(row.rank); }},
    ShortColumn{"init", Align::left,
                [](const RankedRow& row) { return init_text(row.assessment->candidate); }},
    ShortColumn{"p.signal", Align::right,
                [](const RankedRow& row) {
                  return text_of(signal_of(row.assessment->predicted.readings));
                }},
    ShortColumn{"signal", Align::right,
                [](const RankedRow& row) { return measured_text(row.signal); }},
    ShortColumn{"p.gradient", Align::right,
                [](const RankedRow& row) {
                  return text_of(gradient_of(row.assessment->predicted.readings));
                }},
    ShortColumn{"gradient", Align::right,
                [](const RankedRow& row) { return measured_text(row.gradient); }},
    ShortColumn{
        "p.gap", Align::right,
        [](const RankedRow& row) { return text_of(gap_of(row.assessment->predicted.readings)); }},
    ShortColumn{"gap", Align::right, [](const RankedRow& row) { return measured_text(row.gap); }},
    ShortColumn{
        "p.depth", Align::right,
        [](const RankedRow& row) { return depth_text(row.assessment->predicted.trainable_depth); }},
    ShortColumn{"alignment", Align::right,
                [](const RankedRow& row) { return text_of(row.assessment->alignment()); }},
    ShortColumn{"promise", Align::right,
                [](const RankedRow& row) { return for_reading(row.promise); }},
    ShortColumn{"healthy", Align::right,
                [](const RankedRow& row) {
                  return share_text(row.assessment->healthy(), row.assessment->probes.size());
                }},
    ShortColumn{"verdict", Align::left, [](const RankedRow& row) { return row.verdict; }},
    ShortColumn{"trains", Align::right,
                [](const RankedRow& row) {
                  const auto& trained = row.assessment->trained;
                  return trained ? share_text(trained->trained, trained->seeds) : "";
                }},
    ShortColumn{"lr", Align::right,
                [](const RankedRow& row) {
                  const auto& trained = row.assessment->trained;
                  if (!trained) return std::string();
                  return short_number(trained->rate) + (trained->at_edge ? " (edge)" : "");
                }},
    ShortColumn{"test loss", Align::right,
                [](const RankedRow& row) {
                  const auto& trained = row.assessment->trained;
                  return trained ? loss_text(trained->final_loss) : "";
                }},
    ShortColumn{"p", Align::right,
                [](const RankedRow& row) {
                  const auto& trained = row.assessment->trained;
                  return trained ? text_of(trained->p) : "";
                }},
};

std::string table_text(const std::vector<RankedRow>& rows) {
  std::vector<TextColumn> columns;
  for (const ShortColumn& column : kShortColumns) {
    columns.push_back({.header = std::string(column.header), .align = column.align, .cells = {}});
    for (const RankedRow& row : rows) columns.back().cells.push_back(column.cell(row));
  }
  std::string text;
  for (const std::string& line : aligned(columns)) text.append(line).append("\n");
  return text;
}

constexpr std::string_view kLegend =
    "signal     rms of what the last layer reads over that of the data\n"
    "gradient   its norm at the first layer over that at the last\n"
    "gap        1 - cosine of two samples at the last layer over that of the data\n"
    "           each p.: predicted by theory (empty: it does not apply), then measured: mean over\n"
    "           seeds, x factor\n"
    "p.depth    layers that a signal survives, by theory\n"
    "alignment  of which samples are alike at the last layer with which are in the data, 0 to 1\n"
    "promise    alignment times 1 less half of the way to the nearest threshold of a verdict: "
    "ranks\n"
    "           what is healthy; 0.5 is enough, the order above is a guess without --train\n";

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
      "candidates replace init and bias_init of every layer, those that layers set for themselves "
      "too";
  for (std::size_t i = 0; i < recommendation.kept.size(); ++i) {
    text.append(i == 0 ? "; loaded weights stay: " : ", ").append(recommendation.kept[i]);
  }
  text += "\n";
  if (recommendation.norm_layers > 0) {
    text.append("norms set the lengths behind ");
    text.append(share_text(recommendation.norm_layers, recommendation.layers));
    text += " layers, whatever their initialization\n";
  }
  return text;
}

std::string training_text(const Recommendation& recommendation) {
  if (recommendation.train_steps == 0) return "";
  return "trained    for " + std::to_string(recommendation.train_steps) +
         " steps; test loss with each half of the seeds at the rate that is best on the\n"
         "           other half; p: that the difference from the config is chance\n";
}

/// Whether the first choice can be recommended.
bool serves(const Recommendation& recommendation) {
  const Assessment& best = recommendation.ranked.front();
  if (recommendation.train_steps == 0) return best.is_healthy();
  return best.trained && best.trained->trains();
}

/// Whether the seeds of a training could have shown any difference.
std::string seeds_text(const Recommendation& recommendation) {
  std::size_t others = 0;
  std::size_t seeds = 0;
  for (const Assessment& assessment : recommendation.ranked) {
    if (!assessment.trained) continue;
    seeds = assessment.trained->seeds;
    if (!assessment.candidate.is_current) ++others;
  }
  if (others == 0) return "";
  const std::size_t fewest = fewest_pairs(kSignificance / static_cast<double>(others));
  if (seeds >= fewest) return ": no other is significantly better";
  return ": not enough seeds to tell; " + std::to_string(others) + " others take " +
         std::to_string(fewest);
}

std::string answer_word(const Recommendation& recommendation) {
  if (!serves(recommendation)) return "none";
  return recommendation.ranked.front().candidate.is_current ? "keep" : "try";
}

std::string answer_text(const Recommendation& recommendation, const RankedRow& first) {
  const std::string word = answer_word(recommendation);
  if (word == "none") return "";
  if (word == "try") return "try        " + first.settings + "\n";
  std::string text = "keep       the initialization as it is";
  if (!first.settings.empty()) text += ", with " + first.settings;
  text += recommendation.train_steps > 0 ? seeds_text(recommendation)
                                         : ": nothing promises enough more";
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
  text += scope(recommendation) + training_text(recommendation);
  for (const std::string& warning : warnings_of(recommendation, config)) text += warning + "\n";
  return text + answer_text(recommendation, rows.front());
}

std::string as_json(const Recommendation& recommendation, const std::vector<RankedRow>& rows) {
  const auto or_null = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  Json json = {{"answer", answer_word(recommendation)},
               {"settings", rows.front().settings},
               {"lower_lr", or_null(recommendation.lower_rate)},
               {"lr_too_large", or_null(recommendation.hopeless_rate)}};
  json["ranking"] = Json::parse(
      formatted(cell_table<RankedRow>(recommendation_columns(), rows), TableFormat::json));
  json["unfit"] = Json::array();
  for (const UnfitCandidate& unfit : recommendation.unfit) {
    json["unfit"].push_back({{"init", unfit.init}, {"reason", unfit.reason}});
  }
  json["kept"] = recommendation.kept;
  return json.dump(2) + "\n";
}

}  // namespace

std::string recommendation_text(const Recommendation& recommendation,
                                const ExperimentConfig& config, TableFormat format) {
  const std::vector<RankedRow> rows = ranked_rows(recommendation, config);
  if (format == TableFormat::text) return as_text(recommendation, rows, config);
  if (format == TableFormat::json) return as_json(recommendation, rows);
  return formatted(cell_table<RankedRow>(recommendation_columns(), rows), format);
}

std::vector<std::string> warnings_of(const Recommendation& recommendation,
                                     const ExperimentConfig& config) {
  std::vector<std::string> warnings;
  const std::string too_large =
      "rate       with the first choice, train.lr = " + short_number(config.train.optimizer.lr) +
      " is too high; ";
  const bool is_tried = recommendation.train_steps == 0;
  if (is_tried && recommendation.lower_rate) {
    warnings.push_back(too_large + "it trains best at " + short_number(*recommendation.lower_rate) +
                       " of the rates tried");
  }
  if (is_tried && recommendation.hopeless_rate) {
    warnings.push_back(too_large + "so is every lower one that was tried, down to " +
                       short_number(*recommendation.hopeless_rate));
  }
  if (serves(recommendation)) {
    const Assessment& best = recommendation.ranked.front();
    if (best.candidate.changes_network()) {
      warnings.push_back("network    no initialization alone serves; the first choice sets " +
                         std::string(best.candidate.network_change) + ", too");
    }
    return warnings;
  }
  warnings.emplace_back(recommendation.train_steps > 0
                            ? "none       nothing that was trained got below guessing; the first "
                              "is only the least bad"
                            : "none       no candidate is healthy with nine of ten seeds; the "
                              "first is only the least bad");
  return warnings;
}

}  // namespace initbench
