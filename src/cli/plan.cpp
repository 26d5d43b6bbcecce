#include "cli/plan.h"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "base/errors.h"
#include "experiment/seeds.h"
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

/// The plan of each config, or the errors of all of them.
std::vector<SweepPlan> load_configs(const RunArguments& arguments) {
  const ConfigChanges changes = changes_of(arguments);
  std::vector<SweepPlan> plans;
  std::vector<ConfigIssue> issues;
  std::size_t runs = 0;
  for (const std::string& file : arguments.configs) {
    try {
      plans.push_back(plan_sweep_file(file, changes));
      runs += plans.back().runs.size();
    } catch (const ConfigError& error) {
      for (const ConfigIssue& issue : error.issues()) {
        const bool names_file = issue.place.empty() || issue.place == file;
        issues.push_back({names_file ? file : file + ": " + issue.place, issue.message});
      }
    }
  }
  if (!issues.empty()) throw ConfigError(std::move(issues));
  if (runs > changes.most_runs) {
    throw ConfigError("--max-runs", "the configs together have " + std::to_string(runs) +
                                        " runs, more than " + std::to_string(changes.most_runs) +
                                        "; raise the limit with --max-runs " +
                                        std::to_string(runs));
  }
  return plans;
}

}  // namespace

Plan::Plan(const RunArguments& arguments) {
  std::set<std::string> known;
  for (SweepPlan& plan : load_configs(arguments)) {
    for (PlannedRun& run : plan.runs) {
      if (known.insert(run.name + "/" + run.run_id).second) {
        runs_.push_back(std::move(run));
        source_of_.push_back(sources_.size());
      } else {
        spdlog::warn("{} with seed {} is asked for twice: run once", run.name, *run.seed);
      }
    }
    sources_.push_back(std::move(plan.source));
  }
}

std::vector<Trial> Plan::trials() const {
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < runs_.size(); ++i) trials.push_back(trial(i));
  return trials;
}

Plan Plan::part(std::span<const std::size_t> places) const {
  Plan part;
  part.sources_ = sources_;
  for (const std::size_t place : places) {
    part.runs_.push_back(runs_[place]);
    part.source_of_.push_back(source_of_[place]);
  }
  return part;
}

Verbosity verbosity_of(const RunArguments& arguments) {
  if (arguments.quiet) return Verbosity::quiet;
  return arguments.verbose ? Verbosity::verbose : Verbosity::normal;
}

bool draws_progress(const RunArguments& arguments) {
  return stderr_is_terminal() && !arguments.no_progress && !arguments.quiet;
}

PoolOptions pool_of(const RunArguments& arguments) {
  const unsigned cores = std::thread::hardware_concurrency();  // 0: unknown
  const std::int64_t wanted = std::int64_t{arguments.jobs} * arguments.threads;
  if (arguments.threads > 1 && cores > 0 && wanted > cores) {
    spdlog::warn(
        "--jobs {} with --threads {} asks for {} cores and there are {}: the threads of a run wait "
        "for each other at every layer, which can take many times as long; lower one of the two",
        arguments.jobs, arguments.threads, wanted, cores);
  }
  return {.jobs = arguments.jobs, .threads = arguments.threads};
}

}  // namespace initbench
