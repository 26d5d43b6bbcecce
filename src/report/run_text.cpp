#include "report/run_text.h"

#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "report/init_report.h"
#include "report/text_table.h"
#include "report/verdict_report.h"

namespace initbench {
namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kPlain = "\033[0m";

std::string coloured(std::string_view text, std::string_view colour, const TextStyle& style) {
  if (!style.colour) return std::string(text);
  return std::string(colour).append(text).append(kPlain);
}

std::string short_number(const std::optional<double>& value) {
  return value ? initbench::short_number(*value) : "";
}

std::string percent(const std::optional<double>& share) {
  if (!share) return "";
  return initbench::short_number(std::round(*share * 1000) / 10) + " %";
}

std::string shortened(std::string_view name, std::size_t longest) {
  if (name.size() <= longest) return std::string(name);
  return std::string(name.substr(0, longest - 2)) + "..";
}

/// A column of the layer table: heading, alignment, text of one layer.
struct LayerText {
  std::string_view header;
  Align align;
  std::string (*text)(const LayerRecord&);
};

constexpr std::array kLayerTexts{
    LayerText{"layer", Align::left,
              [](const LayerRecord& layer) { return shortened(layer.name, 20); }},
    LayerText{"activation", Align::left,
              [](const LayerRecord& layer) { return std::string(layer.activation); }},
    LayerText{"init", Align::left,
              [](const LayerRecord& layer) { return shortened(layer.init, 20); }},
    LayerText{"Var(z)", Align::right,
              [](const LayerRecord& layer) { return short_number(layer.statistics.pre_var); }},
    LayerText{"E[a^2]", Align::right,
              [](const LayerRecord& layer) { return short_number(layer.statistics.act_m2); }},
    LayerText{"delta", Align::right,
              [](const LayerRecord& layer) { return short_number(layer.statistics.delta_norm); }},
    LayerText{
        "grad W", Align::right,
        [](const LayerRecord& layer) { return short_number(layer.statistics.grad_weight_norm); }},
    LayerText{"dead", Align::right,
              [](const LayerRecord& layer) { return percent(layer.statistics.dead_frac); }},
    LayerText{"sat.", Align::right,
              [](const LayerRecord& layer) { return percent(layer.statistics.act_sat_frac); }},
    LayerText{"dW/W", Align::right,
              [](const LayerRecord& layer) { return short_number(layer.statistics.update_ratio); }},
};

std::string change(const std::optional<Measurement>& from, const std::optional<Measurement>& to,
                   const std::function<std::string(const Measurement&)>& text) {
  if (!from) return "";
  if (!to || to->step == from->step) return text(*from);
  return text(*from) + " -> " + text(*to);
}

std::string loss_of(const Measurement& measured) { return initbench::short_number(measured.loss); }

std::string accuracy_of(const Measurement& measured) { return percent(measured.accuracy); }

std::string place_of(const Divergence& divergence) {
  std::string text = "step " + std::to_string(divergence.step);
  if (!divergence.layer.empty()) text += ", layer " + divergence.layer;
  return text + ", " + divergence.tensor;
}

std::string loss_text(const std::optional<Measurement>& measured) {
  return measured ? loss_of(*measured) : "";
}

/// A column of the table of runs.
struct RunText {
  std::string_view header;
  Align align;
  std::string (*text)(const RecordedRun&);
};

constexpr std::array kRunTexts{
    RunText{"status", Align::left,
            [](const RecordedRun& run) { return std::string(to_string(run.summary.status)); }},
    RunText{"verdict", Align::left,
            [](const RecordedRun& run) { return std::string(run.summary.result.verdict.name()); }},
    RunText{"steps", Align::right,
            [](const RecordedRun& run) { return std::to_string(run.summary.result.train.steps); }},
    RunText{"train loss", Align::right,
            [](const RecordedRun& run) { return loss_text(run.summary.result.final_train); }},
    RunText{"test loss", Align::right,
            [](const RecordedRun& run) { return loss_text(run.summary.result.final_test); }},
    RunText{"test acc.", Align::right,
            [](const RecordedRun& run) {
              const std::optional<Measurement>& test = run.summary.result.final_test;
              return test ? accuracy_of(*test) : "";
            }},
    RunText{"seconds", Align::right,
            [](const RecordedRun& run) {
              return initbench::short_number(run.summary.result.train.train_seconds);
            }},
    RunText{"seed", Align::right,
            [](const RecordedRun& run) { return std::to_string(run.summary.seed); }},
    RunText{"directory", Align::left, [](const RecordedRun& run) { return run.directory; }},
};

/// Whether a run that is called healthy ended where it may not have learned anything: shorter ones
/// than diagnosis.stalled_steps are not called stalled as long as weights move.
bool is_too_short_to_tell(const RunSummary& summary) {
  const TrialResult& result = summary.result;
  if (summary.status != RunStatus::finished || result.train.steps == 0) return false;
  if (!result.verdict.findings.empty() || !result.final_train) return false;
  const double limit = Thresholds{}.stalled * result.guessing_loss;
  return result.final_train->loss > limit &&
         (!result.final_test || result.final_test->loss > limit);
}

std::string loss_line(const RunSummary& summary) {
  const TrialResult& result = summary.result;
  std::string line = "train " + change(result.initial_train, result.final_train, loss_of);
  line += ", test " + change(result.initial_test, result.final_test, loss_of);
  if (const std::optional<double> guessing = loss_of_guessing(summary)) {
    line += "  (guessing: ln " + std::to_string(summary.classes) + " = " +
            initbench::short_number(*guessing) + ")";
  }
  if (is_too_short_to_tell(summary)) line += "; too few steps to tell whether anything is learned";
  return line;
}

std::string accuracy_line(const RunSummary& summary) {
  const TrialResult& result = summary.result;
  std::string line = "test " + change(result.initial_test, result.final_test, accuracy_of);
  if (result.best_test && result.final_test &&
      result.best_test->accuracy > result.final_test->accuracy) {
    line += "  (best " + accuracy_of(*result.best_test) + " at step " +
            std::to_string(result.best_test->step) + ")";
  }
  return line;
}

std::string interrupted_text(const TrialResult& result) {
  return "interrupted after " + std::to_string(result.train.steps) + " of " +
         std::to_string(result.planned_steps) + " steps";
}

std::string status_line(const RunSummary& summary, const TextStyle& style) {
  const TrialResult& result = summary.result;
  switch (summary.status) {
    case RunStatus::diverged:
      return coloured("diverged at " + place_of(*result.train.divergence) + ": not finite", kRed,
                      style);
    case RunStatus::interrupted: return interrupted_text(result);
    case RunStatus::finished: break;
  }
  return "finished, " + std::to_string(result.train.steps) + " steps";
}

std::string time_line(const RunSummary& summary) {
  return "training " + initbench::short_number(summary.result.train.train_seconds) + " s, total " +
         initbench::short_number(summary.total_seconds) + " s";
}

}  // namespace

