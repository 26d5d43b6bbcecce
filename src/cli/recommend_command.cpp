// recommend: initializations ranked for the network of a config.
#include <spdlog/spdlog.h>

#include <optional>
#include <string>
#include <vector>

#include "base/errors.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/plan.h"
#include "experiment/config_json.h"
#include "experiment/recommendation.h"
#include "experiment/recommendation_training.h"
#include "report/recommendation_text.h"

namespace initbench {
namespace {

constexpr int kSignalExit = 128;
constexpr const char* kDefaultSeeds = "0..4";

/// The network that all trials share, and their seeds.
struct Question {
  ExperimentConfig config;
  std::vector<std::uint64_t> seeds;
};

Question question_of(RunArguments arguments) {
  if (arguments.configs.empty()) {
    throw ConfigError("", "nothing to do: give a config with --config FILE");
  }
  if (!arguments.seed && !arguments.seeds) arguments.seeds = kDefaultSeeds;
  const std::vector<Trial> trials = Plan(arguments).trials();
  Question question{.config = trials.front().config, .seeds = {}};
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

TableFormat format_of(const RecommendArguments& arguments) {
  if (arguments.json) return TableFormat::json;
  return arguments.markdown ? TableFormat::markdown : TableFormat::text;
}

}  // namespace

int recommend_init(const RecommendArguments& arguments) {
  set_up_log(verbosity_of(arguments.run), false);
  const Question question = question_of(arguments.run);
  catch_interrupts();
  DataCache cache;
  const ProbePlan probe_plan{.seeds = question.seeds,
                             .pool = {.jobs = arguments.run.jobs, .threads = arguments.run.threads},
                             .stop = [] { return interrupt_received() != 0; }};
  spdlog::info("drawing every candidate with {} seeds; --jobs N draws N at a time",
               question.seeds.size());
  std::optional<Recommendation> recommendation = recommend(question.config, probe_plan, cache);
  if (!recommendation) return kSignalExit + interrupt_received();
  const TrainingPlan training{
      .candidates = arguments.candidates, .rates = arguments.rates, .steps = arguments.train_steps};
  const bool is_done =
      arguments.train
          ? train_and_rank(*recommendation, question.config, training, probe_plan, cache)
          : check_rate(*recommendation, question.config, probe_plan, cache);
  if (!is_done) return kSignalExit + interrupt_received();
  if (arguments.print_config) {
    print(to_json(recommendation->first_choice()).dump(2) + "\n");
    return static_cast<int>(ExitCode::done);
  }
  print(recommendation_text(*recommendation, question.config, format_of(arguments)));
  return static_cast<int>(ExitCode::done);
}

}  // namespace initbench
