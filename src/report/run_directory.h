/// `<out>/<name>/<run_id>/`: the same question always has the same place.
///
/// A run is finished when its `run.json` says so and the other files are as long as it says; that
/// file is written last, as a whole. Anything else is an unfinished run and is written again.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "report/output_file.h"
#include "report/run_summary.h"

namespace initbench {

inline constexpr const char* kCurvesFile = "curves.csv";
inline constexpr const char* kLayersFile = "layers.csv";
inline constexpr const char* kConfigFile = "config.json";

std::string run_directory_path(std::string_view out, std::string_view name,
                               std::string_view run_id);

/// The summary of the run, when the directory holds a complete one that ended by itself (diverged
/// included). Writes nothing.
std::optional<RunSummary> finished_run(const std::string& path);

/// Creates the folder and proves that files can be made in it, before anything costs time. Throws
/// OutputError with the remedy.
void prove_writable(const std::string& folder);

/// A run directory that this process alone writes to, from construction to destruction.
class RunDirectory {
 public:
  /// Creates the directory if need be, changes nothing in it. Throws OutputError, with the remedy,
  /// when it cannot be written, or when another process is writing the same run.
  explicit RunDirectory(std::string path);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  /// From here on the directory is an unfinished run: takes away the old `run.json`, writes
  /// `config.json` and empties the tables.
  void begin(std::string_view config_json);

  /// After `begin`.
  OutputFile& curves() { return curves_.value(); }
  OutputFile& layers() { return layers_.value(); }

  /// Closes the tables and writes `run.json`: `run` and the size of each table under "files".
  void finish(nlohmann::ordered_json run);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int config_ = -1;  // config.json, open and locked
  std::optional<OutputFile> curves_;
  std::optional<OutputFile> layers_;
};

}  // namespace initbench
