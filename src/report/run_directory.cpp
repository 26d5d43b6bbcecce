#include "report/run_directory.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/errors.h"
#include "base/file_content.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kProof = 4096;  // bytes, a disk's block

std::string file_in(const std::string& directory, std::string_view name) {
  return (fs::path(directory) / name).string();
}

/// The path itself or the first folder above it that is there but is no folder; else empty.
std::string obstacle(const fs::path& path) {
  fs::path upper;
  for (const fs::path& part : path) {
    upper /= part;
    std::error_code ignored;
    if (fs::exists(upper, ignored) && !fs::is_directory(upper, ignored)) return upper.string();
  }
  return "";
}

/// The link on the way to a path that leads nowhere; empty when there is none.
std::string dangling_link(const std::string& path) {
  std::error_code error;
  fs::path way;
  for (const fs::path& part : fs::path(path)) {
    way /= part;
    if (fs::is_symlink(way, error) && !fs::exists(way, error)) return way.string();
  }
  return "";
}

/// The folder and those above it, as far as they are not there.
std::vector<fs::path> missing_folders(const fs::path& path) {
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path folder = path; !folder.empty() && !fs::exists(folder, error);
       folder = folder.parent_path()) {
    missing.push_back(folder);
  }
  return missing;
}

/// Some network file systems have no locks; there the user has to keep two processes apart.
bool locks_are_missing(int error_number) {
  return error_number == ENOLCK || error_number == ENOSYS || error_number == ENOTSUP;
}

/// config.json, open for writing and locked until it is closed. It is never replaced or removed, so
/// whoever holds its lock holds the directory.
int open_locked(const std::string& directory) {
  const std::string path = file_in(directory, kConfigFile);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kNewFileMode);
  if (descriptor < 0) throw OutputError(path, "cannot be written: " + output_failure(errno));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  const int failure = errno;
  if (locks_are_missing(failure)) {
    spdlog::warn("{}: this file system has no locks; do not run this config twice at the same time",
                 directory);
    return descriptor;
  }
  ::close(descriptor);
  if (failure == EWOULDBLOCK) {
    throw RunIsElsewhere(
        directory,
        "another initbench process is writing this run; wait until it ends, or choose "
        "another folder with --out");
  }
  throw OutputError(path, "cannot be locked: " + output_failure(failure));
}

/// A file in the folder that leaves nothing, even when the program is killed; where the file system
/// knows no files without a name, one that loses it at once. Negative when it cannot be made.
int open_nameless(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, kNewFileMode);
  const bool is_unknown = errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT;
  if (descriptor >= 0 || !is_unknown) return descriptor;
  std::string probe = (fs::path(folder) / "initbench-XXXXXX").string();
  const int named = ::mkstemp(probe.data());
  if (named >= 0) ::unlink(probe.c_str());
  return named;
}

/// Lets the system begin to bring a file's content to the disk. Waiting for several files after
/// that costs hardly more than for one.
void start_writing(int descriptor) {
  static_cast<void>(::sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE));  // a hint
}

void start_writing(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  start_writing(descriptor);
  ::close(descriptor);
}

bool has_size(const std::string& path, const nlohmann::ordered_json& size) {
  if (!size.is_number_unsigned()) return false;
  std::error_code error;
  return fs::file_size(path, error) == size.get<std::uint64_t>() && !error;
}

[[noreturn]] void refuse_foreign(const std::string& path) {
  throw DataError(path,
                  "is not a file of this run, or was changed; move it away, or replace it with "
                  "--force");
}

/// A file that was cut off in a crash may be a part of `text`, a longer one begins with it.
void check_begins_alike(const std::string& path, std::string_view text) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return;  // nothing to lose: writing to it tells
  const std::string content = content_of_file(path).value_or("");
  const std::size_t common = std::min(content.size(), text.size());
  if (std::string_view(content).substr(0, common) != text.substr(0, common)) refuse_foreign(path);
}

/// Replaced as a whole, it is never a part of itself.
void check_run_file(const std::string& directory) {
  const std::string path = file_in(directory, kRunFile);
  const std::optional<std::string> content = content_of_file(path);
  if (!content) return;
  const auto run = nlohmann::ordered_json::parse(*content, nullptr, false);
  if (!run.is_object() || !run.contains("run_id")) refuse_foreign(path);
}

}  // namespace

void create_folder(const std::string& path) {
  std::error_code error;
  const std::vector<fs::path> missing = missing_folders(path);
  fs::create_directories(path, error);
  if (!error && fs::is_directory(path, error)) {
    for (const fs::path& folder : missing) synchronize_folder_of(folder.string());
    return;
  }
  const std::string nowhere = dangling_link(path);
  if (!nowhere.empty()) {
    throw OutputError(path, "cannot be created: " + nowhere + " is a link to " +
                                fs::read_symlink(nowhere, error).string() +
                                ", which is not there; make that folder, or choose another --out");
  }
  const std::string in_the_way = obstacle(path);
  if (!in_the_way.empty()) {
    throw OutputError(path, "cannot be created: " + in_the_way +
                                " is not a folder; move it away, or choose another --out");
  }
  throw OutputError(path, "cannot be created: " + output_failure(error.value()));
}

