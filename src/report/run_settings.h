/// The settings in which runs differ: what a comparison is made by, and what it must not mix
/// without saying so.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "report/stored_run.h"

namespace initbench {

/// What a run without a setting has there.
inline constexpr std::string_view kUnset = "(unset)";

/// Settings as text, by path: strings without quotes, else JSON.
using Settings = std::map<std::string, std::string>;

/// A run's settings, the seed and the name left out.
struct RunSettings {
  std::shared_ptr<const Settings> swept;   // what its sweep sets
  std::shared_ptr<const Settings> config;  // its resolved config, a leaf per path
};

RunSettings settings_of(const StoredRun& run);

/// Keeps equal settings once: runs of the same scheme that differ in their seeds have the same.
class SharedSettings {
 public:
  RunSettings settings_of(const StoredRun& run);

 private:
  std::shared_ptr<const Settings> share(const std::shared_ptr<const Settings>& settings);

  struct ByContent {
    bool operator()(const std::shared_ptr<const Settings>& a,
                    const std::shared_ptr<const Settings>& b) const {
      return *a < *b;
    }
  };
  std::set<std::shared_ptr<const Settings>, ByContent> known_;
};

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
