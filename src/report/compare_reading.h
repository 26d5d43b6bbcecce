/// The runs of a comparison, each reduced to what it needs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/compare_runs.h"
#include "report/run_settings.h"

namespace initbench {

/// A run reduced: its place among the others, and its figures.
struct RunRecord {
  std::string directory;
  std::uint64_t seed = 0;
  std::string name;
  std::string scheme;  // its values of --by
  std::string rate;
  std::string pooled;  // its values of what is pooled
  RunSettings settings;
  bool diverged = false;
  std::optional<bool> trains;
  std::vector<std::optional<double>> figures;  // one per metric; empty: it has none
};

struct RunRecords {
  std::vector<RunRecord> runs;
  std::vector<RunMetric> metrics;
  PlannedByScheme planned;
  std::vector<std::string> notes;
};

/// Every finished run of the folders that the request asks for, each once.
RunRecords read_records(const CompareRequest& request);

}  // namespace initbench
