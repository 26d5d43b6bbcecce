/// One trial with its run directory: from "is it done already?" to `run.json`.
#pragma once

#include <functional>
#include <string>

#include "experiment/data_cache.h"
#include "experiment/trial.h"
#include "report/checkpoint.h"
#include "report/run_recorder.h"
#include "report/run_summary.h"

namespace initbench {

struct RecordOptions {
  std::string out = "runs";
  bool force = false;  // run again what is finished
  int threads = 1;     // as given to the pool, for run.json
  CheckpointInterval checkpoint_every = {};
};

/// Told of every step; returns false to stop early.
using ProgressHook = std::function<bool(std::int64_t step, std::int64_t total, double loss)>;

struct RecordedRun {
  std::string directory;
  bool was_finished = false;  // before this call: nothing was run, the layers are empty
  RunSummary summary;
  LayersRecord first_layers;
  LayersRecord last_layers;
};

/// Runs the trial unless its directory holds the finished run; goes on from its checkpoint where
/// there is one. The directory is created, and proved to be writable, before data are loaded. A run
/// that `progress` stops leaves a checkpoint. Throws ConfigError, DataError or OutputError; the
/// directory is then as it was, or an unfinished run, with the reason in its `error.txt`.
RecordedRun record_run(const Trial& trial, const RecordOptions& options, DataCache& cache,
                       const ProgressHook& progress);

}  // namespace initbench
