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

std::vector<TrialCost> costs_of(const Plan& plan, DataCache& cache) {
  const auto read = [&](std::size_t index) { return plan.trial(index); };
  return check_plan(plan.runs(), read, cache);
}

/// The runs of a shard, in the plan's order. What is finished already plays no part: all shards
/// must share out the same plan.
Plan part_of(const Plan& all, const std::string& text, DataCache& cache) {
  const Shard shard = parse_shard(text, [](const char* name) { return std::getenv(name); });
  std::vector<double> costs;
  for (const TrialCost& cost : costs_of(all, cache)) costs.push_back(balanced_cost(cost));
  Plan part = all.part(entries_of(shard, costs));
  spdlog::info("shard {}/{}: {} of {} runs", shard.index, shard.count, part.size(), all.size());
  return part;
}

std::string run_place(const PlannedRun& run, const std::string& out) {
  return run_directory_path(out, run.name, run.run_id);
}

/// Whatever can be refused is refused before the first run: an output folder that cannot be
/// written, a network that does not fit its data. Finished runs need neither. Returns what each
/// run will take: 0 when it is finished.
std::vector<double> refuse_early(const Plan& plan, const RunArguments& arguments,
                                 DataCache& cache) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (!arguments.force && finished_run(run_place(plan.runs()[i], arguments.out))) continue;
    places.push_back(i);
  }
  std::vector<double> weights(plan.size(), 0.0);
  if (places.empty()) return weights;
  prove_writable(arguments.out);
  const std::vector<TrialCost> costs =
      costs_of(places.size() < plan.size() ? plan.part(places) : plan, cache);
  for (std::size_t i = 0; i < places.size(); ++i) weights[places[i]] = balanced_cost(costs[i]);
  return weights;
}

/// What became of a plan, in its order.
struct Outcomes {
  std::vector<RunRow> runs;
  std::optional<RecordedRun> only_run;  // of a plan of one, in full
  std::set<ExitCode> failures;
  std::size_t failed = 0;
  std::size_t elsewhere = 0;  // in the hands of other processes
  std::size_t not_started = 0;
};

void set_up_log(const RunArguments& arguments) {
  set_up_log(verbosity_of(arguments), draws_progress(arguments));
}

std::string first_line_of(const std::exception& error) {
  const std::string_view text = error.what();
  return std::string(text.substr(0, text.find('\n')));
}

bool is_elsewhere(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const RunIsElsewhere&) {
    return true;
  } catch (...) {
    return false;
  }
}

/// What a plan left undone though nothing is wrong with it.
void report_undone(const Outcomes& outcomes) {
  if (outcomes.elsewhere > 0) {
    spdlog::warn("{} runs are being written by other processes; merge when these have ended",
                 outcomes.elsewhere);
  }
  if (outcomes.not_started > 0 && interrupt_received() == 0) {
    spdlog::error("{} runs were not started after the failure (--fail-fast)", outcomes.not_started);
  }
}

/// The runs of a plan while they are made, in any order and several at a time.
class PlanRunner {
 public:
  /// `weights` as `refuse_early` gives them.
  PlanRunner(const Plan& plan, std::vector<double> weights, const RunArguments& arguments,
             DataCache& cache)
      : plan_(plan),
        cache_(cache),
        options_{.out = arguments.out,
                 .force = arguments.force,
                 .threads = arguments.threads,
                 .checkpoint_every = parse_checkpoint_interval(arguments.checkpoint_every)},
        rows_(plan.size()),
        progress_(std::move(weights), draws_progress(arguments)) {}

  /// Throws what the run fails with, once progress has told.
  void run(std::size_t index) {
    const std::string place = run_place(plan_.runs()[index], options_.out);
    try {
      record(index);
    } catch (const RunIsElsewhere&) {
      progress_.ended(index, place + ": another process is writing it", false);
      throw;
    } catch (const std::exception& error) {
      has_failed_ = true;
      progress_.ended(index, place + ": failed: " + first_line_of(error), false);
      throw;
    }
  }

  bool has_failed() const { return has_failed_; }

