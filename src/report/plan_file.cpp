#include "report/plan_file.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/errors.h"
#include "base/file_content.h"
#include "data/digest.h"
#include "report/output_file.h"
#include "report/run_directory.h"
#include "report/run_summary.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "plan-";
constexpr std::string_view kSuffix = ".jsonl";

PlannedRun run_in(const Json& line) {
  return {.name = line.at("name").get<std::string>(),
          .run_id = line.at("run_id").get<std::string>(),
          .seed = line.at("seed").get<std::uint64_t>(),
          .swept = read_swept(line.at("swept"))};
}

/// Of a plan with this content.
std::string plan_name(const std::string& text) {
  Digest digest;
  digest.add_bytes(std::as_bytes(std::span(text)));
  std::string name(kPrefix);
  return name.append(digest.hex()).append(kSuffix);
}

/// What the processes of this machine begin the names of their unfinished plans with; their number
/// follows.
std::string unfinished_prefix(const fs::path& path) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::string prefix = ".";
  prefix.append(path.filename().string()).append(".").append(host.data()).append(".");
  return prefix;
}

/// A path beside the other that no other process uses, on this machine or another one.
std::string neighbour(const fs::path& path) {
  return (path.parent_path() / (unfinished_prefix(path) + std::to_string(::getpid()))).string();
}

bool is_process(const std::string& number) {
  const int process = std::atoi(number.c_str());
  return process > 0 && (::kill(process, 0) == 0 || errno != ESRCH);
}

/// Takes away what processes of this machine left of this plan when they were killed.
void remove_left_over(const fs::path& path) {
  const std::string prefix = unfinished_prefix(path);
  std::error_code error;
  for (fs::directory_iterator entry(path.parent_path(), error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) || is_process(name.substr(prefix.size()))) continue;
    std::error_code gone_meanwhile;
    fs::remove(entry->path(), gone_meanwhile);
  }
}

}  // namespace

void write_plan(const std::string& out, std::span<const PlannedRun> runs) {
  std::string text;
  for (const PlannedRun& run : runs) {
    const Json line = {{"name", run.name},
                       {"run_id", run.run_id},
                       {"seed", run.seed.value()},
                       {"swept", swept_json(run.swept)}};
    text.append(line.dump()).append("\n");
  }
  const fs::path path = fs::path(out) / plan_name(text);
  remove_left_over(path);
  std::error_code error;
  if (fs::file_size(path, error) == text.size() && !error) return;
  create_folder(out);
  const std::string unfinished = neighbour(path);
  try {
    OutputFile file(unfinished);
    file.append(text);
    file.close();
    if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
      throw OutputError(path.string(), "cannot be written: " + output_failure(errno));
    }
    synchronize_folder_of(path.string());
  } catch (...) {
    fs::remove(unfinished, error);
    throw;
  }
}

bool is_plan_file(std::string_view file_name) {
  return file_name.starts_with(kPrefix) && file_name.ends_with(kSuffix);
}

std::vector<std::string> find_plans(const std::string& out) {
  std::vector<std::string> plans;
  std::error_code error;
  for (fs::directory_iterator entry(out, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (is_plan_file(entry->path().filename().string())) plans.push_back(entry->path().string());
  }
  std::sort(plans.begin(), plans.end());
  return plans;
}

std::vector<PlannedRun> read_plan(const std::string& path) {
  const std::optional<std::string> content = content_of_file(path);
  if (!content) throw DataError(path, "has just been removed; try again");
  const std::string& text = *content;
  if (plan_name(text) != fs::path(path).filename().string()) {
    throw DataError(path,
                    "was shortened or altered: its name is not the digest of its content; remove "
                    "it and start the sweep again (finished runs are not run again)");
  }
  std::vector<PlannedRun> runs;
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    try {
      runs.push_back(run_in(Json::parse(line)));
    } catch (const Json::exception&) {
      throw DataError(path, "line " + std::to_string(number) +
                                " is no run of a plan; remove the file and start the sweep again "
                                "(finished runs are not run again)");
    }
  }
  return runs;
}

std::vector<KnownPlan> plans_of(const std::string& folder) {
  const fs::path whole = fs::absolute(fs::path(folder) / "").lexically_normal().parent_path();
  std::vector<std::string> paths = find_plans(whole.string());
  std::string only_name;
  if (paths.empty()) {
    paths = find_plans(whole.parent_path().string());
    only_name = whole.filename().string();
  }
  std::vector<KnownPlan> plans;
  for (const std::string& path : paths) {
    KnownPlan plan{.path = path, .runs = read_plan(path)};
    std::erase_if(plan.runs, [&](const PlannedRun& run) {
      return !only_name.empty() && run.name != only_name;
    });
    if (!plan.runs.empty()) plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace initbench
