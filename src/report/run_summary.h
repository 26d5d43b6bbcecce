/// What `run.json` tells of a run: how it ended, its figures, and what may have influenced them.
/// Everything that differs from one machine or moment to another is here and not in the CSV files.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "experiment/trial.h"
#include "report/theory_figures.h"

namespace initbench {

enum class RunStatus { finished, diverged, interrupted };

std::string_view to_string(RunStatus status);

inline constexpr const char* kRunFile = "run.json";

struct RunSummary {
  std::string run_id;
  std::string name;
  std::uint64_t seed = 0;
  SweepPoint swept;  // what this run of a sweep sets
  RunStatus status = RunStatus::finished;
  TrialResult result;
  std::string dataset;                  // described in words
  std::string dataset_digest;           // 16 hex digits
  Index classes = 0;                    // 0: regression
  std::optional<TheoryFigures> theory;  // of the first step
  int threads = 1;
  double total_seconds = 0;  // loading data and writing files included
};

RunSummary summarize(const Trial& trial, const DataSplits& data, const TrialResult& result);

/// Unknown figures are null; NaN and infinities, which JSON has no numbers for, are the strings
/// "nan", "inf" and "-inf".
nlohmann::ordered_json to_json(const RunSummary& summary);

/// The inverse. Throws when the JSON is not of this form.
RunSummary summary_from_json(const nlohmann::ordered_json& run);

/// The summary that a run directory's `run.json` holds, or nothing when it is not one: another
/// version's or a damaged file; the caller says what that means.
std::optional<RunSummary> read_summary(const std::string& run_directory);
std::optional<RunSummary> summary_if_any(const nlohmann::ordered_json& run);

/// What a run directory's `run.json` holds, null when it is not there or no JSON. Throws DataError
/// when it is there and cannot be read.
nlohmann::ordered_json read_run_json(const std::string& run_directory);

/// What a run of a sweep sets, as an object: path to value. And back.
nlohmann::ordered_json swept_json(const SweepPoint& swept);
SweepPoint read_swept(const nlohmann::ordered_json& json);

/// ln C: the cross entropy of guessing all classes alike; empty for regression.
std::optional<double> loss_of_guessing(const RunSummary& summary);

}  // namespace initbench
