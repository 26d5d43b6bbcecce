/// `checkpoint.safetensors` in a run's folder: what an unfinished run goes on from.
///
/// Tensors as experiment/saved_trial.h says; as metadata the program, the run's id, the step, how
/// far each table was written, `run.json` as it would be if the run had ended there, so that
/// nothing that `run.json` tells is lost, and the evidence for its verdict. A checksum over all
/// bytes comes first: a file that is truncated or changed in any place is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/trial.h"
#include "probe/layer_statistics.h"
#include "report/run_directory.h"
#include "report/run_summary.h"

namespace initbench {

/// How often a run saves a checkpoint; with both 0 only when it is stopped.
struct CheckpointInterval {
  std::int64_t steps = 0;
  double seconds = 0;
};

/// "500" (steps), "90s", "10min", "2h" or "0". Throws ConfigError for anything else.
CheckpointInterval parse_checkpoint_interval(std::string_view text);

struct Checkpoint {
  RunSummary summary;  // of the run as if it had ended there
  std::string processor;
  std::vector<LayerStatistics> first_layers;  // at step 0
  TableMarks tables;
  SavedTrial trial;
};

/// The bytes of the file. `summary` is that of `pause`.
std::string compose_checkpoint(const RunSummary& summary,
                               std::span<const LayerStatistics> first_layers,
                               const TableMarks& tables, const TrialPause& pause);

/// `path` is for messages. Throws DataError, with the remedy, for bytes that are damaged, of
/// another run, or of another program.
Checkpoint parse_checkpoint(std::string_view bytes, const std::string& path,
                            std::string_view run_id);

/// The same of a file, or nothing when there is none.
std::optional<Checkpoint> read_checkpoint(const std::string& path, std::string_view run_id);

}  // namespace initbench
