/// What a folder of results holds before anything of it is merged: every run with its state, in the
/// order of the tables. Keeps a few hundred bytes per run.
#pragma once

#include <string>
#include <vector>

#include "report/plan_file.h"

namespace initbench {

struct SurveyedRun {
  PlannedRun run;
  std::string directory;  // empty: not begun
  std::string status;     // as in `runs.csv`
  std::string reason;     // of a failure, in words
  bool ended = false;     // finished or diverged: its tables are whole
};

struct Survey {
  /// In the order of the plan, the widest first of several; without one by name and run id.
  std::vector<SurveyedRun> runs;
  std::vector<std::string> remarks;
};

/// `folder` is an `<out>` or an `<out>/<name>`; of the latter's plans only runs of that name count.
/// Throws DataError for what must not stand in one table: foreign files, runs of different
/// versions, of no plan where there are plans, the same run twice.
Survey survey_runs(const std::string& folder);

}  // namespace initbench
