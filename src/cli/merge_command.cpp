// merge: many runs to one set of tables, and what is said about those that are not in them.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/errors.h"
#include "base/number.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_code.h"
#include "report/merge.h"

namespace initbench {
namespace {

constexpr std::size_t kMostListed = 20;

/// Each from 0 to 1 and given once.
std::vector<double> accuracies_of(const std::vector<std::string>& texts) {
  std::vector<double> accuracies;
  for (const std::string& text : texts) {
    const auto accuracy = number_of<double>(text);
    if (!accuracy || !(*accuracy > 0 && *accuracy <= 1)) {
      throw ConfigError(
          "--accuracies",
          "expected accuracies above 0 and up to 1, such as 0.5,0.9, got '" + text + "'");
    }
    if (std::find(accuracies.begin(), accuracies.end(), *accuracy) != accuracies.end()) {
      throw ConfigError("--accuracies", "has " + text + " twice; give it once");
    }
    accuracies.push_back(*accuracy);
  }
  return accuracies;
}

/// What a run that is not in the tables is called: its folder, else its settings.
std::string description_of(const SurveyedRun& absent) {
  if (!absent.directory.empty()) return absent.directory;
  const std::string text = absent.run.name + "/" + absent.run.run_id;
  return absent.run.swept.empty() ? text : text + " (" + text_of(absent.run.swept) + ")";
}

void report_absent(const std::vector<SurveyedRun>& absent) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t i = 0; i < absent.size(); ++i) {
    const SurveyedRun& run = absent[i];
    ++counts[run.status];
    if (i >= kMostListed) continue;
    spdlog::error("{}: {}{}{}", description_of(run), run.status, run.reason.empty() ? "" : ": ",
                  run.reason);
  }
  if (absent.size() > kMostListed) {
    spdlog::error("and {} more, see the column status of runs.csv", absent.size() - kMostListed);
  }
  std::string text;
  for (const auto& [status, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + status;
  }
  spdlog::error("{}; start the sweep again to make up for them (finished runs are not run again)",
                text);
}

}  // namespace

int merge_results(const MergeArguments& arguments) {
  const MergedRuns result = merge_runs({.folder = arguments.folder,
                                        .accuracies = accuracies_of(arguments.accuracies),
                                        .seconds = arguments.seconds});
  for (const std::string& remark : result.remarks) spdlog::warn("{}", remark);
  spdlog::info("{} of {} runs merged", result.merged, result.merged + result.absent.size());
  if (!result.absent.empty()) report_absent(result.absent);
  print(result.folder + "\n");
  return static_cast<int>(result.absent.empty() ? ExitCode::done : ExitCode::some_runs_failed);
}

}  // namespace initbench
