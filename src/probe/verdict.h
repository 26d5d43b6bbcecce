/// From what was found at the start and at the end of a run, and its losses, to its verdict.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probe/diagnosis.h"
#include "probe/run_evidence.h"
#include "probe/thresholds.h"

namespace initbench {

/// What to try against the worst finding, and what that should do.
struct Advice {
  std::vector<std::string> settings;  // PATH=VALUE, as for --set
  std::string effect;
};

/// Of the worst finding.
inline std::string_view name_of(const std::vector<Finding>& findings) {
  return findings.empty() ? kHealthy : condition_row(findings.front().condition).name;
}

struct Verdict {
  std::vector<Finding> findings;  // the worst first; empty: healthy
  /// What was found at initialization and was gone when training had got somewhere.
  std::vector<Finding> overcome;
  WidthChance width_chance;      // what chance alone does to lengths in networks of these widths
  std::optional<Advice> advice;  // from those who know the config (experiment/advice.h)

  std::string_view name() const { return name_of(findings); }
};

/// A whole run: its initialization, what came of it, and what training did; without advice.
Verdict judge(const RunEvidence& evidence, const Thresholds& thresholds);

}  // namespace initbench
