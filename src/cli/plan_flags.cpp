#include "cli/plan_flags.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>
#include <vector>

#include "base/errors.h"
#include "base/number.h"
#include "report/checkpoint.h"

namespace initbench {
namespace {

constexpr std::uint64_t kMostThreads = 4096;
constexpr std::uint64_t kMostCandidates = 1000;  // more than there are

/// A validator that takes decimal digits only: no sign, no hexadecimal, no octal "010".
auto whole_number(std::uint64_t minimum, std::uint64_t maximum) {
  return [minimum, maximum](const std::string& text) -> std::string {
    const auto number = number_of<std::uint64_t>(text);
    const bool is_plain = number && (text == "0" || text[0] != '0');
    if (is_plain && *number >= minimum && *number <= maximum) return "";
    return "'" + text + "' is not a whole number from " + std::to_string(minimum) + " to " +
           std::to_string(maximum);
  };
}

/// A validator.
std::string checkpoint_interval(const std::string& text) {
  try {
    parse_checkpoint_interval(text);
  } catch (const ConfigError& error) {
    return error.issues().front().message;
  }
  return "";
}

/// Flags that say which configs with which seeds, and how to go about them.
void declare_configs(CLI::App& app, RunArguments& run) {
  app.add_option("-c,--config", run.configs, "Configs to run, one or more")->type_name("FILE");
  app.add_option("--set", run.overrides, "Replace one value of the configs; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  CLI::Option* seed = app.add_option("--seed", run.seed, "Use this seed")
                          ->type_name("N")
                          ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  app.add_option("--seeds", run.seeds, "Run once per seed, both ends included")
      ->type_name("A..B")
      ->excludes(seed);
  app.add_option("-j,--jobs", run.jobs, "Runs at the same time")
      ->type_name("N")
      ->check(whole_number(1, kMostThreads))
      ->capture_default_str();
  app.add_option("--threads", run.threads, "Threads inside each run")
      ->type_name("N")
      ->check(whole_number(1, kMostThreads))
      ->capture_default_str();
  CLI::Option* quiet = app.add_flag("-q,--quiet", run.quiet, "Log errors only");
  app.add_flag("-v,--verbose", run.verbose, "Log more")->excludes(quiet);
}

/// The same, and what makes several runs with a place of their own.
void declare_plan(CLI::App& app, RunArguments& run) {
  declare_configs(app, run);
  app.add_option("--sweep", run.sweeps,
                 "Run once per value, in the product with other sweeps; may be repeated")
      ->type_name("PATH=a,b,c")
      ->allow_extra_args(false);
  app.add_option("-o,--out", run.out, "Where run directories are made")
      ->type_name("DIR")
      ->capture_default_str();
}

}  // namespace

void declare_run(CLI::App& app, RunArguments& run) {
  declare_plan(app, run);
  app.add_option("--checkpoint-every", run.checkpoint_every,
                 "Save what a run goes on from this often: a number of steps, or a time (90s, "
                 "10min, 2h); 0: only when it is stopped")
      ->type_name("N|TIME")
      ->check(checkpoint_interval)
      ->capture_default_str();
  app.add_option("--shard", run.shard,
                 "Run the part I (from 0) of N of the plan; auto: from Slurm's or Kubernetes' "
                 "variables, or INITBENCH_SHARD")
      ->type_name("I/N|auto");
  app.add_option("--max-runs", run.max_runs, "Refuse sweeps of more runs")
      ->type_name("N")
      ->check(whole_number(1, std::numeric_limits<std::size_t>::max()))
      ->capture_default_str();
  app.add_flag("--force", run.force, "Run again what is finished");
  app.add_flag("--fail-fast", run.fail_fast, "Start no more runs after one has failed");
  app.add_flag("--dry-run", run.dry_run, "Show what would be run, with sizes; run nothing");
  app.add_flag("--print-config", run.print_config, "Print the resolved configs; run nothing");
  app.add_flag("--no-progress", run.no_progress, "No progress line on a terminal");
}

void declare_theory(CLI::App& app, Arguments& arguments) {
  TheoryArguments& theory = arguments.theory;
  declare_plan(app, theory.run);
  const std::vector<CLI::Option*> of_configs =
      app.get_options([](const CLI::Option* option) { return option->get_name() != "--help"; });
  CLI::Option* diagram = app.add_flag("--phase-diagram", theory.phase_diagram,
                                      "Instead of a config: chi and depth scales over sigma_w^2 "
                                      "and sigma_b^2 of an activation, as CSV");
  for (CLI::Option* option : of_configs) diagram->excludes(option);
  app.add_option("--activation", theory.activation, "Of the phase diagram, as a config spells it")
      ->capture_default_str()
      ->needs(diagram);
  app.add_option("--sigma-w2", theory.sigma_w2, "N values from A to B")
      ->type_name("A..B/N")
      ->capture_default_str()
      ->needs(diagram);
  app.add_option("--sigma-b2", theory.sigma_b2, "N values from A to B")
      ->type_name("A..B/N")
      ->capture_default_str()
      ->needs(diagram);
}

void declare_recommend(CLI::App& app, Arguments& arguments) {
  RecommendArguments& recommend = arguments.recommend;
  declare_configs(app, recommend.run);
  CLI::Option* train = app.add_flag(
      "--train", recommend.train,
      "Train the best candidates and the config as it is, briefly, at a few learning rates");
  app.add_option("--train-steps", recommend.train_steps,
                 "Updates of each training (default: the config's, at most 200)")
      ->type_name("N")
      ->check(whole_number(1, std::numeric_limits<std::int64_t>::max()))
      ->needs(train);
  app.add_option(
         "--rates", recommend.rates,
         "Learning rates (default: 0.1, 0.3, 1 and 3 times the config's, or the lower one that "
         "the first choice needs)")
      ->type_name("LR,...")
      ->needs(train);
  app.add_option("--candidates", recommend.candidates, "How many of the best are trained")
      ->type_name("N")
      ->check(whole_number(1, kMostCandidates))
      ->capture_default_str()
      ->needs(train);
  CLI::Option* json = app.add_flag("--json", recommend.json, "The table as JSON");
  CLI::Option* markdown =
      app.add_flag("--markdown", recommend.markdown, "The table as Markdown")->excludes(json);
  app.add_flag("--print-config", recommend.print_config,
               "Print the config with the first choice, ready to run, instead of the table")
      ->excludes(json)
      ->excludes(markdown);
}

}  // namespace initbench