std::string layer_table(const LayersRecord& record, std::string_view title,
                        const TextStyle& style) {
  const ShownRows shown = shown_rows(record.layers.size());
  std::vector<TextColumn> columns;
  for (const LayerText& column : kLayerTexts) {
    TextColumn text{.header = std::string(column.header), .align = column.align, .cells = {}};
    for (const std::size_t row : shown.rows) text.cells.push_back(column.text(record.layers[row]));
    columns.push_back(std::move(text));
  }
  const std::vector<std::string> lines = aligned(columns);
  std::string table = coloured(title, kBold, style) + "\n" + lines[0] + "\n";
  for (std::size_t i = 0; i < shown.rows.size(); ++i) {
    if (shown.gap_after > 0 && i == shown.gap_after) {
      table += "... " + std::to_string(record.layers.size() - shown.rows.size()) +
               " more layers in layers.csv ...\n";
    }
    const bool broken = record.layers[shown.rows[i]].statistics.nonfinite > 0;
    table += (broken ? coloured(lines[i + 1], kRed, style) : lines[i + 1]) + "\n";
  }
  return table;
}

std::string summary_text(const RunSummary& summary, const TextStyle& style) {
  std::string text = coloured(summary.name, kBold, style);
  text += "  seed " + std::to_string(summary.seed) + "  " + summary.run_id + "\n";
  text += "status    " + status_line(summary, style) + "\n";
  text += verdict_text(summary.result.verdict);
  text += "data      " + summary.dataset + "\n";
  text += "network   " + std::to_string(summary.result.parameters) + " parameters\n";
  text += init_text(summary.result.init);
  if (summary.result.initial_train) text += "loss      " + loss_line(summary) + "\n";
  if (summary.result.initial_test && summary.result.initial_test->accuracy) {
    text += "accuracy  " + accuracy_line(summary) + "\n";
  }
  return text + "time      " + time_line(summary) + "\n";
}

std::string outcome_text(const RunSummary& summary) {
  const TrialResult& result = summary.result;
  if (summary.status == RunStatus::diverged) {
    return "diverged at " + place_of(*result.train.divergence);
  }
  if (summary.status == RunStatus::interrupted) return interrupted_text(result);
  std::string text = "loss " + change(result.initial_train, result.final_train, loss_of);
  if (!result.final_test) return text;
  if (result.final_test->accuracy)
    return text + ", test accuracy " + accuracy_of(*result.final_test);
  return text + ", test loss " + loss_of(*result.final_test);
}

RunRow row_of(const RecordedRun& run) {
  RunRow row{.status = run.summary.status, .swept = run.summary.swept, .cells = {}};
  for (const RunText& column : kRunTexts) row.cells.push_back(column.text(run));
  return row;
}

std::string runs_table(std::span<const RunRow> runs, const TextStyle& style) {
  std::vector<SweepPoint> swept;
  for (const RunRow& run : runs) swept.push_back(run.swept);
  std::vector<TextColumn> columns = swept_columns(swept);
  for (std::size_t i = 0; i < kRunTexts.size(); ++i) {
    const RunText& column = kRunTexts.at(i);
    TextColumn text{.header = std::string(column.header), .align = column.align, .cells = {}};
    for (const RunRow& run : runs) text.cells.push_back(run.cells.at(i));
    columns.push_back(std::move(text));
  }
  const std::vector<std::string> lines = aligned(columns);
  std::string table = coloured(lines[0], kBold, style) + "\n";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool diverged = runs[i].status == RunStatus::diverged;
    table += (diverged ? coloured(lines[i + 1], kRed, style) : lines[i + 1]) + "\n";
  }
  return table;
}

}  // namespace initbench
