// The bare form: configs to trials, trials to run directories, and what is said about them.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "cli/commands.h"
#include "cli/dry_run.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "experiment/config_json.h"
#include "experiment/run_all.h"
#include "experiment/shard.h"
#include "report/plan_file.h"
#include "report/record_run.h"
#include "report/run_directory.h"
#include "report/run_text.h"

namespace initbench {
namespace {

constexpr int kSignalExit = 128;

/// The trials of a shard, in the plan's order. What is finished already plays no part: all shards
/// must share out the same plan.
std::vector<Trial> part_of(const std::vector<Trial>& all, const std::string& text,
                           DataCache& cache) {
  const Shard shard = parse_shard(text, [](const char* name) { return std::getenv(name); });
  std::vector<double> costs;
  for (const TrialCost& cost : check_plan(all, cache)) costs.push_back(balanced_cost(cost));
  std::vector<Trial> part;
  for (const std::size_t entry : entries_of(shard, costs)) part.push_back(all[entry]);
  spdlog::info("shard {}/{}: {} of {} runs", shard.index, shard.count, part.size(), all.size());
  return part;
}

std::string run_place(const Trial& trial, const std::string& out) {
  return run_directory_path(out, trial.config.name, trial.run_id);
}

/// Whatever can be refused is refused before the first run: an output folder that cannot be
/// written, a network that does not fit its data. Finished runs need neither. Returns what each
/// trial will take: 0 when it is finished.
std::vector<double> refuse_early(const std::vector<Trial>& trials, const RunArguments& arguments,
                                 DataCache& cache) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (!arguments.force && finished_run(run_place(trials[i], arguments.out))) continue;
    places.push_back(i);
  }
  std::vector<double> weights(trials.size(), 0.0);
  if (places.empty()) return weights;
  prove_writable(arguments.out);
  std::vector<Trial> some;  // a plan is copied only where a part of it is finished
  if (places.size() < trials.size()) {
    for (const std::size_t place : places) some.push_back(trials[place]);
  }
  const std::vector<TrialCost> costs = check_plan(some.empty() ? trials : some, cache);
  for (std::size_t i = 0; i < places.size(); ++i) weights[places[i]] = balanced_cost(costs[i]);
  return weights;
}

/// What became of a plan, in its order.
struct Outcomes {
  std::vector<RecordedRun> runs;
  std::set<ExitCode> failures;
  std::size_t failed = 0;
};

bool draws_progress(const RunArguments& arguments) {
  return stderr_is_terminal() && !arguments.no_progress && !arguments.quiet;
}

void set_up_log(const RunArguments& arguments) {
  set_up_log(verbosity_of(arguments), draws_progress(arguments));
}

/// `weights` as `refuse_early` gives them.
Outcomes run_plan(const std::vector<Trial>& trials, std::vector<double> weights,
                  const RunArguments& arguments, DataCache& cache) {
  catch_interrupts();
  const RecordOptions options{
      .out = arguments.out,
      .force = arguments.force,
      .threads = arguments.threads,
      .checkpoint_every = parse_checkpoint_interval(arguments.checkpoint_every)};
  std::vector<std::optional<RecordedRun>> recorded(trials.size());
  std::atomic<bool> failed = false;
  Progress progress(std::move(weights), draws_progress(arguments));
  const auto work = [&](const Trial& trial, std::size_t index) {
    const auto hook = [&](std::int64_t step, std::int64_t total, double loss) {
      progress.step(index, step, total, loss);
      return interrupt_received() == 0;
    };
    RecordedRun run;
    try {
      run = record_run(trial, options, cache, hook);
    } catch (...) {
      failed = true;
      progress.ended(index, run_place(trial, arguments.out) + ": failed");
      throw;
    }
    progress.ended(index, run.directory + ": " + outcome_text(run.summary) +
                              (run.was_finished ? " (finished before)" : ""));
    if (trials.size() > 1) {  // shown for a single run only
      run.first_layers = run.last_layers = {};
      run.summary.result.init = {};
    }
    recorded[index] = std::move(run);
  };
  const std::vector<TrialOutcome> ends =
      run_all(trials, {.jobs = arguments.jobs, .threads = arguments.threads}, work,
              [&] { return interrupt_received() != 0 || (arguments.fail_fast && failed); });

  Outcomes outcomes;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (recorded[i]) outcomes.runs.push_back(*std::move(recorded[i]));
    if (!ends[i].error) continue;
    ++outcomes.failed;
    outcomes.failures.insert(log_error(
        ends[i].error, trials.size() == 1 ? "" : run_place(trials[i], arguments.out).c_str()));
  }
  return outcomes;
}

std::string run_text(const RecordedRun& run, const TextStyle& style) {
  std::string text;
  if (!run.first_layers.layers.empty()) {
    text += layer_table(run.first_layers, "at initialization, before any update", style) + "\n";
    if (run.last_layers.step > run.first_layers.step) {
      const std::string title = "after " + std::to_string(run.last_layers.step) + " updates";
      text += layer_table(run.last_layers, title, style) + "\n";
    }
  }
  text += summary_text(run.summary, style);
  return text + run.directory + "\n";
}

void print_outcomes(const Outcomes& outcomes, std::size_t planned, const RunArguments& arguments) {
  if (outcomes.runs.empty() && outcomes.failed > 0) return;
  const TextStyle style{.colour = stdout_has_colour()};
  if (planned > 1) {
    if (!outcomes.runs.empty()) print(runs_table(outcomes.runs, style));
    print(arguments.out + "\n");
    return;
  }
  if (outcomes.runs.empty()) return;
  const RecordedRun& run = outcomes.runs.front();
  if (run.was_finished) spdlog::info("finished before, not run again (--force does)");
  print(run_text(run, style));
}

ExitCode exit_code_of(const Outcomes& outcomes, std::size_t planned) {
  if (outcomes.failed == 0) return ExitCode::done;
  const bool all_alike = outcomes.failed == planned && outcomes.failures.size() == 1;
  return all_alike ? *outcomes.failures.begin() : ExitCode::some_runs_failed;
}

void print_configs(const std::vector<Trial>& trials) {
  for (const Trial& trial : trials) print(to_json(trial.config).dump(2) + "\n");
}

}  // namespace

int run_configs(const RunArguments& arguments) {
  set_up_log(arguments);
  const std::vector<Trial> all = plan(arguments);
  DataCache cache;
  const std::vector<Trial> part =
      arguments.shard ? part_of(all, *arguments.shard, cache) : std::vector<Trial>();
  const std::vector<Trial>& trials = arguments.shard ? part : all;
  if (arguments.print_config) {
    print_configs(trials);
    return static_cast<int>(ExitCode::done);
  }
  if (arguments.dry_run) {
    print(describe_plan(trials, check_plan(trials, cache), arguments.out));
    return static_cast<int>(ExitCode::done);
  }
  std::vector<double> weights = refuse_early(trials, arguments, cache);
  if (all.size() > 1) write_plan(arguments.out, all);
  const Outcomes outcomes = run_plan(trials, std::move(weights), arguments, cache);
  print_outcomes(outcomes, all.size(), arguments);
  const bool is_saved = !outcomes.failures.contains(ExitCode::output);
  if (const int signal = interrupt_received(); signal != 0 && is_saved) {
    spdlog::info("stopped; the same command goes on from here");
    return kSignalExit + signal;
  }
  return static_cast<int>(exit_code_of(outcomes, trials.size()));
}

}  // namespace initbench
