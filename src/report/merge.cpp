#include "report/merge.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "base/errors.h"
#include "report/build_info.h"
#include "report/columns.h"
#include "report/curve_figures.h"
#include "report/output_file.h"
#include "report/run_columns.h"
#include "report/run_directory.h"
#include "report/stored_run.h"
#include "report/text_table.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kRunsFile = "runs.csv";
constexpr std::array kTables{kRunsFile, kCurvesFile, kLayersFile};

/// The paths that runs set, in the order in which they first appear; "seed" has its own column.
std::vector<std::string> swept_paths(const std::vector<SurveyedRun>& runs) {
  std::vector<std::string> paths;
  std::set<std::string, std::less<>> known{"seed"};
  for (const SurveyedRun& run : runs) {
    for (const Override& setting : run.run.swept) {
      if (known.insert(setting.path).second) paths.push_back(setting.path);
    }
  }
  return paths;
}

void append_cells(std::span<const Column<RunRow>> columns, const RunRow& row, std::string& line) {
  for (const Column<RunRow>& column : columns) {
    append_cell(column.value(row), line);
    line += ',';
  }
}

/// `runs.csv`: fixed columns, and those that depend on the sweep and on what was asked for.
class RunsTable {
 public:
  RunsTable(const MergeOptions& options, std::vector<std::string> paths)
      : options_(options), paths_(std::move(paths)) {}

  std::string header() const {
    std::string line;
    const auto add = [&](std::string_view name) {
      append_cell(name, line);
      line += ',';
    };
    for (const Column<RunRow>& column : run_identity_columns()) add(column.name);
    for (const std::string& path : paths_) add("param." + path);
    for (const Column<RunRow>& column : run_figure_columns()) add(column.name);
    for (const double accuracy : options_.accuracies) add("steps_to_" + cell(accuracy));
    if (options_.seconds) {
      for (const Column<RunRow>& column : run_time_columns()) add(column.name);
    }
    return ended(std::move(line));
  }

  /// `run` and `curve` of a run that has ended, else nullptr and nothing.
  std::string row(const SurveyedRun& surveyed, const StoredRun* run,
                  const std::vector<CurvePoint>& curve) const {
    const std::string seed = surveyed.run.seed ? std::to_string(*surveyed.run.seed) : "";
    const std::string verdict(run == nullptr ? "" : run->summary.result.verdict.name());
    const RunRow row{.run_id = surveyed.run.run_id,
                     .name = surveyed.run.name,
                     .seed = seed,
                     .status = surveyed.status,
                     .verdict = verdict,
                     .summary = run == nullptr ? nullptr : &run->summary,
                     .lowest_test_loss = lowest_test_loss(curve),
                     .train_loss_area = train_loss_area(curve)};
    std::string line;
    append_cells(run_identity_columns(), row, line);
    for (const std::string& path : paths_) {
      append_cell(setting_text(surveyed.run.swept, path), line);
      line += ',';
    }
    append_cells(run_figure_columns(), row, line);
    for (const double accuracy : options_.accuracies) {
      const std::optional<std::int64_t> steps = steps_to(accuracy, curve);
      append_cell(steps ? CellValue(*steps) : std::monostate{}, line);
      line += ',';
    }
    if (options_.seconds) append_cells(run_time_columns(), row, line);
    return ended(std::move(line));
  }

 private:
  /// A line feed in the place of the last comma.
  static std::string ended(std::string line) {
    line.back() = '\n';
    return line;
  }

  const MergeOptions& options_;
  std::vector<std::string> paths_;
};

