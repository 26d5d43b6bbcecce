#include "report/compare_runs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/errors.h"
#include "base/number.h"
#include "base/suggest.h"
#include "report/compare_reading.h"
#include "report/run_origins.h"

namespace initbench {
namespace {

constexpr std::size_t kMostListed = 3;

std::string listed(const std::set<std::string>& values) {
  return initbench::listed(std::vector<std::string>(values.begin(), values.end()));
}

/// Numbers by size, before other text by the alphabet.
bool label_less(const std::string& a, const std::string& b) {
  const auto key = [](const std::string& text) {
    const auto number = number_of<double>(text);
    return std::tuple(!number, number.value_or(0));
  };
  const auto left = key(a);
  const auto right = key(b);
  return left != right ? left < right : a < b;
}

std::vector<std::string> distinct(const std::vector<RunRecord>& runs,
                                  std::string RunRecord::*label) {
  std::vector<std::string> labels;
  labels.reserve(runs.size());
  for (const RunRecord& run : runs) labels.push_back(run.*label);
  std::sort(labels.begin(), labels.end(), label_less);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

std::size_t index_in(const std::vector<std::string>& labels, const std::string& label) {
  return static_cast<std::size_t>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

bool is_compared(const CompareRequest& request, const std::string& path) {
  return std::find(request.by.begin(), request.by.end(), path) != request.by.end();
}

bool is_pooled(const CompareRequest& request, const std::string& path) {
  return std::find(request.pool.begin(), request.pool.end(), path) != request.pool.end();
}

/// In what the runs differ beyond what the request speaks of.
VariedSettings unexplained(const CompareRequest& request, const std::vector<RunRecord>& runs) {
  std::vector<std::string> accounted = request.by;
  accounted.push_back(request.rate);
  accounted.insert(accounted.end(), request.pool.begin(), request.pool.end());
  // A name stands for all that its config says: what counts are differences under one name.
  const bool names_count = is_compared(request, "name") || is_pooled(request, "name");
  std::map<std::string, std::vector<RunSettings>> groups;
  for (const RunRecord& run : runs) groups[names_count ? run.name : ""].push_back(run.settings);
  VariedSettings varied;
  for (const auto& [name, settings] : groups) {
    for (auto& [path, values] : varied_settings(settings, accounted)) varied[path].merge(values);
  }
  return varied;
}

std::set<std::string> names_of(const std::vector<RunRecord>& runs) {
  std::set<std::string> names;
  for (const RunRecord& run : runs) names.insert(run.name);
  return names;
}

void check_nothing_is_mixed(const CompareRequest& request, const std::vector<RunRecord>& runs) {
  const VariedSettings varied = unexplained(request, runs);
  if (varied.empty()) return;
  std::string message = "the runs also differ in ";
  std::size_t count = 0;
  for (const auto& [path, values] : varied) {
    if (count == kMostListed) {
      message += " and " + std::to_string(varied.size() - count) + " more settings";
      break;
    }
    message += (count++ == 0 ? "" : ", ") + path + " (" + listed(values) + ")";
  }
  // Configs of their own differ in much, and by their names.
  const std::set<std::string> names = names_of(runs);
  const bool by_name =
      names.size() > 1 && !is_compared(request, "name") && !is_pooled(request, "name");
  const std::string path = by_name ? "name" : varied.begin()->first;
  const std::string value = by_name ? *names.begin() : *varied.begin()->second.begin();
  throw ConfigError("", message + "; compare them apart with --by " + path +
                            " as well, keep one with --where " + path + "=" + value +
                            ", or average over them with --pool " + path);
}

void check_schemes(const CompareRequest& request, const RunRecords& records,
                   const ComparisonNames& names) {
  if (names.schemes.size() > 1) return;
  std::string message = "all " + std::to_string(records.runs.size()) + " runs have " +
                        names.schemes.front() + ": there is nothing to compare";
  CompareRequest nothing = request;
  nothing.by.clear();
  nothing.rate.clear();
  nothing.pool.clear();
  const VariedSettings varied = unexplained(nothing, records.runs);
  if (!varied.empty()) {
    message += "; they differ in " + varied.begin()->first + " (" + listed(varied.begin()->second) +
               "): --by " + varied.begin()->first;
  } else {
    message += "; give folders of runs with other values, or another --by";
  }
  std::string place = "--by";
  for (const std::string& path : request.by)
    place += (path == request.by.front() ? " " : ",") + path;
  throw ConfigError(place, message);
}

std::optional<std::size_t> baseline_in(const std::vector<std::string>& schemes,
                                       const std::string& baseline) {
  if (baseline.empty()) return std::nullopt;
  const std::size_t index = index_in(schemes, baseline);
  if (index < schemes.size()) return index;
  const std::vector<std::string_view> views(schemes.begin(), schemes.end());
  std::string message = "no scheme is called '" + baseline + "'" + did_you_mean(baseline, views);
  if (message.back() != '?') {
    message += "; there are:";
    for (const std::string& scheme : schemes) message += " '" + scheme + "'";
  }
  throw ConfigError("--baseline", message);
}

using Cell = std::tuple<std::size_t, std::size_t, std::uint64_t>;  // scheme, rate, seed

/// The runs that are averaged, by cell, each with its values of what is pooled.
using Pools = std::map<Cell, std::map<std::string, const RunRecord*>>;

Pools pools_of(const std::vector<RunRecord>& runs, const ComparisonNames& names) {
  Pools pools;
  for (const RunRecord& run : runs) {
    const Cell cell{index_in(names.schemes, run.scheme), index_in(names.rates, run.rate), run.seed};
    const auto [known, is_new] = pools[cell].try_emplace(run.pooled, &run);
    if (is_new) continue;
    throw ConfigError("", "two runs hold seed " + std::to_string(run.seed) + " of " + run.scheme +
                              ": " + known->second->directory + " and " + run.directory +
                              "; give one of their folders only, or compare --by name");
  }
  return pools;
}

double score_of(const RunRecord& run, std::size_t metric, Better better) {
  const std::optional<double> figure = run.figures[metric];
  if (run.diverged || !figure || !std::isfinite(*figure)) {
    return kWorstScore;
  }
  return better == Better::more ? *figure : -*figure;
}

/// The mean over what is pooled; one diverged run makes the seed a diverged one.
ComparedRun pooled_run(const Cell& cell, const std::map<std::string, const RunRecord*>& pool,
                       std::size_t metric, Better better) {
  ComparedRun compared{.scheme = std::get<0>(cell),
                       .rate = std::get<1>(cell),
                       .seed = std::get<2>(cell),
                       .score = 0,
                       .diverged = false,
                       .trains = true};
  for (const auto& [label, run] : pool) {
    compared.score += score_of(*run, metric, better) / static_cast<double>(pool.size());
    compared.diverged = compared.diverged || run->diverged;
    if (!run->trains || !compared.trains) {
      compared.trains.reset();
    } else {
      compared.trains = *compared.trains && *run->trains;
    }
  }
  return compared;
}

/// Cells that lack one of the pooled values are left out: their mean would be of something else.
void drop_incomplete(Pools& pools, std::size_t pooled, std::vector<std::string>& notes) {
  const std::size_t dropped =
      std::erase_if(pools, [pooled](const auto& entry) { return entry.second.size() < pooled; });
  if (dropped == 0) return;
  notes.push_back(std::to_string(dropped) + " seeds of a scheme lack one of the " +
                  std::to_string(pooled) + " values that are pooled, and are left out");
}

void check_all_schemes_left(const Pools& pools, const ComparisonNames& names) {
  for (std::size_t scheme = 0; scheme < names.schemes.size(); ++scheme) {
    const bool is_left = std::any_of(pools.begin(), pools.end(), [scheme](const auto& entry) {
      return std::get<0>(entry.first) == scheme;
    });
    if (is_left) continue;
    throw ConfigError("--pool", names.schemes[scheme] +
                                    " has no seed with all values that are pooled; run the missing "
                                    "ones, or leave some out with --where");
  }
}

void refuse_pooled_schemes(const CompareRequest& request) {
  for (const std::string& path : request.pool) {
    if (!is_compared(request, path)) continue;
    throw ConfigError("--pool " + path, "is what --by compares; give it to one of the two");
  }
}

void refuse_twice(const std::string& flag, const std::vector<std::string>& names) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) == name) continue;
    throw ConfigError(flag, "has '" + *name + "' twice; give it once");
  }
}

