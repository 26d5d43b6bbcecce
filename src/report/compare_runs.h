/// `initbench compare`: from folders of runs to schemes set side by side.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "experiment/comparison.h"
#include "report/run_metrics.h"

namespace initbench {

struct CompareRequest {
  std::vector<std::string> folders;
  std::vector<std::string> by;       // paths of --set; one scheme per combination of their values
  std::string rate = "train.lr";     // each scheme has its own best one; empty: none is looked for
  std::vector<std::string> metrics;  // empty: the default one
  std::string baseline;              // a scheme's name; empty: all pairs
  std::vector<std::string> where;    // PATH=VALUE: only these runs
  std::vector<std::string> pool;     // paths over which the runs of a seed are averaged
};

/// Of a scheme's runs, at all rates, that the folders' plans ask for.
struct PlannedRuns {
  std::size_t planned = 0;
  std::size_t missing = 0;     // not begun
  std::size_t unfinished = 0;  // begun, or failed

  std::size_t absent() const { return missing + unfinished; }
};

/// By the scheme's name; under the empty one those whose plan does not tell it.
using PlannedByScheme = std::map<std::string, PlannedRuns>;

/// All schemes by one metric.
struct MetricComparison {
  RunMetric metric;
  std::vector<ComparisonView> views;
};

struct RunComparison {
  CompareRequest request;
  ComparisonNames names;
  std::size_t runs = 0;            // that are compared
  std::size_t seeds = 0;           // distinct ones
  PlannedByScheme planned;         // empty: there is no plan
  std::vector<std::string> notes;  // what a reader must know of the runs
  std::vector<MetricComparison> metrics;
};

/// Reads the runs one at a time and compares them. Throws ConfigError when there is nothing to
/// compare or the runs differ in what the request does not speak of, DataError for a folder that is
/// missing, empty or damaged.
RunComparison compare_runs(const CompareRequest& request);

}  // namespace initbench
