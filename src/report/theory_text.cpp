#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "report/text_table.h"
#include "report/theory_figures.h"
#include "report/theory_report.h"

namespace initbench {
namespace {

constexpr double kSurprise = 4;  // |z| beyond it: theory or measurement is wrong

std::string number(const std::optional<double>& value) { return value ? short_number(*value) : ""; }

/// Two decimals: more would be luck.
std::string z_text(const std::optional<double>& z) {
  return z ? short_number(std::round(*z * 100) / 100) : "";
}

/// A column of the table: heading and text of one layer.
struct TheoryText {
  std::string_view header;
  std::string (*text)(const LayerComparison&);
};

template <Compared LayerComparison::*quantity>
std::string predicted(const LayerComparison& row) {
  return number((row.*quantity).predicted);
}

template <Compared LayerComparison::*quantity>
std::string measured(const LayerComparison& row) {
  return number((row.*quantity).measured);
}

constexpr std::array kTheoryTexts{
    TheoryText{"E[z^2]", predicted<&LayerComparison::pre_m2>},
    TheoryText{"measured", measured<&LayerComparison::pre_m2>},
    TheoryText{"z-score", [](const LayerComparison& row) { return z_text(row.z_score); }},
    TheoryText{"chi", predicted<&LayerComparison::chi>},
    TheoryText{"measured", measured<&LayerComparison::chi>},
    TheoryText{"d^2 ratio", predicted<&LayerComparison::delta_ratio>},
    TheoryText{"measured", measured<&LayerComparison::delta_ratio>},
    TheoryText{"cosine", predicted<&LayerComparison::pre_cosine>},
    TheoryText{"measured", measured<&LayerComparison::pre_cosine>},
    TheoryText{"dead", predicted<&LayerComparison::dead_frac>},
    TheoryText{"measured",
               [](const LayerComparison& row) {
                 return row.dead_frac.predicted ? number(row.dead_frac.measured) : "";
               }},
};

std::string layer_lines(const TheoryReport& report) {
  const ShownRows shown = shown_rows(report.layers.size());
  std::vector<TextColumn> columns(1);
  columns[0] = {.header = "layer", .align = Align::left, .cells = {}};
  for (const std::size_t row : shown.rows) columns[0].cells.push_back(report.layers[row].name);
  for (const TheoryText& column : kTheoryTexts) {
    TextColumn text{.header = std::string(column.header), .align = Align::right, .cells = {}};
    for (const std::size_t row : shown.rows) {
      text.cells.push_back(column.text(report.comparison[row]));
    }
    columns.push_back(std::move(text));
  }
  const std::vector<std::string> lines = aligned(columns);
  std::string text = lines[0] + "\n";
  for (std::size_t i = 0; i < shown.rows.size(); ++i) {
    if (shown.gap_after > 0 && i == shown.gap_after) {
      text += "... " + std::to_string(report.layers.size() - shown.rows.size()) +
              " more layers in theory.csv ...\n";
    }
    text += lines[i + 1] + "\n";
  }
  return text;
}

/// "dense1" or "dense1 to dense30: reason" for each stretch of layers with the same reason.
std::string reason_lines(const TheoryReport& report, std::string_view title,
                         std::string LayerComparison::*reason) {
  std::string text;
  for (std::size_t i = 0; i < report.comparison.size();) {
    std::size_t end = i + 1;
    const std::string& why = report.comparison[i].*reason;
    while (end < report.comparison.size() && report.comparison[end].*reason == why) ++end;
    if (!why.empty()) {
      text.append(title).append(report.layers[i].name);
      if (end > i + 1) text.append(" to ").append(report.layers[end - 1].name);
      text.append(": ").append(why).append("\n");
    }
    i = end;
  }
  return text;
}

/// "1.9 (dense7)": the largest |z| of a quantity and where, or "".
std::string largest_z(const TheoryReport& report, std::optional<double> LayerComparison::*z,
                      double& largest) {
  std::optional<std::size_t> worst;
  const auto size = [&](std::size_t i) { return std::abs((report.comparison[i].*z).value()); };
  for (std::size_t i = 0; i < report.comparison.size(); ++i) {
    if (!(report.comparison[i].*z)) continue;
    if (!worst || size(i) > size(*worst)) worst = i;
  }
  if (!worst) return "";
  largest = std::max(largest, size(*worst));
  return z_text(size(*worst)) + " (" + report.layers[*worst].name + ")";
}

std::string z_line(const TheoryReport& report) {
  struct Quantity {
    std::string_view name;
    std::optional<double> LayerComparison::*z;
  };
  constexpr std::array kQuantities{Quantity{"E[z^2]", &LayerComparison::z_score},
                                   Quantity{"d^2 ratio", &LayerComparison::delta_ratio_z},
                                   Quantity{"cosine", &LayerComparison::cosine_z}};
  double largest = 0;
  std::string text;
  for (const Quantity& quantity : kQuantities) {
    const std::string z = largest_z(report, quantity.z, largest);
    if (z.empty()) continue;
    text.append(text.empty() ? "agreement  largest |z|: " : ", ").append(quantity.name);
    text.append(" ").append(z);
  }
  if (text.empty()) return "";
  return text + (largest < kSurprise
                     ? ": measured as predicted\n"
                     : "\n           beyond 4, theory does not describe this network there\n");
}

std::string limit_lines(const TheoryReport& report) {
  const DeepLimit& limit = report.limit;
  if (!limit.layer) return "far limit  none: " + limit.reason + "\n";
  const Phase& phase = *limit.phase;
  std::string text = "far limit  of layers like " + report.layers[limit.layer->first].name + " (" +
                     std::to_string(limit.layer->count) + " of " +
                     std::to_string(report.layers.size()) +
                     "), sigma_w^2 = " + short_number(limit.layer->scale.sigma_w2) +
                     ", sigma_b^2 = " + short_number(limit.layer->scale.sigma_b2) + "\n";
  text += "           " + length_text(phase) + ", chi_1 = " + short_number(phase.length.chi);
  if (phase.correlation) text += ", c* = " + short_number(*phase.correlation);
  std::string scales;
  const auto add = [&](std::string_view name, const std::optional<double>& scale) {
    if (!scale) return;
    scales.append(scales.empty() ? " " : "; ").append(name).append(" ");
    scales += short_number(*scale);
  };
  add("xi_q", phase.xi_q);
  add("xi_c", phase.xi_c);
  add("xi_grad", phase.xi_gradient);
  add(phase.xi_c ? "trainable up to about 6 xi_c =" : "trainable up to about 6 xi_grad =",
      phase.trainable_depth);
  if (!scales.empty()) text += "\n           depth scales in layers:" + scales;
  return text + "\n";
}

std::string network_lines(const TheoryReport& report) {
  const NetworkPrediction& network = report.samples.front().predicted;
  std::string text = limit_lines(report);
  if (network.layers.back().pre_second_moment) {
    text += "width      E[M^2] / E[M]^2 over networks, M the output's second moment: " +
            short_number(1 + network.layers.back().pre_spread);
    if (network.finite_width_factor) {
      text += "; product of 1 + v/n: " + short_number(*network.finite_width_factor);
    }
    text += "\n";
  }
  if (network.jacobian_mean) {
    text +=
        "Jacobian   mean squared singular value " + short_number(*network.jacobian_mean) +
        (network.jacobian_relative_variance
             ? ", variance over squared mean " + short_number(*network.jacobian_relative_variance)
             : "") +
        "\n";
  } else if (!network.jacobian_reason.empty()) {
    text += "Jacobian   no prediction: " + network.jacobian_reason + "\n";
  }
  return text;
}

}  // namespace

std::string theory_text(const TheoryReport& report) {
  std::string text = report.name + "  theory beside " + std::to_string(report.samples.size()) +
                     (report.samples.size() == 1 ? " seed\n" : " seeds\n");
  text += "data       " + report.dataset + "\n" + layer_lines(report);
  text += reason_lines(report, "no prediction for ", &LayerComparison::reason);
  text += reason_lines(report, "no ratio of deltas for ", &LayerComparison::delta_reason);
  const bool goes_on = std::any_of(report.comparison.begin(), report.comparison.end(),
                                   [](const LayerComparison& row) { return row.measured_start; });
  if (goes_on) text += "behind pooling, predictions go on from the moments measured there\n";
  return text + z_line(report) + network_lines(report);
}

}  // namespace initbench
