#include "cli/command_line.h"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/errors.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_code.h"
#include "cli/plan_flags.h"
#include "report/build_info.h"
#include "report/catalogue.h"

namespace initbench {
namespace {

constexpr const char* kFooter = R"(
Examples:
  initbench --config configs/relu_kaiming.json
  initbench --config net.json --seeds 0..4 --jobs 2 --set train.lr=0.1
  initbench --config net.json --sweep model.init=kaiming_normal,orthogonal --sweep train.lr=0.01,0.1
  initbench --config net.json --set model.layers.dense3.init=orthogonal
  initbench check net.json
  initbench compare runs --by model.init

Results go to standard output, the run directory's path as the last line; logs and progress go to
standard error. Exit codes: 0 done (diverged included), 1 a bug, 2 command line or config, 3 some
runs failed, 4 data missing or corrupt, 5 output could not be written, 129, 130 or 143 interrupted.)";

void declare_check(CLI::App& app, Arguments& arguments) {
  app.add_option("FILE", arguments.check.files, "Configs to check")->required();
}

void declare_list(CLI::App& app, Arguments& arguments) {
  ListArguments& list = arguments.list;
  app.add_option("SUBJECT", list.subject, "One of: " + catalogue_subjects() + " (default: all)");
  CLI::Option* json = app.add_flag("--json", list.json, "As JSON");
  app.add_flag("--markdown", list.markdown, "As Markdown tables")->excludes(json);
}

void declare_gain(CLI::App& app, Arguments& arguments) {
  GainArguments& gain = arguments.gain;
  app.add_option("ACTIVATION", gain.activations,
                 "A name, or {\"name\": \"leaky_relu\", \"a\": 0.2} as in a config (default: all)");
  CLI::Option* q = app.add_option("--q", gain.q,
                                  "Second moment of pre-activations: gains and the critical point "
                                  "are those at q")
                       ->type_name("Q")
                       ->capture_default_str();
  app.add_option("--sigma-b", gain.sigma_b, "The critical point with biases of this deviation")
      ->type_name("S")
      ->excludes(q);
  CLI::Option* json = app.add_flag("--json", gain.json, "As JSON");
  CLI::Option* markdown =
      app.add_flag("--markdown", gain.markdown, "As a Markdown table")->excludes(json);
  app.add_flag("--csv", gain.csv, "As CSV")->excludes(json)->excludes(markdown);
}

void declare_compare(CLI::App& app, Arguments& arguments) {
  CompareArguments& compare = arguments.compare;
  CompareRequest& request = compare.request;
  app.add_option("DIR", request.folders, "Folders of runs: an --out, or parts of it")->required();
  app.add_option("--by", request.by, "What to compare: the values of these settings")
      ->type_name("PATH,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->required();
  app.add_option("--metric", request.metrics,
                 metric_names() + " (default: final test accuracy; regression: loss)")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--baseline", request.baseline, "Test against this scheme only, not all pairs")
      ->type_name("SCHEME");
  app.add_option("--rate", request.rate, "What each scheme has a best value of")
      ->type_name("PATH")
      ->capture_default_str();
  app.add_option("--where", request.where, "Only runs with this setting; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  app.add_option("--pool", request.pool, "Average each seed's runs over these settings")
      ->type_name("PATH,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("-o,--out", compare.out, "Where compare.csv and compare_pairs.csv are written")
      ->type_name("DIR")
      ->capture_default_str();
  CLI::Option* json = app.add_flag("--json", compare.json, "As JSON, and no files");
  app.add_flag("--markdown", compare.markdown, "As Markdown, and no files")->excludes(json);
}

void declare_merge(CLI::App& app, Arguments& arguments) {
  MergeArguments& merge = arguments.merge;
  app.add_option("DIR", merge.folder, "The --out of the runs, or one experiment's folder in it")
      ->required();
  app.add_option("--accuracies", merge.accuracies,
                 "Columns steps_to_A: updates before the test set first had accuracy A")
      ->type_name("A,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_flag("--seconds", merge.seconds,
               "Columns of how long runs took, which differ from one execution to the next");
}

void declare_nothing(CLI::App&, Arguments&) {}

/// A subcommand: its name, what it does, its flags, its work. A new one is a row.
struct Subcommand {
  std::string_view name;
  std::string_view summary;
  void (*declare)(CLI::App& app, Arguments& arguments);
  int (*run)(const Arguments& arguments);
};

constexpr std::array kSubcommands{
    Subcommand{"check", "Validate configs: every error at once, with its place and a remedy",
               declare_check,
               [](const Arguments& arguments) { return check_configs(arguments.check); }},
    Subcommand{"list", "List schemes, activations, layers, data sets, optimizers, statistics",
               declare_list,
               [](const Arguments& arguments) { return list_tables(arguments.list); }},
    Subcommand{"gain",
               "Every gain of activations, and the critical point of their weights and biases",
               declare_gain, [](const Arguments& arguments) { return show_gains(arguments.gain); }},
    Subcommand{"compare",
               "Schemes against each other, over finished runs: intervals, paired tests, words",
               declare_compare,
               [](const Arguments& arguments) { return compare_folders(arguments.compare); }},
    Subcommand{"theory",
               "What mean-field theory predicts for a config beside what its initializations show "
               "(ten seeds unless --seeds says otherwise), or a phase diagram",
               declare_theory,
               [](const Arguments& arguments) { return show_theory(arguments.theory); }},
    Subcommand{"recommend",
               "Initializations ranked for the network of a config: theory, then what five seeds "
               "(unless --seeds says otherwise) show",
               declare_recommend,
               [](const Arguments& arguments) { return recommend_init(arguments.recommend); }},
    Subcommand{"schema", "Print the JSON Schema (2020-12) of a config", declare_nothing,
               [](const Arguments&) { return print_schema(); }},
    Subcommand{"merge", "One set of tables out of many runs: DIR/merged/runs.csv and more",
               declare_merge,
               [](const Arguments& arguments) { return merge_results(arguments.merge); }},
};

/// Every flag that the app knows, with its dashes.
std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return did_you_mean(word, views);
}

std::string full_name(const CLI::App& app) {
  const CLI::App* const parent = app.get_parent();
  return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

/// What to say about the first word that nothing on the command line takes.
std::string about_unexpected(const std::string& word, const CLI::App& app) {
  if (word.starts_with("-")) {
    const std::string flag = word.substr(0, word.find('='));
    return "unknown flag '" + flag + "'" + suggestion(flag, flags_of(app)) +
           " (see: " + full_name(app) + " --help)";
  }
  if (app.get_parent() != nullptr)
    return "unexpected '" + word + "' (see: " + full_name(app) + " --help)";
  std::error_code ignored;
  if (std::filesystem::is_regular_file(word, ignored)) {
    return "'" + word + "' is a file; to run it: initbench --config " + word;
  }
  std::vector<std::string> names(kSubcommands.size());
  std::transform(kSubcommands.begin(), kSubcommands.end(), names.begin(),
                 [](const Subcommand& command) { return std::string(command.name); });
  return "unknown command '" + word + "'" + suggestion(word, names) + " (see: initbench --help)";
}

/// What to say about a flag of one value that was given twice; empty when none was.
std::string about_repeated(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::size_t given = option->count();
    if (given < 2 || option->get_items_expected_max() > 1) continue;
    return option->get_name() + " is given " + std::to_string(given) + " times; give it once";
  }
  return "";
}

/// The subcommand that was given, or the program itself.
const CLI::App& chosen(const CLI::App& app) {
  const std::vector<const CLI::App*> given =
      app.get_subcommands([](const CLI::App* command) { return command->parsed(); });
  return given.empty() ? app : *given.front();
}

bool has_flags(const CLI::App& app) {
  const std::vector<const CLI::Option*> options = app.get_options();
  return std::any_of(options.begin(), options.end(),
                     [](const CLI::Option* option) { return option->count() > 0; });
}

/// Says what is wrong with the command line.
int refuse(const CLI::ParseError& error, const CLI::App& app) {
  const CLI::App& command = chosen(app);
  const std::vector<std::string> unexpected = app.remaining(true);
  std::string message = about_repeated(command);
  if (message.empty()) message = error.what();
  if (!unexpected.empty()) message = about_unexpected(unexpected.front(), command);
  spdlog::error("{}", message);
  return static_cast<int>(ExitCode::usage);
}

/// The help, and nothing else, when nothing was asked for.
int run_bare(const CLI::App& app, const RunArguments& arguments) {
  if (!arguments.configs.empty()) return run_configs(arguments);
  if (has_flags(app)) {
    throw ConfigError("",
                      "nothing to run: give a config with --config FILE (see: initbench --help)");
  }
  std::cerr << app.help();
  return static_cast<int>(ExitCode::usage);
}

int dispatch(const CLI::App& app, const Arguments& arguments) {
  const CLI::App& command = chosen(app);
  for (const Subcommand& row : kSubcommands) {
    if (command.get_name() != row.name) continue;
    if (has_flags(app)) {
      throw ConfigError("", "flags of a run do not belong to '" + command.get_name() +
                                "' (see: " + full_name(command) + " --help)");
    }
    return row.run(arguments);
  }
  return run_bare(app, arguments.run);
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  prepare_standard_streams();
  set_up_log(Verbosity::normal, false);
  try {
    Arguments arguments;
    CLI::App app(
        "Trains the network that a JSON file describes and records, per layer, what its\n"
        "initialization does to it: activation variance, gradient norms, loss curves; in CSV.\n",
        "initbench");
    app.footer(kFooter);
    declare_run(app, arguments.run);
    for (const Subcommand& row : kSubcommands) {
      row.declare(*app.add_subcommand(std::string(row.name), std::string(row.summary)), arguments);
    }
    app.require_subcommand(0, 1);
    app.set_version_flag("--version", program_text());
    try {
      app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      print(chosen(app).help());
      return 0;
    } catch (const CLI::CallForVersion&) {
      print(program_text() + "\n");
      return 0;
    } catch (const CLI::ParseError& error) {
      return refuse(error, app);
    }
    return dispatch(app, arguments);
  } catch (...) {
    return static_cast<int>(log_error(std::current_exception()));
  }
}

}  // namespace initbench
