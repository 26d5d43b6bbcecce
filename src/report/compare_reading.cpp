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
      conditions_.emplace_back(condition.substr(0, equals), label_of(json_or_text(text)));
    }
  }

  bool admits(const StoredRun& run, SettingLookup& lookup) {
    return std::all_of(conditions_.begin(), conditions_.end(), [&](const auto& condition) {
      const std::string value = label_of(lookup.value("--where", condition.first, run));
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

/// Reads the runs of a request, one after the other.
class RecordReader {
 public:
  explicit RecordReader(const CompareRequest& request)
      : request_(request), filter_(request.where), naming_(request) {
    for (const std::string& name : request.metrics) records_.metrics.push_back(find_metric(name));
  }

  RunRecords read() {
    for (const std::string& directory : directories_of(request_, records_.notes)) add(directory);
    lookup_.refuse_unknown();
    if (records_.runs.empty()) refuse();
    naming_.apply(records_.runs);
    records_.planned =
        planned_.count(request_, records_.runs, naming_,
                       [this](const PlannedRun& run) { return filter_.may_admit(run); });
    const std::string missing = missing_text(records_.planned);
    if (!missing.empty()) records_.notes.push_back(missing);
    census_.add_notes(records_.notes);
    const std::vector<std::string> remarks = origins_.remarks();
    records_.notes.insert(records_.notes.end(), remarks.begin(), remarks.end());
    return std::move(records_);
  }

 private:
  void add(const std::string& directory) {
    std::optional<StoredRun> run = read_stored_run(directory);
    if (!run) {
      if (census_.unfinished++ == 0) census_.first_unfinished = directory;
      planned_.note_unfinished(std::filesystem::path(directory).filename().string());
    } else if (!known_.insert(run->summary.run_id).second) {
      ++census_.twice;
    } else if (!filter_.admits(*run, lookup_)) {
      ++census_.filtered;
      planned_.note_filtered(run->summary.run_id, run->summary.name);
    } else {
      origins_.add(*run);
      data_.check(*run);
      naming_.note(*run, lookup_);
      if (records_.metrics.empty()) {
        records_.metrics.push_back(find_metric(default_metric(run->summary)));
      }
      const MeasuredRun measured{.run = *std::move(run), .curve = read_curves(directory)};
      records_.runs.push_back(record_of(measured, records_.metrics, settings_));
    }
  }

  [[noreturn]] void refuse() const {
    if (census_.filtered > 0) {
      throw ConfigError("--where",
                        "no run has these values; " + filter_.values_seen() +
                            " (each --where takes one value, and all of them must hold)");
    }
    std::string message = "holds no finished run";
    if (census_.unfinished > 0) {
      message += ", but " + std::to_string(census_.unfinished) +
                 " that are not finished; run their config again";
    } else {
      message += "; give the --out of your runs";
    }
    throw DataError(request_.folders.front(), message);
  }

  const CompareRequest& request_;
  SettingLookup lookup_;
  Filter filter_;
  RunNaming naming_;
  RunOrigins origins_;
  SameData data_;
  Census census_;
  std::set<std::string> known_;  // ids
  SharedSettings settings_;
  PlanCensus planned_;
  RunRecords records_;
};

}  // namespace

RunRecords read_records(const CompareRequest& request) { return RecordReader(request).read(); }

}  // namespace initbench
