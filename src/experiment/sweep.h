/// A config's `sweep`: settings that differ from run to run, expanded in full before anything runs.
///
///   "sweep": {
///     "grid": { "model.init": ["kaiming_normal", "xavier_normal"], "seed": "0..4",
///               "train.lr": {"logspace": [1e-3, 1, 7]} },
///     "zip": { "model.layers.0.repeat": [5, 10], "train.epochs": [1, 2] },
///     "list": [ { "model.activation": "relu" }, { "model.activation": "tanh", "train.lr": 0.1 } ],
///     "exclude": [ { "model.init": "xavier_normal", "train.lr": 1 } ]
///   }
///
/// Paths are those of `--set`. Each path of `grid`, each group of `zip` (values side by side) and
/// the `list` as a whole is an axis; the runs are the product of all axes, the last one fastest,
/// without those that hold every setting of an `exclude`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/config_json.h"

namespace initbench {

/// What one run sets, path by path, in the order of the axes; values are JSON text.
using SweepPoint = std::vector<Override>;

/// "model.init=xavier_normal, train.lr=1".
std::string text_of(const SweepPoint& point);

/// A config as it was given, with what the command line sets in all of its runs.
struct ConfigSource {
  std::string text;
  std::string file;  // for messages
  std::vector<Override> overrides;

  ExperimentConfig read(const SweepPoint& swept) const;
};

/// A run by what names it. Plans of many runs keep these alone: the config is read again from its
/// source when the run's turn comes.
struct PlannedRun {
  std::string name;
  std::string run_id;
  std::optional<std::uint64_t> seed;  // empty: unknown
  SweepPoint swept;
  std::string kind;  // the run id without the seed; empty: unknown
};

PlannedRun planned_run(const ExperimentConfig& config, const SweepPoint& swept);

/// The runs of one config.
struct SweepPlan {
  ConfigSource source;
  std::vector<PlannedRun> runs;
};

/// More runs of one config are a mistake, unless the user says that they are not.
inline constexpr std::size_t kMostRuns = 100'000;

/// What the command line adds to a config.
struct ConfigChanges {
  std::vector<Override> overrides;   // --set
  std::vector<Override> sweeps;      // --sweep PATH=a,b,c: axes more, or instead of the file's
  std::vector<std::uint64_t> seeds;  // --seed, --seeds: instead of a swept or given seed
  std::size_t most_runs = kMostRuns;
};

/// "PATH=a,b,c", "PATH=0..4" or "PATH=" and what a grid's path may have in JSON. Throws
/// ConfigError.
Override parse_sweep(std::string_view text);

/// Every run of a config, checked: at least one, all different. Throws ConfigError with the issues
/// of all of them; an issue that not every run has names the settings that bring it.
SweepPlan plan_sweep(std::string_view text, std::string_view file,
                     const ConfigChanges& changes = {});

/// Reads the file; throws ConfigError naming it when it cannot be read.
SweepPlan plan_sweep_file(const std::filesystem::path& path, const ConfigChanges& changes = {});

/// JSON Schema of the key `sweep`.
nlohmann::ordered_json sweep_schema();

}  // namespace initbench
