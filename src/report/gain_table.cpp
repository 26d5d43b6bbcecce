#include "report/gain_table.h"

#include <array>
#include <cmath>
#include <vector>

#include "base/errors.h"
#include "theory/critical.h"
#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

constexpr double kLargestSigmaB = 1e4;

struct GainRow {
  Activation activation;
  double q = 1;
  Gains gains;
  double slope_second_moment = 0;  // E[phi'^2]
  CriticalResult critical;
};

/// The factor of gradients' squared norm across a layer with this gain.
std::optional<double> chi_at(const GainRow& row, const std::optional<double>& gain) {
  if (!gain) return std::nullopt;
  return *gain * *gain * row.slope_second_moment;
}

template <typename Value>
CellValue critical_cell(const GainRow& row, Value value) {
  if (!row.critical.point) return std::monostate{};
  return value(*row.critical.point);
}

/// Of a constant activation no gain makes anything.
CellValue known(const std::optional<double>& number) {
  if (!number || !std::isfinite(*number)) return std::monostate{};
  return *number;
}

using Gain = Column<GainRow>;

constexpr std::array kGainColumns{
    Gain{"activation", "its name",
         [](const GainRow& row) -> CellValue { return activation_row(row.activation.kind).name; }},
    Gain{"parameter", "the activation's parameter: slope, alpha or omega",
         [](const GainRow& row) -> CellValue {
           if (activation_row(row.activation.kind).parameter.empty()) return std::monostate{};
           return row.activation.parameter;
         }},
    Gain{"q", "the second moment of pre-activations z ~ N(0, q) at which gains and chi are taken",
         [](const GainRow& row) -> CellValue { return row.q; }},
    Gain{"torch", "PyTorch's calculate_gain; empty where it has none",
         [](const GainRow& row) -> CellValue { return known(row.gains.torch); }},
    Gain{"second_moment", "sqrt(q / E[phi^2]): keeps the second moment, when biases are 0",
         [](const GainRow& row) -> CellValue { return known(row.gains.second_moment); }},
    Gain{"variance", "sqrt(q / Var(phi)): keeps the variance, leaving the mean out of account",
         [](const GainRow& row) -> CellValue { return known(row.gains.variance); }},
    Gain{"critical", "1 / sqrt(E[phi'^2]): keeps gradients, chi = 1",
         [](const GainRow& row) -> CellValue { return known(row.gains.critical); }},
    Gain{"chi_torch", "gain^2 E[phi'^2] at the gain torch: gradients' squared norm per layer",
         [](const GainRow& row) -> CellValue { return known(chi_at(row, row.gains.torch)); }},
    Gain{"chi_second_moment", "the same at the gain second_moment",
         [](const GainRow& row) -> CellValue { return known(row.gains.chi); }},
    Gain{"chi_variance", "the same at the gain variance",
         [](const GainRow& row) -> CellValue { return known(chi_at(row, row.gains.variance)); }},
    Gain{"critical_q", "q* of the critical point: the length that the layer keeps",
         [](const GainRow& row) -> CellValue {
           return critical_cell(row, [](const CriticalPoint& point) { return point.q; });
         }},
    Gain{"critical_sigma_w", "its weights: w ~ N(0, sigma_w^2 / fan_in)",
         [](const GainRow& row) -> CellValue {
           return critical_cell(
               row, [](const CriticalPoint& point) { return std::sqrt(point.scale.sigma_w2); });
         }},
    Gain{"critical_sigma_b", "its biases: b ~ N(0, sigma_b^2)",
         [](const GainRow& row) -> CellValue {
           return critical_cell(
               row, [](const CriticalPoint& point) { return std::sqrt(point.scale.sigma_b2); });
         }},
    Gain{"critical_growth",
         "how much faster q grows than q* around the point: above 1 it repels, lengths that are a "
         "little off leave it",
         [](const GainRow& row) -> CellValue {
           return critical_cell(row, [](const CriticalPoint& point) { return point.growth; });
         }},
    Gain{"reason", "why there is no critical point, or none at usual lengths",
         [](const GainRow& row) -> CellValue { return std::string_view(row.critical.reason); }},
};

GainRow gain_row(const Activation& activation, const GainRequest& request) {
  GainRow row{.activation = activation, .q = request.q, .gains = gains_of(activation, request.q)};
  row.slope_second_moment = gaussian_moments(activation, request.q).slope_second_moment;
  row.critical = request.sigma_b ? critical_at_bias(activation, *request.sigma_b * *request.sigma_b)
                                 : row.gains.critical_point;
  return row;
}

void check(const GainRequest& request) {
  if (!(request.q >= kSmallestAccurateLength && request.q <= kLargestAccurateLength)) {
    throw ConfigError("--q", "must be from 1e-8 to 1e8, the range in which moments are accurate");
  }
  if (request.sigma_b && !(*request.sigma_b >= 0 && *request.sigma_b <= kLargestSigmaB)) {
    throw ConfigError("--sigma-b", "must be from 0 to 10000");
  }
}

/// Of the text, so that lines stay short: what concerns gains, and what the critical point.
struct TextColumns {
  std::vector<Gain> gains, critical_point;
};

TextColumns text_columns() {
  TextColumns split;
  for (const Gain& column : kGainColumns) {
    const bool names_row = column.name == "activation" || column.name == "parameter";
    const bool is_point = column.name.starts_with("critical_");
    if (column.name == "reason") continue;
    if (!is_point) split.gains.push_back(column);
    if (is_point || names_row) split.critical_point.push_back(column);
  }
  return split;
}

std::string meanings() {
  std::string text;
  for (const Gain& column : kGainColumns) {
    if (column.name == "reason") continue;
    text.append(column.name).append(": ").append(column.documentation).append("\n");
  }
  return text;
}

std::string as_text(std::span<const GainRow> rows) {
  const TextColumns columns = text_columns();
  std::string text =
      formatted(cell_table<GainRow>(columns.gains, rows), TableFormat::text) + "\n" +
      formatted(cell_table<GainRow>(columns.critical_point, rows), TableFormat::text);
  for (const GainRow& row : rows) {
    if (!row.critical.reason.empty()) text += "\n" + row.critical.reason + "\n";
    if (row.critical.point && row.critical.point->repels()) {
      text.append("\nthe critical point of ").append(activation_row(row.activation.kind).name);
      text += " repels: lengths that are a little off leave it\n";
    }
  }
  return text + "\n" + meanings();
}

}  // namespace

std::string gain_table(std::span<const Activation> activations, const GainRequest& request,
                       TableFormat format) {
  check(request);
  std::vector<GainRow> rows;
  for (const Activation& activation : activations) rows.push_back(gain_row(activation, request));
  if (format == TableFormat::text) return as_text(rows);
  return formatted(cell_table<GainRow>(kGainColumns, rows), format);
}

}  // namespace initbench
