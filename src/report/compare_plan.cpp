#include "report/compare_plan.h"

#include <algorithm>
#include <filesystem>

#include "report/plan_file.h"

namespace initbench {
namespace {

constexpr const char* kUntold = "(the plan does not tell which scheme)";

/// Schemes by run id, and the names of their experiments.
struct ComparedIds {
  std::map<std::string, std::string> schemes;
  std::set<std::string> names;
};

ComparedIds ids_of(const std::vector<RunRecord>& runs) {
  ComparedIds ids;
  for (const RunRecord& run : runs) {
    ids.schemes[std::filesystem::path(run.directory).filename().string()] = run.scheme;
    ids.names.insert(run.name);
  }
  return ids;
}

std::string absent_text(const std::string& scheme, const PlannedRuns& runs) {
  std::string text(scheme.empty() ? kUntold : scheme);
  if (runs.missing > 0) text.append(" ").append(std::to_string(runs.missing)).append(" missing");
  if (runs.missing > 0 && runs.unfinished > 0) text.append(" and");
  if (runs.unfinished > 0) {
    text.append(" ").append(std::to_string(runs.unfinished)).append(" not finished");
  }
  return text.append(" of ").append(std::to_string(runs.planned));
}

}  // namespace

PlannedByScheme PlanCensus::count(
    const CompareRequest& request, const std::vector<RunRecord>& runs, const RunNaming& naming,
    const std::function<bool(const PlannedRun&)>& is_asked_for) const {
  const ComparedIds compared = ids_of(runs);
  std::set<std::string> known;
  PlannedByScheme planned;
  const auto add = [&](const PlannedRun& run) {
    if (!known.insert(run.run_id).second || filtered_.contains(run.run_id)) return;
    const auto there = compared.schemes.find(run.run_id);
    if (there != compared.schemes.end()) {
      ++planned[there->second].planned;
      return;
    }
    const bool is_of_others =
        filtered_names_.contains(run.name) && !compared.names.contains(run.name);
    if (is_of_others || !is_asked_for(run)) return;
    PlannedRuns& scheme = planned[naming.scheme_of(run).value_or("")];
    ++scheme.planned;
    ++(unfinished_.contains(run.run_id) ? scheme.unfinished : scheme.missing);
  };
  for (const std::string& folder : request.folders) {
    for (const KnownPlan& plan : plans_of(folder)) {
      std::for_each(plan.runs.begin(), plan.runs.end(), add);
    }
  }
  return planned;
}

std::string missing_text(const PlannedByScheme& planned) {
  std::string text;
  for (const auto& [scheme, runs] : planned) {
    if (runs.absent() > 0) text += (text.empty() ? "" : ", ") + absent_text(scheme, runs);
  }
  if (text.empty()) return "";
  return "runs of the plan that are not compared: " + text +
         "; the figures of a scheme that lacks some may be off either way: start the sweep again";
}

}  // namespace initbench