/// What is tuned is no second time averaged over.
void refuse_pooled_rate(const CompareRequest& request) {
  if (!is_pooled(request, request.rate)) return;
  throw ConfigError(
      "--pool " + request.rate,
      "is what --rate tunes: each scheme is shown at its best one and all at a common "
      "one; drop it from --pool, or name another setting with --rate");
}

/// Compared are then tasks, whose losses and accuracies have no common scale.
void add_task_note(const CompareRequest& request, std::vector<std::string>& notes) {
  for (const std::string& path : request.by) {
    if (!path.starts_with("data.") && path != "train.loss") continue;
    notes.push_back("by " + path +
                    " tasks are compared: a difference says which is the easier one, or has the "
                    "other scale, and not that a scheme is better");
  }
}

}  // namespace

RunComparison compare_runs(const CompareRequest& request) {
  expects(!request.by.empty(), "a comparison is by something");
  refuse_twice("--by", request.by);
  refuse_twice("--metric", request.metrics);
  refuse_twice("--pool", request.pool);
  RunComparison comparison{.request = request};
  // Compared themselves, learning rates are not tuned.
  if (is_compared(request, request.rate)) comparison.request.rate.clear();
  refuse_pooled_schemes(request);
  refuse_pooled_rate(comparison.request);
  RunRecords records = read_records(comparison.request);
  ComparisonNames& names = comparison.names;
  names.schemes = distinct(records.runs, &RunRecord::scheme);
  names.rates = distinct(records.runs, &RunRecord::rate);
  check_schemes(request, records, names);
  check_nothing_is_mixed(request, records.runs);
  names.baseline = baseline_in(names.schemes, request.baseline);

  Pools pools = pools_of(records.runs, names);
  comparison.planned = std::move(records.planned);
  comparison.notes = std::move(records.notes);
  drop_incomplete(pools, distinct(records.runs, &RunRecord::pooled).size(), comparison.notes);
  check_all_schemes_left(pools, names);
  std::set<std::uint64_t> seeds;
  for (const auto& [cell, pool] : pools) {
    comparison.runs += pool.size();
    seeds.insert(std::get<2>(cell));
  }
  comparison.seeds = seeds.size();
  for (std::size_t metric = 0; metric < records.metrics.size(); ++metric) {
    std::vector<ComparedRun> compared;
    for (const auto& [cell, pool] : pools) {
      compared.push_back(pooled_run(cell, pool, metric, records.metrics[metric].better));
    }
    comparison.metrics.push_back(
        {.metric = records.metrics[metric], .views = compare_schemes(compared, names)});
  }
  add_task_note(request, comparison.notes);
  const std::vector<ComparisonView>& views = comparison.metrics.front().views;
  if (names.rates.size() > 1 && views.back().choice != RateChoice::common) {
    comparison.notes.push_back(
        "no " + comparison.request.rate +
        " was run with every scheme (and three quarters of its seeds), so none can "
        "be common to all");
  }
  return comparison;
}

}  // namespace initbench
