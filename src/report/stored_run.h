/// A run as its folder `<out>/<name>/<run_id>/` keeps it: reads back what this program has written.
///
/// One run at a time: nothing here grows with the number of runs but the list of their folders.
/// Only reads. A folder of something else is a DataError that names it; an unfinished run is
/// nothing.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/folder_names.h"
#include "report/run_summary.h"

namespace initbench {

/// How `merge` knows its tables again.
inline constexpr const char* kMergeRecord = "merge.json";

/// What a folder of results holds: the runs' folders, sorted by path, and what is neither a run nor
/// a file that this program leaves beside runs. Hidden files are left out.
struct ResultsFolder {
  std::vector<std::string> runs;
  std::vector<std::string> foreign;
};

/// `folder` is an `<out>`, an `<out>/<name>`, or a run itself. Throws DataError when it is not
/// there or cannot be read.
ResultsFolder find_runs(const std::string& folder);

struct StoredRun {
  std::string directory;
  RunSummary summary;
  nlohmann::ordered_json run;     // run.json as a whole: versions, processor, verdict are there
  nlohmann::ordered_json config;  // config.json: every default filled in, repeats expanded
};

/// The finished run (diverged included) of the folder. Nothing for an unfinished one: no
/// `run.json`, an interrupted run, tables of another length than it says. Throws DataError when
/// `run.json` cannot be understood, or it or `config.json` is another run's.
std::optional<StoredRun> read_stored_run(const std::string& directory);

/// What a sweep sets at the path; empty when it sets nothing there.
std::optional<nlohmann::ordered_json> swept_setting(const SweepPoint& swept, std::string_view path);

/// What the run has at a path of `--set`: what its sweep set there, else what its resolved config
/// says; empty when it has no such key. Keys of the model that are defaults of its layers
/// ("model.init") and `*` stand for all layers with that key: the value if they agree, else the
/// list of all of them, in the layers' order. Layers are found by their index in the expanded
/// list, not by name.
std::optional<nlohmann::ordered_json> setting_of(const StoredRun& run, std::string_view path);

/// The same of the resolved config alone, where equal settings are equal however a sweep wrote
/// them. Nothing when only the sweep knows the path.
std::optional<nlohmann::ordered_json> resolved_setting_of(const StoredRun& run,
                                                          std::string_view path);

enum class Split { train, test };

/// A row of `curves.csv`.
struct CurvePoint {
  std::int64_t step = 0;
  double epoch = 0;
  Split split = Split::train;
  double loss = 0;
  std::optional<double> accuracy;
  std::optional<double> lr;
  std::optional<double> grad_norm;
};

/// All rows of the run's `curves.csv`, in the order of time. Throws DataError, naming the line, for
/// a file that is not one.
std::vector<CurvePoint> read_curves(const std::string& directory);

}  // namespace initbench