  Outcomes outcomes(const std::vector<TrialOutcome>& ends) {
    Outcomes outcomes;
    outcomes.only_run = std::move(only_run_);
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (rows_[i]) outcomes.runs.push_back(*std::move(rows_[i]));
      if (!ends[i].finished && !ends[i].error) ++outcomes.not_started;
      if (ends[i].error) add_failure(i, ends[i].error, outcomes);
    }
    return outcomes;
  }

 private:
  void record(std::size_t index) {
    const auto hook = [&](std::int64_t step, std::int64_t total, double loss) {
      progress_.step(index, step, total, loss);
      return interrupt_received() == 0;
    };
    RecordedRun run = record_run(plan_.trial(index), options_, cache_, hook);
    progress_.ended(index,
                    run.directory + ": " + outcome_text(run.summary) +
                        (run.was_finished ? " (finished before)" : ""),
                    run.summary.status == RunStatus::finished);
    // One that was finished before may know fewer settings than a sweep that has grown since.
    run.summary.swept = plan_.runs()[index].swept;
    rows_[index] = row_of(run);  // of many, no more is kept
    if (plan_.size() == 1) only_run_ = std::move(run);
  }

  void add_failure(std::size_t index, const std::exception_ptr& error, Outcomes& outcomes) const {
    if (plan_.size() > 1 && is_elsewhere(error)) {
      ++outcomes.elsewhere;
      return;
    }
    ++outcomes.failed;
    const std::string place = run_place(plan_.runs()[index], options_.out);
    outcomes.failures.insert(log_error(error, plan_.size() == 1 ? "" : place.c_str()));
  }

  const Plan& plan_;
  DataCache& cache_;
  RecordOptions options_;
  std::vector<std::optional<RunRow>> rows_;
  std::optional<RecordedRun> only_run_;
  std::atomic<bool> has_failed_ = false;
  Progress progress_;
};

Outcomes run_plan(const Plan& plan, std::vector<double> weights, const RunArguments& arguments,
                  DataCache& cache) {
  catch_interrupts();
  std::vector<std::uint64_t> seeds;
  for (const PlannedRun& run : plan.runs()) seeds.push_back(run.seed.value());
  PlanRunner runner(plan, std::move(weights), arguments, cache);
  const std::vector<TrialOutcome> ends = run_all(
      seeds, pool_of(arguments), [&](std::size_t index) { runner.run(index); },
      [&] { return interrupt_received() != 0 || (arguments.fail_fast && runner.has_failed()); });
  return runner.outcomes(ends);
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
  if (!outcomes.only_run) return;
  const RecordedRun& run = *outcomes.only_run;
  if (run.was_finished) spdlog::info("finished before, not run again (--force does)");
  print(run_text(run, style));
}

ExitCode exit_code_of(const Outcomes& outcomes, std::size_t planned) {
  if (outcomes.failed == 0) return ExitCode::done;
  const bool all_alike = outcomes.failed == planned && outcomes.failures.size() == 1;
  return all_alike ? *outcomes.failures.begin() : ExitCode::some_runs_failed;
}

void print_configs(const Plan& plan) {
  for (std::size_t i = 0; i < plan.size(); ++i) {
    print(to_json(plan.trial(i).config).dump(2) + "\n");
  }
}

}  // namespace

int run_configs(const RunArguments& arguments) {
  set_up_log(arguments);
  const Plan all(arguments);
  DataCache cache;
  const Plan part = arguments.shard ? part_of(all, *arguments.shard, cache) : Plan();
  const Plan& plan = arguments.shard ? part : all;
  if (arguments.print_config) {
    print_configs(plan);
    return static_cast<int>(ExitCode::done);
  }
  if (arguments.dry_run) {
    print(describe_plan(plan.runs(), costs_of(plan, cache), arguments.out));
    return static_cast<int>(ExitCode::done);
  }
  std::vector<double> weights = refuse_early(plan, arguments, cache);
  if (all.size() > 1) write_plan(arguments.out, all.runs());
  const Outcomes outcomes = run_plan(plan, std::move(weights), arguments, cache);
  report_undone(outcomes);
  print_outcomes(outcomes, all.size(), arguments);
  const bool is_saved = !outcomes.failures.contains(ExitCode::output);
  if (const int signal = interrupt_received(); signal != 0 && is_saved) {
    spdlog::info("stopped; the same command goes on from here");
    return kSignalExit + signal;
  }
  return static_cast<int>(exit_code_of(outcomes, plan.size()));
}

}  // namespace initbench
