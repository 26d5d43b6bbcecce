/// The columns of `merged/runs.csv`: a row per run. Between those that name a run and its figures
/// stand what its sweep set, as `param.<path>`; after the figures `steps_to_<accuracy>`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "report/csv.h"
#include "report/run_summary.h"

namespace initbench {

/// Views and pointers are valid while the row is written.
struct RunRow {
  std::string_view run_id;
  std::string_view name;
  std::string_view seed;  // its digits: an int64 would not hold every seed; empty: unknown
  std::string_view status;
  std::string_view verdict;
  const RunSummary* summary = nullptr;  // of a run that ended, else nothing is known
  std::optional<double> lowest_test_loss;
  std::optional<double> train_loss_area;
};

std::span<const Column<RunRow>> run_identity_columns();
std::span<const Column<RunRow>> run_figure_columns();
/// What differs from one execution of the same run to the next.
std::span<const Column<RunRow>> run_time_columns();

}  // namespace initbench
