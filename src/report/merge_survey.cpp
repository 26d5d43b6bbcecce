#include "report/merge_survey.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/errors.h"
#include "report/run_directory.h"
#include "report/run_origins.h"
#include "report/stored_run.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The seed of a run that has not ended, from its config if that is whole.
std::optional<std::uint64_t> seed_of(const std::string& directory) {
  std::ifstream file(fs::path(directory) / kConfigFile);
  const Json config = Json::parse(file, nullptr, false);
  if (!config.is_object() || !config.contains("seed")) return std::nullopt;
  if (!config["seed"].is_number_unsigned()) return std::nullopt;
  return config["seed"].get<std::uint64_t>();
}

void describe_unfinished(SurveyedRun& found) {
  const fs::path folder(found.directory);
  found.run.name = fs::absolute(folder).lexically_normal().parent_path().filename().string();
  found.run.run_id = folder.filename().string();
  found.run.seed = seed_of(found.directory);
  const std::string error = (folder / kErrorFile).string();
  std::error_code ignored;
  if (fs::exists(error, ignored)) {
    found.status = "failed";
    found.reason = first_line_of(error);
  } else {
    const std::optional<RunSummary> summary = read_summary(found.directory);
    const bool interrupted = summary && summary->status == RunStatus::interrupted;
    found.status = interrupted ? to_string(RunStatus::interrupted) : "unfinished";
  }
}

SurveyedRun survey_run(const std::string& directory, RunOrigins& origins) {
  SurveyedRun found{.run = {}, .directory = directory, .status = {}, .reason = {}};
  const std::optional<StoredRun> run = read_stored_run(directory);
  if (!run) {
    describe_unfinished(found);
    return found;
  }
  origins.add(*run);
  found.run = {.name = run->summary.name,
               .run_id = run->summary.run_id,
               .seed = run->summary.seed,
               .swept = run->summary.swept};
  found.status = to_string(run->summary.status);
  found.ended = true;
  return found;
}

/// What all plans of a folder ask for.
struct WholePlan {
  std::vector<std::string> paths;  // of the plans, the widest first
  std::vector<PlannedRun> runs;    // each once: those of the widest plan, then what others add
  bool is_one_plan = true;         // the first one holds all others
};

/// A run of two sweeps has a value of every path that either sweeps.
void add_missing(const SweepPoint& more, SweepPoint& swept) {
  for (const Override& setting : more) {
    const bool is_there = std::any_of(swept.begin(), swept.end(), [&](const Override& known) {
      return known.path == setting.path;
    });
    if (!is_there) swept.push_back(setting);
  }
}

WholePlan union_of(std::vector<KnownPlan> plans) {
  std::stable_sort(plans.begin(), plans.end(), [](const KnownPlan& a, const KnownPlan& b) {
    return a.runs.size() > b.runs.size();
  });
  WholePlan whole;
  std::map<std::string, std::size_t> known;  // places in whole.runs
  for (KnownPlan& plan : plans) {
    for (PlannedRun& run : plan.runs) {
      const auto [place, is_new] = known.try_emplace(run.run_id, whole.runs.size());
      if (!is_new) {
        add_missing(run.swept, whole.runs[place->second].swept);
        continue;
      }
      whole.is_one_plan = whole.is_one_plan && whole.paths.empty();
      whole.runs.push_back(std::move(run));
    }
    whole.paths.push_back(plan.path);
  }
  return whole;
}

/// Told where a sweep that was a mistake would show as missing runs.
std::string remark_on(const WholePlan& plan) {
  return "the tables hold the runs of " + std::to_string(plan.paths.size()) + " plans (" +
         listed(plan.paths) +
         "); if one was a mistake, remove its file, and the folders of its runs if it has some";
}

using RunsById = std::map<std::string, SurveyedRun>;

std::vector<SurveyedRun> in_plan_order(const WholePlan& plan, RunsById found) {
  std::vector<SurveyedRun> runs;
  for (const PlannedRun& planned : plan.runs) {
    const auto there = found.find(planned.run_id);
    if (there == found.end()) {
      runs.push_back({.run = planned, .directory = {}, .status = "missing", .reason = {}});
      continue;
    }
    runs.push_back(std::move(there->second));
    runs.back().run = planned;  // a run that was there before its sweep says nothing of settings
    found.erase(there);
  }
  if (found.empty()) return runs;
  std::vector<std::string> others;
  for (const auto& [id, run] : found) others.push_back(run.directory);
  throw DataError(others.front(),
                  "is not in " + listed(plan.paths) + " (" + listed(others) +
                      "): it is of another plan; move it away, or start a sweep that has all runs");
}

std::vector<SurveyedRun> in_name_order(RunsById&& found) {
  std::vector<SurveyedRun> runs;
  for (auto& [id, run] : found) runs.push_back(std::move(run));
  std::stable_sort(runs.begin(), runs.end(), [](const SurveyedRun& a, const SurveyedRun& b) {
    return a.run.name < b.run.name;
  });
  return runs;
}

}  // namespace

Survey survey_runs(const std::string& folder) {
  const ResultsFolder results = find_runs(folder);
  if (!results.foreign.empty()) {
    throw DataError(results.foreign.front(),
                    "is no run of initbench, nor a file of its own (" + listed(results.foreign) +
                        "); move what is foreign out of " + folder + ", then merge again");
  }
  const fs::path whole = fs::absolute(fs::path(folder) / "").lexically_normal().parent_path();
  if (results.runs.size() == 1 && fs::equivalent(results.runs.front(), whole)) {
    throw DataError(folder, "is a single run; give the --out of your runs");
  }
  const WholePlan plan = union_of(plans_of(folder));
  if (results.runs.empty() && plan.runs.empty()) {
    throw DataError(folder, "holds no runs; give the --out of your runs");
  }
  RunOrigins origins;
  RunsById found;
  for (const std::string& directory : results.runs) {
    SurveyedRun run = survey_run(directory, origins);
    const std::string id = run.run.run_id;
    const auto [there, is_new] = found.try_emplace(id, std::move(run));
    if (!is_new) {
      throw DataError(directory,
                      "is the same run as " + there->second.directory + "; move one of them away");
    }
  }
  Survey survey{.runs = plan.runs.empty() ? in_name_order(std::move(found))
                                          : in_plan_order(plan, std::move(found)),
                .remarks = origins.remarks()};
  if (!plan.is_one_plan) survey.remarks.push_back(remark_on(plan));
  return survey;
}

}  // namespace initbench
