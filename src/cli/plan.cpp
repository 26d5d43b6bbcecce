#include "cli/plan.h"

#include <spdlog/spdlog.h>

#include <set>
#include <string>
#include <utility>

#include "base/errors.h"
#include "experiment/sweep.h"

namespace initbench {
namespace {

ConfigChanges changes_of(const RunArguments& arguments) {
  ConfigChanges changes;
  for (const std::string& text : arguments.overrides) {
    changes.overrides.push_back(parse_override(text));
  }
  for (const std::string& text : arguments.sweeps) changes.sweeps.push_back(parse_sweep(text));
  if (arguments.seeds) changes.seeds = parse_seeds(*arguments.seeds);
  if (arguments.seed) changes.seeds = {*arguments.seed};
  changes.most_runs = arguments.max_runs;
  return changes;
}

/// Every run of every config, or the errors of all of them.
std::vector<SweptConfig> load_configs(const RunArguments& arguments) {
  const ConfigChanges changes = changes_of(arguments);
  std::vector<SweptConfig> runs;
  std::vector<ConfigIssue> issues;
  for (const std::string& file : arguments.configs) {
    try {
      for (SweptConfig& run : load_sweep_file(file, changes)) runs.push_back(std::move(run));
    } catch (const ConfigError& error) {
      for (const ConfigIssue& issue : error.issues()) {
        issues.push_back({issue.place.empty() ? file : file + ": " + issue.place, issue.message});
      }
    }
  }
  if (!issues.empty()) throw ConfigError(std::move(issues));
  if (runs.size() > changes.most_runs) {
    throw ConfigError("--max-runs", "the configs together have " + std::to_string(runs.size()) +
                                        " runs, more than " + std::to_string(changes.most_runs) +
                                        "; raise the limit with --max-runs " +
                                        std::to_string(runs.size()));
  }
  return runs;
}

}  // namespace

std::vector<Trial> plan(const RunArguments& arguments) {
  std::vector<Trial> trials;
  std::set<std::string> known;
  for (SweptConfig& run : load_configs(arguments)) {
    Trial trial = make_trial(std::move(run));
    if (known.insert(trial.config.name + "/" + trial.run_id).second) {
      trials.push_back(std::move(trial));
    } else {
      spdlog::warn("{} with seed {} is asked for twice: run once", trial.config.name,
                   trial.config.seed);
    }
  }
  return trials;
}

Verbosity verbosity_of(const RunArguments& arguments) {
  if (arguments.quiet) return Verbosity::quiet;
  return arguments.verbose ? Verbosity::verbose : Verbosity::normal;
}

}  // namespace initbench
