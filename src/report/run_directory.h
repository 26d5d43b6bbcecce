/// `<out>/<name>/<run_id>/`: the same question always has the same place.
///
/// A run is finished when its `run.json` says so and its tables are as long as it says; that file
/// is written last, as a whole. Anything else is an unfinished run: it goes on from its checkpoint,
/// or is written again.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/errors.h"
#include "report/output_file.h"
#include "report/run_summary.h"

namespace initbench {

inline constexpr const char* kCurvesFile = "curves.csv";
inline constexpr const char* kLayersFile = "layers.csv";
inline constexpr const char* kSpectraFile = "spectra.csv";
inline constexpr const char* kTheoryFile = "theory.csv";
inline constexpr const char* kConfigFile = "config.json";
inline constexpr const char* kErrorFile = "error.txt";

/// Creates the folder and those above it. Throws OutputError with the remedy.
void create_folder(const std::string& path);

std::string run_directory_path(std::string_view out, std::string_view name,
                               std::string_view run_id);

/// The summary of the run, when the directory holds a complete one that ended by itself (diverged
/// included). Writes nothing.
std::optional<RunSummary> finished_run(const std::string& path);

/// Whether the run of this `run.json`, of which `status` is told, ended by itself, and its tables
/// are there and as long as it says.
bool is_finished(const std::string& path, const nlohmann::ordered_json& run, RunStatus status);

/// Where a run directory keeps what an unfinished run goes on from.
std::string checkpoint_path(const std::string& run_directory);

/// Whether something has that name, be it a file that can be read or not.
bool has_checkpoint(const std::string& run_directory);

/// Creates the folder and proves that files can be made in it, before anything costs time. Throws
/// OutputError with the remedy.
void prove_writable(const std::string& folder);

/// Another process is writing the run: nothing is wrong with it.
class RunIsElsewhere : public OutputError {
 public:
  using OutputError::OutputError;
};

/// How far a run's tables are written, by the files' names.
using TableMarks = std::map<std::string, FileMark>;

/// What happens to files that have the names of a run's and are none.
enum class Foreign { refused, replaced };

/// A run directory that this process alone writes to, from construction to destruction.
class RunDirectory {
 public:
  /// Creates the directory if need be, changes nothing in it. Throws OutputError, with the remedy,
  /// when it cannot be written, RunIsElsewhere when another process is writing the same run.
  explicit RunDirectory(std::string path);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  /// From here on the directory is an unfinished run without rows: takes away the old `run.json`
  /// and checkpoint, writes `config.json`. Throws DataError, and has changed nothing, for a
  /// `config.json` or `run.json` that is not of this run, unless these are to be replaced.
  void begin(std::string_view config_json, Foreign foreign = Foreign::refused);

  /// From here on the directory is an unfinished run whose tables end where the marks say. Throws
  /// DataError, and has changed nothing, when a table does not begin as its mark says.
  void resume(std::string_view config_json, const TableMarks& marks);

  /// After `begin` or `resume`: the CSV file of this name. The first call makes it and writes the
  /// header; in a resumed run a file with a mark is there and goes on. Valid as long as this is.
  /// Throws DataError for a file of that name with another beginning, unless it is to be replaced.
  OutputFile& table(const std::string& name, std::string_view header);

  /// Waits until the tables' rows are on the disk.
  TableMarks synchronize_tables();

  /// Closes the tables and writes `run.json`: `run` and the size of each table under "files".
  void finish(nlohmann::ordered_json run);

  /// Leaves the reason in `error.txt`, which goes with the next `begin`. The run stays unfinished.
  void fail(std::string_view reason) noexcept;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int config_ = -1;  // config.json, open and locked
  Foreign foreign_ = Foreign::refused;
  std::map<std::string, OutputFile> tables_;

  void check_config(std::string_view config_json) const;
  void write_config(std::string_view config_json) const;
};

}  // namespace initbench
