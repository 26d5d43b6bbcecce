#include "report/record_run.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "experiment/config_json.h"
#include "report/run_directory.h"

namespace initbench {
namespace {

std::optional<RecordedRun> finished_before(const std::string& path) {
  std::optional<RunSummary> summary = finished_run(path);
  if (!summary) return std::nullopt;
  return RecordedRun{.directory = path,
                     .was_finished = true,
                     .summary = *std::move(summary),
                     .first_layers = {},
                     .last_layers = {}};
}

}  // namespace

RecordedRun record_run(const Trial& trial, const RecordOptions& options, DataCache& cache,
                       ProgressHook progress) {
  using Clock = std::chrono::steady_clock;
  const auto started = Clock::now();
  const std::string path = run_directory_path(options.out, trial.config.name, trial.run_id);
  if (!options.force) {
    if (std::optional<RecordedRun> run = finished_before(path)) return *std::move(run);
  }
  RunDirectory directory(path);
  if (!options.force) {  // another process may have finished it while this one waited
    if (std::optional<RecordedRun> run = finished_before(path)) return *std::move(run);
  }
  directory.begin(to_json(trial.config).dump(2) + "\n");

  const DataCache::Lease data = cache.get(trial.config);
  RunRecorder recorder(directory, trial.run_id, trial.config, std::move(progress));
  const TrialResult result = run_trial(trial.config, *data, recorder);
  recorder.finish();

  RunSummary summary = summarize(trial, *data, result);
  summary.threads = options.threads;
  summary.total_seconds = std::chrono::duration<double>(Clock::now() - started).count();
  directory.finish(to_json(summary));
  return {.directory = path,
          .was_finished = false,
          .summary = std::move(summary),
          .first_layers = recorder.first_layers(),
          .last_layers = recorder.last_layers()};
}

}  // namespace initbench
