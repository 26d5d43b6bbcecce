/// `<out>/plan-<id>.jsonl`: the runs that a command of several runs is to make, so that who finds
/// the results knows what is missing. A JSON object per run and line: name, run_id, seed, swept.
///
/// The id is a digest of the content: every shard of a plan writes the same file.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/sweep.h"

namespace initbench {

/// Writes the file as a whole unless it is there, and the folder if need be. Throws OutputError.
void write_plan(const std::string& out, std::span<const PlannedRun> runs);

bool is_plan_file(std::string_view file_name);

/// The plans in a folder, sorted by path; none when there is no such folder.
std::vector<std::string> find_plans(const std::string& out);

/// The runs of a plan in its order. Throws DataError for a file that is not one.
std::vector<PlannedRun> read_plan(const std::string& path);

struct KnownPlan {
  std::string path;
  std::vector<PlannedRun> runs;
};

/// The plans that tell of a folder of results: its own, or, of an `<out>/<name>`, that part of
/// those above.
std::vector<KnownPlan> plans_of(const std::string& folder);

}  // namespace initbench
