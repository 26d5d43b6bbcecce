#include "cli/dry_run.h"

#include <algorithm>
#include <array>
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

}  // namespace

std::string describe_plan(std::span<const Trial> trials, std::span<const TrialCost> costs,
                          const std::string& out) {
  std::vector<SweepPoint> swept;
  for (const Trial& trial : trials) swept.push_back(trial.swept);
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
  for (std::size_t run = 0; run < trials.size(); ++run) {
    const Trial& trial = trials[run];
    const TrialCost& cost = costs[run];
    const std::string directory = run_directory_path(out, trial.config.name, trial.run_id);
    const bool finished = finished_run(directory).has_value();
    if (!finished) left += cost.flops;
    if (!finished) ++unfinished;
    const std::array<std::string, 8> cells{
        std::to_string(trial.config.seed), std::to_string(cost.parameters),
        std::to_string(cost.steps),        short_number(cost.flops / kGiga),
        mebibytes(cost.training_bytes),    mebibytes(cost.data_bytes),
        finished ? "finished" : "to run",  directory};
    for (std::size_t i = 0; i < cells.size(); ++i) columns[first + i].cells.push_back(cells[i]);
  }
  std::string text;
  for (const std::string& line : aligned(columns)) text.append(line).append("\n");
  return text + std::to_string(unfinished) + " of " + std::to_string(trials.size()) +
         " runs to do, " + short_number(left / kGiga) + " GFLOP of training; at " +
         short_number(kTypicalSpeed / kGiga) + " GFLOP/s a job about " +
         short_number(left / kTypicalSpeed) + " s of one processor core\n";
}

}  // namespace initbench
