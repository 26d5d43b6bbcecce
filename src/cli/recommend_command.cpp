// recommend: initializations ranked for the network of a config.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "base/number.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "experiment/config_json.h"
#include "experiment/recommendation.h"
#include "experiment/recommendation_rate.h"
#include "experiment/recommendation_training.h"
#include "init/wording.h"
#include "report/recommendation_text.h"

namespace initbench {
namespace {

constexpr int kSignalExit = 128;
constexpr const char* kDefaultSeeds = "0..4";
/// The fewest with which four candidates can be significantly better.
constexpr const char* kDefaultTrainingSeeds = "0..7";

/// The network that all trials share, and their seeds.
struct SeededConfig {
  ExperimentConfig config;
  std::vector<std::uint64_t> seeds;
};

bool sets_seed(const RunArguments& arguments) {
  return arguments.seed || arguments.seeds ||
         std::any_of(arguments.overrides.begin(), arguments.overrides.end(),
                     [](const std::string& text) { return text.starts_with("seed="); });
}

SeededConfig seeded_config(RunArguments arguments, bool trains) {
  if (arguments.configs.empty()) {
    throw ConfigError("", "nothing to do: give a config with --config FILE");
  }
  if (!sets_seed(arguments)) arguments.seeds = trains ? kDefaultTrainingSeeds : kDefaultSeeds;
  const std::vector<Trial> trials = Plan(arguments).trials();
  SeededConfig question{.config = trials.front().config, .seeds = {}};
  for (const Trial& trial : trials) {
    ExperimentConfig same_seed = trial.config;
    same_seed.seed = question.config.seed;
    if (run_id(same_seed) != run_id(question.config)) {
      throw ConfigError("",
                        "recommend looks at one network, and these are several: give one "
                        "config, without a sweep of anything but the seed");
    }
    question.seeds.push_back(trial.config.seed);
  }
  return question;
}

/// "0.1,0.3": finite numbers above 0, each once.
std::vector<double> rates_in(const std::string& text) {
  std::vector<double> rates;
  if (text.empty()) return rates;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto rate = number_of<double>(std::string_view(text).substr(begin, end - begin));
    if (!rate || !std::isfinite(*rate) || !(*rate > 0)) {
      throw ConfigError("--rates", "'" + text.substr(begin, end - begin) +
                                       "' is no learning rate: expected finite numbers above 0 "
                                       "between commas, such as 0.1,0.3");
    }
    if (std::count(rates.begin(), rates.end(), *rate) > 0) {
      throw ConfigError("--rates", number_text(*rate) + " is given twice; give each rate once");
    }
    rates.push_back(*rate);
    begin = end + 1;
  }
  return rates;
}

void check_count(const RecommendArguments& arguments, std::size_t seeds, std::size_t rates) {
  const std::size_t trainings = (arguments.candidates + 1) * rates * seeds;
  if (!arguments.train || trainings <= kMostRuns) return;
  throw ConfigError("--train", "up to " + std::to_string(trainings) + " trainings, more than " +
                                   std::to_string(kMostRuns) +
                                   "; give fewer --seeds, --rates or --candidates");
}

TableFormat format_of(const RecommendArguments& arguments) {
  if (arguments.json) return TableFormat::json;
  return arguments.markdown ? TableFormat::markdown : TableFormat::text;
}

}  // namespace

int recommend_init(const RecommendArguments& arguments) {
  set_up_log(verbosity_of(arguments.run), draws_progress(arguments.run));
  const std::vector<double> rates = rates_in(arguments.rates);
  const SeededConfig question = seeded_config(arguments.run, arguments.train);
  check_count(arguments, question.seeds.size(), rates.empty() ? kRateFactors.size() : rates.size());
  catch_interrupts();
  DataCache cache;
  const ProbePlan probe_plan{
      .seeds = question.seeds,
      .pool = pool_of(arguments.run),
      .stop = [] { return interrupt_received() != 0; },
      .progress = [line = draws_progress(arguments.run)](
                      const std::string& name, std::size_t done,
                      std::size_t total) { show_part(line, name, done, total); }};
  std::optional<Recommendation> recommendation = recommend(question.config, probe_plan, cache);
  if (!recommendation) return kSignalExit + interrupt_received();
  const TrainingPlan training{
      .candidates = arguments.candidates, .rates = rates, .steps = arguments.train_steps};
  const bool is_done = check_rate(*recommendation, question.config, probe_plan, cache) &&
                       (!arguments.train || train_and_rank(*recommendation, question.config,
                                                           training, probe_plan, cache));
  if (!is_done) return kSignalExit + interrupt_received();
  const TableFormat format = format_of(arguments);
  if (arguments.print_config || format != TableFormat::text) {
    for (const std::string& warning : warnings_of(*recommendation, question.config)) {
      spdlog::warn("{}", warning);
    }
  }
  if (arguments.print_config) {
    print(to_json(recommendation->first_choice()).dump(2) + "\n");
    return static_cast<int>(ExitCode::done);
  }
  print(recommendation_text(*recommendation, question.config, format));
  return static_cast<int>(ExitCode::done);
}

}  // namespace initbench
