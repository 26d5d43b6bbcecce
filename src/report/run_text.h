/// Runs in words and tables, for a terminal of 80 to 100 columns.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/record_run.h"

namespace initbench {

struct TextStyle {
  bool colour = false;  // ANSI escapes: bold headings, red for what is not finite
};

/// The title's line, then a line per layer. Of a long network the middle is left out.
std::string layer_table(const LayersRecord& record, std::string_view title, const TextStyle& style);

/// How the run went, in a few lines: data, network, loss and accuracy, time.
std::string summary_text(const RunSummary& summary, const TextStyle& style);

/// "loss 2.31 -> 0.12, test accuracy 96.9 %".
std::string outcome_text(const RunSummary& summary);

/// What the table of runs shows of one, a small part of its summary.
struct RunRow {
  RunStatus status = RunStatus::finished;
  SweepPoint swept;
  std::vector<std::string> cells;
};

RunRow row_of(const RecordedRun& run);

/// One line per run, aligned, with a heading; in the order given, the run's directory last.
std::string runs_table(std::span<const RunRow> runs, const TextStyle& style);

}  // namespace initbench