/// Appends the rows of a run's table, without its header, in pieces.
void append_rows(const StoredRun& run, const char* name, std::string_view header,
                 OutputFile& merged) {
  const std::string path = (fs::path(run.directory) / name).string();
  std::ifstream file(path, std::ios::binary);
  std::string begin(header.size(), '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (!file || begin != header) {
    throw DataError(path, "does not begin with this version's columns; run it again with --force");
  }
  std::array<char, 1 << 16> piece{};
  while (file) {
    file.read(piece.data(), piece.size());
    merged.append({piece.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (file.bad()) throw DataError(path, "could not be read to its end; merge again");
}

/// Refuses a folder whose tables are not what the last merge has written there.
void check_replaceable(const fs::path& merged) {
  std::error_code error;
  std::ifstream file(merged / kMergeRecord);
  const Json record = Json::parse(file, nullptr, false);
  const bool known = record.is_object() && record.contains("files") && record["files"].is_object();
  for (const char* name : kTables) {
    const fs::path path = merged / name;
    if (!fs::exists(path, error)) continue;
    const std::uintmax_t size = fs::file_size(path, error);
    const bool ours =
        known && (record["files"].value(name, Json()) == size ||
                  record.value("replaces", Json::object()).value(name, Json()) == size);
    if (ours) continue;
    throw OutputError(path.string(),
                      known ? "was changed after it was merged; move it away, then merge again"
                            : "was not written by merge; move it away, then merge again");
  }
}

/// Keeps others from merging the same folder at the same time, where the file system has locks.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
    if (errno != EWOULDBLOCK) return;
    ::close(descriptor_);
    throw OutputError(folder, "another initbench process is merging here; wait until it ends");
  }
  ~FolderLock() { ::close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

/// The names of tables while they are written; removes what has them after a failure.
class TemporaryNames {
 public:
  explicit TemporaryNames(fs::path folder) : folder_(std::move(folder)) {}
  ~TemporaryNames() {
    std::error_code ignored;
    for (const char* name : kTables) fs::remove(of(name), ignored);
  }
  TemporaryNames(const TemporaryNames&) = delete;
  TemporaryNames& operator=(const TemporaryNames&) = delete;

  std::string of(const char* name) const {
    return (folder_ / (std::string(name) + ".tmp")).string();
  }

 private:
  fs::path folder_;
};

/// The three tables while they are written, beside those that they replace.
class MergedFiles {
 public:
  explicit MergedFiles(const fs::path& folder)
      : folder_(folder),
        temporary_(folder),
        runs(temporary_.of(kRunsFile)),
        curves(temporary_.of(kCurvesFile)),
        layers(temporary_.of(kLayersFile)) {}

  void finish() {
    Json sizes = Json::object();
    const std::array<OutputFile*, kTables.size()> files{&runs, &curves, &layers};
    for (std::size_t i = 0; i < files.size(); ++i) {
      files.at(i)->close();
      sizes[kTables.at(i)] = files.at(i)->mark().size;
    }
    // Killed between two renames, a merge leaves tables of either kind: both are known again.
    Json record = {{"written_by", "initbench merge " + std::string(build_info().version)},
                   {"files", sizes},
                   {"replaces", replaced_sizes()}};
    replace_file((folder_ / kMergeRecord).string(), record.dump(2) + "\n");
    for (const char* name : kTables) {
      const std::string path = (folder_ / name).string();
      if (std::rename(temporary_.of(name).c_str(), path.c_str()) != 0) {
        throw OutputError(path, "cannot be replaced: " + output_failure(errno));
      }
    }
    record.erase("replaces");
    replace_file((folder_ / kMergeRecord).string(), record.dump(2) + "\n");
  }

 private:
  Json replaced_sizes() const {
    Json sizes = Json::object();
    for (const char* name : kTables) {
      std::error_code error;
      const std::uintmax_t size = fs::file_size(folder_ / name, error);
      if (!error) sizes[name] = size;
    }
    return sizes;
  }

  fs::path folder_;
  TemporaryNames temporary_;

 public:
  OutputFile runs;
  OutputFile curves;
  OutputFile layers;
};

void write_tables(const std::vector<SurveyedRun>& runs, const MergeOptions& options,
                  MergedFiles& files) {
  const RunsTable table(options, swept_paths(runs));
  const std::string curves_header = csv_header(curve_columns());
  const std::string layers_header = csv_header(layer_columns());
  files.runs.append(table.header());
  files.curves.append(curves_header);
  files.layers.append(layers_header);
  for (const SurveyedRun& surveyed : runs) {
    if (!surveyed.ended) {
      files.runs.append(table.row(surveyed, nullptr, {}));
      continue;
    }
    const std::optional<StoredRun> run = read_stored_run(surveyed.directory);
    if (!run) throw DataError(surveyed.directory, "changed while it was merged; merge again");
    files.runs.append(table.row(surveyed, &*run, read_curves(surveyed.directory)));
    append_rows(*run, kCurvesFile, curves_header, files.curves);
    append_rows(*run, kLayersFile, layers_header, files.layers);
  }
}

}  // namespace

MergedRuns merge_runs(const MergeOptions& options) {
  Survey survey = survey_runs(options.folder);
  const fs::path folder = (fs::path(options.folder) / kMergedFolder).lexically_normal();
  create_folder(folder.string());
  const FolderLock lock(folder.string());
  check_replaceable(folder);
  MergedFiles files(folder);
  write_tables(survey.runs, options, files);
  files.finish();
  MergedRuns result{.folder = folder.string(), .absent = {}, .remarks = std::move(survey.remarks)};
  for (SurveyedRun& run : survey.runs) {
    if (run.ended) {
      ++result.merged;
    } else {
      result.absent.push_back(std::move(run));
    }
  }
  return result;
}

}  // namespace initbench
