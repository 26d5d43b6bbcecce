/// `initbench merge`: one set of tables out of many runs,
/// `<folder>/merged/{runs,curves,layers}.csv`.
///
/// The bytes depend on the runs alone: not on the order in which they were made, by how many jobs,
/// shards or machines. One run is in memory at a time. Nothing is overwritten but what merge itself
/// has written, and nothing at all when a run does not belong.
#pragma once

#include <string>
#include <vector>

#include "report/merge_survey.h"

namespace initbench {

struct MergeOptions {
  std::string folder;
  std::vector<double> accuracies{0.5, 0.9, 0.95};  // a column steps_to_<accuracy> each
  bool seconds = false;  // columns of how long runs took: no two executions take equally long
};

struct MergedRuns {
  std::string folder;               // where the tables are
  std::size_t merged = 0;           // runs whose rows are in all tables
  std::vector<SurveyedRun> absent;  // planned or begun, but not ended
  std::vector<std::string> remarks;
};

/// Throws DataError as `survey_runs`, OutputError when the tables cannot be written or would
/// overwrite what merge has not written.
MergedRuns merge_runs(const MergeOptions& options);

}  // namespace initbench
