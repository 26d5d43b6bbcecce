#include "report/compare_reading.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "base/errors.h"
#include "base/suggest.h"
#include "experiment/json_text.h"
#include "report/compare_names.h"
#include "report/compare_plan.h"
#include "report/run_origins.h"

namespace initbench {
namespace {

/// Where a run must have which value.
class Filter {
 public:
  explicit Filter(const std::vector<std::string>& conditions) {
    for (const std::string& condition : conditions) {
      const std::size_t equals = condition.find('=');
      if (equals == std::string::npos || equals == 0) {
        throw ConfigError("--where",
                          "expected PATH=VALUE, such as train.lr=0.1, got '" + condition + "'");
      }
      const std::string text = condition.substr(equals + 1);
      JsonText parsed = parse_json(text);
      conditions_.emplace_back(condition.substr(0, equals),
                               parsed.issues.empty() ? label_of(parsed.root) : text);
    }
  }

  bool admits(const StoredRun& run) {
    return std::all_of(conditions_.begin(), conditions_.end(), [&](const auto& condition) {
      const std::string value = label_of(setting_or_refuse("--where", condition.first, run));
      seen_[condition.first].insert(value);
      return value == condition.second;
    });
  }

  /// Of a run that is only planned: whether its sweep sets nothing else.
  bool may_admit(const PlannedRun& run) const {
    return std::all_of(conditions_.begin(), conditions_.end(), [&](const auto& condition) {
      const std::optional<Json> value = swept_setting(run.swept, condition.first);
      return !value || label_of(*value) == condition.second;
    });
  }

  /// What the runs have where none was admitted.
  std::string values_seen() const {
    std::string text;
    for (const auto& [path, values] : seen_) {
      text += (text.empty() ? "" : "; ") + path + " is ";
      bool first = true;
      for (const std::string& value : values)
        text += (std::exchange(first, false) ? "" : ", ") + value;
    }
    return text;
  }

 private:
  std::vector<std::pair<std::string, std::string>> conditions_;  // paths and labels of values
  std::map<std::string, std::set<std::string>> seen_;
};

/// The same settings and seed must have met the same data.
class SameData {
 public:
  void check(const StoredRun& run) {
    const std::string key = run.config.at("data").dump() + std::to_string(run.summary.seed);
    const auto known = digests_.try_emplace(key, run.summary.dataset_digest, run.directory).first;
    if (known->second.first == run.summary.dataset_digest) return;
    throw ConfigError("", known->second.second + " and " + run.directory +
                              " have the same settings and seed but different data: the files "
                              "changed in between; run the older one again with --force");
  }

 private:
  std::map<std::string, std::pair<std::string, std::string>> digests_;
};

std::vector<std::string> directories_of(const CompareRequest& request,
                                        std::vector<std::string>& notes) {
  std::vector<std::string> directories;
  for (const std::string& folder : request.folders) {
    const ResultsFolder found = find_runs(folder);
    directories.insert(directories.end(), found.runs.begin(), found.runs.end());
    if (!found.foreign.empty()) {
      notes.push_back(std::to_string(found.foreign.size()) + " entries of " + folder +
                      " are no runs, such as " + found.foreign.front());
    }
  }
  return directories;
}

/// What the folders hold, counted.
struct Census {
  std::size_t twice = 0;
  std::size_t unfinished = 0;
  std::string first_unfinished;
  std::size_t filtered = 0;

  void add_notes(std::vector<std::string>& notes) const {
    if (unfinished > 0) {
      notes.push_back(std::to_string(unfinished) + " runs are not finished and left out, such as " +
                      first_unfinished + "; run their config again to finish them");
    }
    if (twice > 0) {
      notes.push_back(std::to_string(twice) +
                      " runs are in the folders more than once and "
                      "counted once");
    }
    if (filtered > 0) {
      notes.push_back(std::to_string(filtered) + " runs are left out by --where");
    }
  }
};

RunRecord record_of(const MeasuredRun& measured, const std::vector<RunMetric>& metrics,
                    SharedSettings& settings) {
  const StoredRun& run = measured.run;
  RunRecord record{.directory = run.directory,
                   .seed = run.summary.seed,
                   .name = run.summary.name,
                   .scheme = {},
                   .rate = {},
                   .pooled = {},
                   .settings = settings.settings_of(run),
                   .diverged = run.summary.result.diverged(),
                   .trains = trains(run.summary.result),
                   .figures = {}};
  for (const RunMetric& metric : metrics) {
    if (!applies(metric, measured)) {
      throw ConfigError(
          "--metric " + metric.name,
          run.directory + " has no such figure; there are: " + metric_names(measured));
    }
    record.figures.push_back(metric.value(measured, metric.parameter));
  }
  return record;
}

}  // namespace

RunRecords read_records(const CompareRequest& request) {
  RunRecords records;
  for (const std::string& name : request.metrics) records.metrics.push_back(find_metric(name));
  Filter filter(request.where);
  RunOrigins origins;
  SameData data;
  Census census;
  RunNaming naming(request);
  std::set<std::string> known;
  SharedSettings settings;
  const std::vector<std::string> directories = directories_of(request, records.notes);
  PlanCensus planned;
  for (const std::string& directory : directories) {
    std::optional<StoredRun> run = read_stored_run(directory);
    if (!run) {
      if (census.unfinished++ == 0) census.first_unfinished = directory;
      planned.note_unfinished(std::filesystem::path(directory).filename().string());
    } else if (!known.insert(run->summary.run_id).second) {
      ++census.twice;
    } else if (!filter.admits(*run)) {
      ++census.filtered;
      planned.note_filtered(run->summary.run_id, run->summary.name);
    } else {
      origins.add(*run);
      data.check(*run);
      naming.note(*run);
      if (records.metrics.empty()) {
        records.metrics.push_back(find_metric(default_metric(run->summary)));
      }
      MeasuredRun measured{.run = *std::move(run), .curve = read_curves(directory)};
      records.runs.push_back(record_of(measured, records.metrics, settings));
    }
  }
  naming.apply(records.runs);
  if (!records.runs.empty()) {
    records.planned =
        planned.count(request, records.runs, naming,
                      [&filter](const PlannedRun& run) { return filter.may_admit(run); });
    const std::string missing = missing_text(records.planned);
    if (!missing.empty()) records.notes.push_back(missing);
  }
  census.add_notes(records.notes);
  const std::vector<std::string> remarks = origins.remarks();
  records.notes.insert(records.notes.end(), remarks.begin(), remarks.end());
  if (!records.runs.empty()) return records;
  if (census.filtered > 0) {
    throw ConfigError("--where", "no run has these values; " + filter.values_seen() +
                                     " (each --where takes one value, and all of them must hold)");
  }
  std::string message = "holds no finished run";
  if (census.unfinished > 0) {
    message += ", but " + std::to_string(census.unfinished) +
               " that are not finished; run their config again";
  } else {
    message += "; give the --out of your runs";
  }
  throw DataError(request.folders.front(), message);
}

}  // namespace initbench
