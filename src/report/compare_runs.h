/// `initbench compare`: from folders of runs to schemes set side by side.
#pragma once

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
  std::vector<std::string> notes;  // what a reader must know of the runs
  std::vector<MetricComparison> metrics;
};

/// Reads the runs one at a time and compares them. Throws ConfigError when there is nothing to
/// compare or the runs differ in what the request does not speak of, DataError for a folder that is
/// missing, empty or damaged.
RunComparison compare_runs(const CompareRequest& request);

}  // namespace initbench
