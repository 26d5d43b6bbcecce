#include "report/record_run.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/errors.h"
#include "base/file_content.h"
#include "experiment/config_json.h"
#include "report/build_info.h"
#include "report/run_directory.h"

namespace initbench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string config_text(const ExperimentConfig& config) { return to_json(config).dump(2) + "\n"; }

/// Nothing of a run whose tables or config are no longer what it left: it is to be run again.
std::optional<RecordedRun> finished_before(const Trial& trial, const std::string& path) {
  std::optional<RunSummary> summary = finished_run(path);
  if (!summary) return std::nullopt;
  const std::string config = (std::filesystem::path(path) / kConfigFile).string();
  if (content_of_file(config) != config_text(trial.config)) return std::nullopt;
  return RecordedRun{.directory = path,
                     .was_finished = true,
                     .summary = *std::move(summary),
                     .first_layers = {},
                     .last_layers = {}};
}

/// Says when a checkpoint is due.
class CheckpointClock {
 public:
  explicit CheckpointClock(const CheckpointInterval& interval) : interval_(interval) {}

  bool is_due(std::int64_t steps) const {
    if (interval_.steps > 0) return steps % interval_.steps == 0;
    return interval_.seconds > 0 && seconds_since(saved_) >= interval_.seconds;
  }
  void restart() { saved_ = Clock::now(); }

 private:
  CheckpointInterval interval_;
  Clock::time_point saved_ = Clock::now();
};

/// One run on its way through its directory.
class Recording {
 public:
  Recording(const Trial& trial, const RecordOptions& options, RunDirectory& directory,
            DataCache& cache)
      : trial_(trial),
        options_(options),
        directory_(directory),
        data_(cache.get(trial.config)),
        clock_(options.checkpoint_every) {}

  RecordedRun run(const std::optional<Checkpoint>& checkpoint, const ProgressHook& progress);

 private:
  void resume(const Checkpoint& checkpoint);
  void save(const TrialPause& pause, const RunRecorder& recorder);
  RunSummary summary_of(const TrialResult& result, const RunRecorder& recorder) const;

  const Clock::time_point started_ = Clock::now();
  const Trial& trial_;
  const RecordOptions& options_;
  RunDirectory& directory_;
  const DataCache::Lease data_;
  CheckpointClock clock_;
  double earlier_seconds_ = 0;  // of the parts before this one
};

RecordedRun Recording::run(const std::optional<Checkpoint>& checkpoint,
                           const ProgressHook& progress) {
  if (checkpoint) {
    resume(*checkpoint);
  } else {
    directory_.begin(config_text(trial_.config),
                     options_.force ? Foreign::replaced : Foreign::refused);
  }
  RunRecorder recorder(directory_, trial_.run_id, trial_.config);
  if (checkpoint) recorder.resume(checkpoint->first_layers, checkpoint->summary.theory);

  const auto pause = [&](const TrialPause& at) {
    const TrialResult& so_far = at.so_far;
    const std::int64_t steps = so_far.train.steps;
    const bool goes_on = !progress || progress(steps - 1, so_far.planned_steps, at.loss);
    const bool is_due = steps < so_far.planned_steps && clock_.is_due(steps);
    if (is_due || !goes_on) save(at, recorder);
    return goes_on;
  };
  const SavedTrial* const saved = checkpoint ? &checkpoint->trial : nullptr;
  const TrialResult result =
      run_trial(trial_.config, *data_, recorder, {.pause = pause, .saved = saved});
  recorder.finish();

  RunSummary summary = summary_of(result, recorder);
  directory_.finish(to_json(summary));
  if (summary.status != RunStatus::interrupted) remove_file(checkpoint_path(directory_.path()));
  return {.directory = directory_.path(),
          .was_finished = false,
          .summary = std::move(summary),
          .first_layers = recorder.first_layers(),
          .last_layers = recorder.last_layers()};
}

void Recording::resume(const Checkpoint& checkpoint) {
  const RunSummary& before = checkpoint.summary;
  const std::string& path = directory_.path();
  if (before.dataset_digest != data_->digest) {
    throw DataError(checkpoint.trial.path,
                    "was made with other data (digest " + before.dataset_digest + ", now " +
                        data_->digest + "); bring them back, or start the run anew with --force");
  }
  directory_.resume(config_text(trial_.config), checkpoint.tables);
  earlier_seconds_ = before.total_seconds;
  spdlog::info("{}: goes on after {} of {} steps", path, before.result.train.steps,
               before.result.planned_steps);
  if (before.threads != options_.threads || checkpoint.processor != processor_model()) {
    spdlog::warn(
        "{}: began with {} threads on '{}'; here the last digits of what follows may differ from a "
        "run in one piece",
        path, before.threads, checkpoint.processor);
  }
}

void Recording::save(const TrialPause& pause, const RunRecorder& recorder) {
  const TableMarks tables = directory_.synchronize_tables();
  replace_file(checkpoint_path(directory_.path()),
               compose_checkpoint(summary_of(pause.so_far, recorder), recorder.first_statistics(),
                                  tables, pause));
  clock_.restart();
}

RunSummary Recording::summary_of(const TrialResult& result, const RunRecorder& recorder) const {
  RunSummary summary = summarize(trial_, *data_, result);
  summary.theory = recorder.theory();
  summary.threads = options_.threads;
  summary.total_seconds = earlier_seconds_ + seconds_since(started_);
  return summary;
}

}  // namespace

RecordedRun record_run(const Trial& trial, const RecordOptions& options, DataCache& cache,
                       const ProgressHook& progress) {
  const std::string path = run_directory_path(options.out, trial.config.name, trial.run_id);
  const std::string saved = checkpoint_path(path);
  if (!options.force && !has_checkpoint(path)) {
    if (std::optional<RecordedRun> run = finished_before(trial, path)) return *std::move(run);
  }
  RunDirectory directory(path);
  std::optional<Checkpoint> checkpoint;
  if (!options.force) {  // another process may have finished it while this one waited
    if (std::optional<RecordedRun> run = finished_before(trial, path)) {
      remove_file(saved);  // killed after its last word
      return *std::move(run);
    }
  }
  try {
    if (!options.force) checkpoint = read_checkpoint(saved, trial.run_id);
    if (!options.force && !checkpoint && read_summary(path)) {
      spdlog::warn("{}: its config or tables are not what it left when it ended; it is run again",
                   path);
    }
    return Recording(trial, options, directory, cache).run(checkpoint, progress);
  } catch (const std::exception& error) {
    directory.fail(error.what());  // else as it was: what has a checkpoint may go on from there
    throw;
  }
}

}  // namespace initbench
