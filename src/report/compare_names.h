/// What a comparison calls the runs' settings: as people wrote them, and alike where they are
/// equal.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "experiment/sweep.h"
#include "report/compare_reading.h"
#include "report/stored_run.h"

namespace initbench {

/// Looks up what flags ask of runs.
class SettingLookup {
 public:
  /// A run's setting at a path of --set; kUnset where it has none.
  nlohmann::ordered_json value(const std::string& flag, const std::string& path,
                               const StoredRun& run);
  /// Throws ConfigError for a path that none of the runs has, with its flag and the nearest path
  /// that there is.
  void refuse_unknown() const;

 private:
  struct Asked {
    bool is_known = false;
    std::string refusal;
  };
  std::map<std::string, Asked> asked_;  // by flag and path
};

/// A setting as a name; of several, as where layers differ, all of them in order: "orthogonal x 2 +
/// zeros".
std::string label_of(const nlohmann::ordered_json& value);

/// The names of the values of settings. Runs of one sweep call a value as the sweep does, others as
/// the resolved config does: all take the shortest name that any run has for it.
class SettingNames {
 public:
  /// Notes what the run calls its values of the paths, and gives their resolved texts.
  std::vector<std::string> note(const std::string& flag, const std::vector<std::string>& paths,
                                const StoredRun& run, SettingLookup& lookup);
  /// The names of such texts, in one.
  std::string names(const std::vector<std::string>& paths,
                    const std::vector<std::string>& resolved_texts) const;
  /// Likewise of a run that is only planned: what its sweep sets, or all runs of its experiment
  /// that were noted have. Empty where they do not say.
  std::optional<std::string> names(const std::vector<std::string>& paths,
                                   const PlannedRun& run) const;

 private:
  /// What was noted of a path.
  struct Values {
    std::map<std::string, std::string> names;                    // by resolved text
    std::map<std::string, std::string> resolved;                 // by text as written
    std::map<std::string, std::set<std::string>> of_experiment;  // resolved texts, by its name
  };

  std::map<std::string, Values> values_;  // by path
};

/// Names what the runs are told apart by, when all of them are read.
class RunNaming {
 public:
  explicit RunNaming(const CompareRequest& request);
  void note(const StoredRun& run, SettingLookup& lookup);
  /// Sets scheme, rate and pooled; `runs` in the order in which they were noted.
  void apply(std::vector<RunRecord>& runs) const;
  /// The scheme of a run that was not noted, where its plan tells.
  std::optional<std::string> scheme_of(const PlannedRun& run) const {
    return names_.names(request_.by, run);
  }

 private:
  struct Texts {
    std::vector<std::string> scheme;
    std::vector<std::string> rate;
    std::vector<std::string> pooled;
  };

  const CompareRequest& request_;
  std::vector<std::string> rate_;
  SettingNames names_;
  std::vector<Texts> texts_;
};

}  // namespace initbench