std::string run_directory_path(std::string_view out, std::string_view name,
                               std::string_view run_id) {
  return (fs::path(out) / name / run_id).string();
}

bool is_finished(const std::string& path, const nlohmann::ordered_json& run, RunStatus status) {
  if (status == RunStatus::interrupted || !run.contains("files")) return false;
  const nlohmann::ordered_json& files = run["files"];
  if (!files.is_object() || files.empty()) return false;
  const auto items = files.items();
  return std::all_of(items.begin(), items.end(), [&](const auto& item) {
    return has_size(file_in(path, item.key()), item.value());
  });
}

std::optional<RunSummary> finished_run(const std::string& path) {
  const nlohmann::ordered_json run = read_run_json(path);
  std::optional<RunSummary> summary = summary_if_any(run);
  if (!summary || !is_finished(path, run, summary->status)) return std::nullopt;
  return summary;
}

std::string checkpoint_path(const std::string& run_directory) {
  return file_in(run_directory, "checkpoint.safetensors");
}

bool has_checkpoint(const std::string& run_directory) {
  std::error_code error;  // whatever has the name is met when it is read
  return fs::exists(fs::symlink_status(checkpoint_path(run_directory), error));
}

void prove_writable(const std::string& folder) {
  create_folder(folder);
  const int descriptor = open_nameless(folder);
  if (descriptor < 0) {
    throw OutputError(folder, "cannot be written: " + output_failure(errno));
  }
  try {
    write_fully(descriptor, std::string(kProof, '\0'), folder);
    synchronize(descriptor, folder);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);
}

RunDirectory::RunDirectory(std::string path) : path_(std::move(path)) {
  create_folder(path_);
  config_ = open_locked(path_);
}

RunDirectory::~RunDirectory() { ::close(config_); }

void RunDirectory::begin(std::string_view config_json, Foreign foreign) {
  foreign_ = foreign;
  if (foreign_ == Foreign::refused) {
    check_config(config_json);
    check_run_file(path_);
  }
  remove_file(file_in(path_, kRunFile));
  remove_file(file_in(path_, kErrorFile));
  remove_file(checkpoint_path(path_));
  write_config(config_json);
}

void RunDirectory::resume(std::string_view config_json, const TableMarks& marks) {
  for (const auto& [name, mark] : marks) {
    if (begins_as(file_in(path_, name), mark)) continue;
    throw DataError(
        file_in(path_, name),
        "is shorter than it was at the checkpoint, or has been changed; put it back, or "
        "run the config anew with --force");
  }
  remove_file(file_in(path_, kRunFile));
  remove_file(file_in(path_, kErrorFile));
  write_config(config_json);
  for (const auto& [name, mark] : marks) {
    tables_.emplace(name, OutputFile(file_in(path_, name), mark));
  }
}

OutputFile& RunDirectory::table(const std::string& name, std::string_view header) {
  const auto found = tables_.find(name);
  if (found != tables_.end()) return found->second;
  if (foreign_ == Foreign::refused) check_begins_alike(file_in(path_, name), header);
  OutputFile& table = tables_.emplace(name, OutputFile(file_in(path_, name))).first->second;
  table.append(header);
  return table;
}

TableMarks RunDirectory::synchronize_tables() {
  TableMarks marks;
  for (auto& [name, table] : tables_) {
    table.synchronize();
    marks.emplace(name, table.mark());
  }
  return marks;
}

void RunDirectory::finish(nlohmann::ordered_json run) {
  nlohmann::ordered_json& files = run["files"] = nlohmann::ordered_json::object();
  start_writing(config_);
  for (auto& [name, table] : tables_) {
    table.flush();
    start_writing(table.path());
  }
  initbench::synchronize(config_, file_in(path_, kConfigFile));
  for (auto& [name, table] : tables_) {
    table.close();
    files[name] = table.mark().size;
  }
  replace_file(file_in(path_, kRunFile), run.dump(2) + "\n");
}

void RunDirectory::check_config(std::string_view config_json) const {
  check_begins_alike(file_in(path_, kConfigFile), config_json);
}

void RunDirectory::write_config(std::string_view config_json) const {
  const std::string config = file_in(path_, kConfigFile);
  if (fs::file_size(config) == config_json.size() &&
      begins_as(config, {static_cast<std::int64_t>(config_json.size()), fnv1a(config_json)})) {
    return;
  }
  if (::ftruncate(config_, 0) != 0 || ::lseek(config_, 0, SEEK_SET) != 0) {
    throw OutputError(config, "cannot be written: " + output_failure(errno));
  }
  write_fully(config_, config_json, config);
}

void RunDirectory::fail(std::string_view reason) noexcept {
  try {
    OutputFile file(file_in(path_, kErrorFile));
    file.append(reason);
    file.append("\n");
    file.flush();
  } catch (const std::exception&) {
    return;  // the disk is full, perhaps: the reason is told on standard error, too
  }
}

}  // namespace initbench
