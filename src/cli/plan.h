/// From the flags that say what to run to the runs.
#pragma once

#include <span>
#include <vector>

#include "cli/arguments.h"
#include "cli/console.h"
#include "experiment/run_all.h"
#include "experiment/trial.h"

namespace initbench {

/// Every run of every config with every seed, each once, checked as far as a config goes. What
/// names a run is kept; its config is read when it is asked for.
class Plan {
 public:
  Plan() = default;
  /// Throws ConfigError with what is wrong in all configs.
  explicit Plan(const RunArguments& arguments);

  std::span<const PlannedRun> runs() const { return runs_; }
  std::size_t size() const { return runs_.size(); }
  Trial trial(std::size_t index) const {
    return read_trial(sources_[source_of_[index]], runs_[index]);
  }
  /// All of them at once, for plans of a few runs.
  std::vector<Trial> trials() const;
  /// The plan of these runs.
  Plan part(std::span<const std::size_t> places) const;

 private:
  std::vector<ConfigSource> sources_;
  std::vector<PlannedRun> runs_;
  std::vector<std::size_t> source_of_;
};

Verbosity verbosity_of(const RunArguments& arguments);
bool draws_progress(const RunArguments& arguments);

/// --jobs and --threads. Warns where threads of a run share cores: they wait for each other.
PoolOptions pool_of(const RunArguments& arguments);

}  // namespace initbench
