#include "cli/dry_run.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "report/run_directory.h"
#include "report/text_table.h"

namespace initbench {
namespace {

constexpr double kGiga = 1e9;
// Of one core, for middling layers; small ones are slower, wide ones two or three times as fast.
constexpr double kTypicalSpeed = 50 * kGiga;

std::string mebibytes(double bytes) {
  std::string text = short_number(bytes / (1 << 20));
  text += " MiB";
  return text;
}

std::string state_of(const std::string& directory, bool finished) {
  if (finished) return "finished";
  return has_checkpoint(directory) ? "goes on" : "to run";
}

}  // namespace

std::string describe_plan(std::span<const PlannedRun> runs, std::span<const TrialCost> costs,
                          const std::string& out) {
  std::vector<SweepPoint> swept;
  for (const PlannedRun& run : runs) swept.push_back(run.swept);
  std::vector<TextColumn> columns = swept_columns(swept);
  const std::size_t first = columns.size();
  columns.insert(columns.end(), {{"seed", Align::right, {}},
                                 {"parameters", Align::right, {}},
                                 {"steps", Align::right, {}},
                                 {"GFLOP", Align::right, {}},
                                 {"training", Align::right, {}},
                                 {"data", Align::right, {}},
                                 {"state", Align::left, {}},
                                 {"directory", Align::left, {}}});
  double left = 0;
  std::size_t unfinished = 0;
  for (std::size_t place = 0; place < runs.size(); ++place) {
    const PlannedRun& run = runs[place];
    const TrialCost& cost = costs[place];
    const std::string directory = run_directory_path(out, run.name, run.run_id);
    const bool finished = finished_run(directory).has_value();
    if (!finished) left += cost.flops;
    if (!finished) ++unfinished;
    const std::array<std::string, 8> cells{
        std::to_string(run.seed.value()), std::to_string(cost.parameters),
        std::to_string(cost.steps),       short_number(cost.flops / kGiga),
        mebibytes(cost.training_bytes),   mebibytes(cost.data_bytes),
        state_of(directory, finished),    directory};
    for (std::size_t i = 0; i < cells.size(); ++i) columns[first + i].cells.push_back(cells[i]);
  }
  std::string text;
  for (const std::string& line : aligned(columns)) text.append(line).append("\n");
  return text + std::to_string(unfinished) + " of " + std::to_string(runs.size()) +
         " runs to do, " + short_number(left / kGiga) + " GFLOP of training; at " +
         short_number(kTypicalSpeed / kGiga) + " GFLOP/s a job about " +
         short_number(left / kTypicalSpeed) + " s of one processor core\n";
}

}  // namespace initbench
