/// Many trials on a pool of worker threads.
#pragma once

#include <exception>
#include <functional>
#include <span>
#include <vector>

#include "experiment/data_cache.h"
#include "experiment/trial.h"
#include "experiment/trial_cost.h"

namespace initbench {

struct PoolOptions {
  int jobs = 1;     // trials at the same time
  int threads = 1;  // inside each trial's products
};

/// What became of one trial. Neither finished nor error: it was not started, because of `stop`.
struct TrialOutcome {
  bool finished = false;
  std::exception_ptr error;  // what `work` threw
};

/// Does one trial, on a worker's thread: called once per trial, at most `jobs` at a time. `index`
/// is the trial's place in the plan.
using TrialWork = std::function<void(const Trial& trial, std::size_t index)>;
using PlacedWork = std::function<void(std::size_t index)>;

/// Calls `work` for every trial of a plan, of which nothing but the seeds is known here; a trial
/// that throws is recorded and the rest goes on. Outcomes are in the plan's order, and do not
/// depend on the number of jobs. No trial is started once `stop`, if given, returns true (it is
/// called from every worker and must not throw). When the system refuses threads, those that it
/// gave do all the work; if it gave none, the caller's does.
std::vector<TrialOutcome> run_all(std::span<const std::uint64_t> seeds, const PoolOptions& options,
                                  const PlacedWork& work, const std::function<bool()>& stop = {});

/// The same of trials that are there as a whole.
std::vector<TrialOutcome> run_all(std::span<const Trial> trials, const PoolOptions& options,
                                  const TrialWork& work, const std::function<bool()>& stop = {});

/// Reads the trial at a place of the plan.
using TrialReader = std::function<Trial(std::size_t index)>;

/// `check_against_data` for every trial of a plan before the first one runs, and what each takes;
/// trials that differ in the seed alone are read and checked once. Throws ConfigError with the
/// issues of all, each place after its experiment's name and with what the first such run sets, or
/// DataError.
std::vector<TrialCost> check_plan(std::span<const PlannedRun> runs, const TrialReader& read,
                                  DataCache& cache);
std::vector<TrialCost> check_plan(std::span<const Trial> trials, DataCache& cache);

}  // namespace initbench
