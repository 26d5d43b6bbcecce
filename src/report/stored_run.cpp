#include "report/stored_run.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/errors.h"
#include "base/file_content.h"
#include "experiment/config_json.h"
#include "report/compare_text.h"
#include "report/plan_file.h"
#include "report/run_directory.h"
#include "report/theory_report.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string name_of(const fs::path& path) { return path.filename().string(); }

/// What this program itself leaves beside runs: plans, comparisons, theory, and a folder of merged
/// tables.
bool is_own(const fs::path& path) {
  std::error_code error;
  const std::string name = name_of(path);
  if (is_plan_file(name) || name == kSchemesFile || name == kPairsFile) return true;
  if (!fs::is_directory(path, error)) return false;
  if (name.starts_with(kTheoryFolder) && fs::exists(path / kTheoryFile, error)) return true;
  return name == kMergedFolder;
}

/// The entries of a folder but hidden ones and our own, sorted by name.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  fs::directory_iterator entry(folder, error);
  while (!error && entry != fs::directory_iterator()) {
    const fs::path& path = entry->path();
    if (!name_of(path).starts_with('.') && !is_own(path)) entries.push_back(path);
    entry.increment(error);
  }
  if (error) throw DataError(folder.string(), "cannot be read: " + error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// The runs and the foreign entries of an `<out>/<name>`.
void add_experiment(const fs::path& folder, ResultsFolder& found) {
  const std::size_t runs_before = found.runs.size();
  std::vector<std::string> others;
  for (const fs::path& entry : entries_of(folder)) {
    const bool is_run = is_run_id(name_of(entry)) && is_folder(entry);
    (is_run ? found.runs : others).push_back(entry.string());
  }
  // A folder without runs is foreign as a whole: one line says it.
  if (found.runs.size() == runs_before && !others.empty()) others = {folder.string()};
  found.foreign.insert(found.foreign.end(), others.begin(), others.end());
}

Json read_json(const fs::path& path) {
  const std::optional<std::string> content = content_of_file(path.string());
  const Json json = content ? Json::parse(*content, nullptr, false) : Json();
  if (!json.is_object()) {
    throw DataError(path.string(),
                    "is not a file of initbench, or damaged; move its folder away, or run it again "
                    "with --force");
  }
  return json;
}

/// The run must be the one that its folder is named after, and the config the one that was run.
void check_belongs(const StoredRun& run) {
  const fs::path folder(run.directory);
  const std::string name = name_of(fs::absolute(folder).lexically_normal());
  if (run.summary.run_id != name) {
    throw DataError((folder / kRunFile).string(), "is of run " + run.summary.run_id +
                                                      " and not of this folder; was it renamed or "
                                                      "copied here? move it away");
  }
  if (run_id_of(run.config) != run.summary.run_id) {
    throw DataError((folder / kConfigFile).string(),
                    "is not the config of this run: it was changed, or another version wrote it; "
                    "run it again with --force");
  }
}

/// Collects the values at a path below a value, of every layer that has one, in order.
class Collector {
 public:
  void collect(const Json& node, std::string_view path) {
    if (path.empty()) return add(node);
    const std::size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    const std::string_view rest = dot == std::string_view::npos ? "" : path.substr(dot + 1);
    if (node.is_object()) {
      if (node.contains(key)) collect(node[key], rest);
    } else if (node.is_array() && key == "*") {
      collect_from_layers(node, rest);
    } else if (node.is_array() && !key.empty() &&
               key.find_first_not_of("0123456789") == std::string::npos && key.size() < 9) {
      const auto index = static_cast<std::size_t>(std::stoul(key));
      if (index < node.size()) collect(node[index], rest);
    }
  }

  void collect_from_layers(const Json& layers, std::string_view path) {
    for (const Json& layer : layers) {
      collect(layer, path);
      if (layer.is_object() && layer.contains("layers")) collect_from_layers(layer["layers"], path);
    }
  }

  /// The value, if all have one; else all of them, in order.
  std::optional<Json> take() {
    if (values_.empty()) return std::nullopt;
    const bool are_alike =
        std::all_of(values_.begin(), values_.end(), [&](const Json& v) { return v == values_[0]; });
    if (are_alike) return std::move(values_.front());
    return Json(std::move(values_));
  }

 private:
  void add(const Json& value) { values_.push_back(value); }

  std::vector<Json> values_;
};

}  // namespace

ResultsFolder find_runs(const std::string& folder) {
  const fs::path path = fs::path(folder).lexically_normal();
  if (!is_folder(path)) {
    throw DataError(folder, "is not a folder of results; give the --out of your runs");
  }
  ResultsFolder found;
  if (is_run_id(name_of(fs::absolute(path).lexically_normal()))) {
    found.runs.push_back(path.string());
    return found;
  }
  for (const fs::path& entry : entries_of(path)) {
    if (!is_folder(entry)) {
      found.foreign.push_back(entry.string());
    } else if (is_run_id(name_of(entry))) {
      found.runs.push_back(entry.string());
    } else {
      add_experiment(entry, found);
    }
  }
  std::sort(found.runs.begin(), found.runs.end());
  return found;
}

std::optional<StoredRun> read_stored_run(const std::string& directory) {
  const fs::path folder(directory);
  const fs::path run_file = folder / kRunFile;
  std::error_code error;
  if (!fs::exists(run_file, error)) {
    if (!error) return std::nullopt;
    throw DataError(run_file.string(),
                    "cannot be read: " + error.message() + "; make its folder readable");
  }
  StoredRun run{.directory = directory,
                .summary = {},
                .run = read_json(run_file),
                .config = read_json(folder / kConfigFile)};
  std::optional<RunSummary> summary = summary_if_any(run.run);
  if (!summary) {
    throw DataError(run_file.string(),
                    "is not what this version of initbench writes; run it again with --force, or "
                    "use the version that wrote it");
  }
  run.summary = *std::move(summary);
  for (const char* pointer :
       {"/versions/initbench", "/versions/compiler", "/versions/flags", "/processor"}) {
    const Json::json_pointer place(pointer);
    if (run.run.contains(place) && run.run.at(place).is_string()) continue;
    throw DataError(run_file.string(), "has no " + std::string(pointer + 1) +
                                           ": it was changed; run it again with --force");
  }
  check_belongs(run);
  if (!is_finished(directory, run.run, run.summary.status)) return std::nullopt;
  return run;
}

std::optional<Json> swept_setting(const SweepPoint& swept, std::string_view path) {
  for (const Override& setting : swept) {
    if (setting.path == path) return Json::parse(setting.value);
  }
  return std::nullopt;
}

std::optional<Json> setting_of(const StoredRun& run, std::string_view path) {
  std::optional<Json> swept = swept_setting(run.summary.swept, path);
  return swept ? swept : resolved_setting_of(run, path);
}

std::optional<Json> resolved_setting_of(const StoredRun& run, std::string_view path) {
  Collector collector;
  collector.collect(run.config, path);
  std::optional<Json> value = collector.take();
  constexpr std::string_view kModel = "model.";
  if (!value && path.starts_with(kModel)) {
    collector.collect_from_layers(run.config.at("model").at("layers"), path.substr(kModel.size()));
    value = collector.take();
  }
  return value;
}

}  // namespace initbench
