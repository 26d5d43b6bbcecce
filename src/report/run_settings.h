/// The settings in which runs differ: what a comparison is made by, and what it must not mix
/// without saying so.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "report/stored_run.h"

namespace initbench {

/// A run's settings as text: strings without quotes, else JSON.
struct RunSettings {
  std::map<std::string, std::string> swept;   // what its sweep sets, the seed left out
  std::map<std::string, std::string> config;  // its resolved config, a leaf per path; likewise
};

RunSettings settings_of(const StoredRun& run);

/// A value of a setting as people write it.
std::string setting_label(const nlohmann::ordered_json& value);

/// Paths in which the runs differ and that none of `accounted` (paths of --set) accounts for, with
/// the values that they have. Where all runs come from sweeps over the same paths, these paths
/// speak for what they bring about in the config.
using VariedSettings = std::map<std::string, std::set<std::string>>;
VariedSettings varied_settings(const std::vector<RunSettings>& runs,
                               const std::vector<std::string>& accounted);

/// Every path that a run's settings may be asked for, for "did you mean".
std::vector<std::string> setting_paths(const RunSettings& run);

}  // namespace initbench
