#include "experiment/trial.h"

#include <chrono>
#include <cmath>
#include <map>
#include <new>
#include <utility>

#include "experiment/advice.h"
#include "experiment/config_json.h"
#include "experiment/issues.h"
#include "experiment/saved_trial.h"
#include "experiment/weight_files.h"
#include "init/parametrization.h"

namespace initbench {
namespace {

Loss default_loss(const Dataset& set) {
  return set.is_classification() ? Loss::cross_entropy : Loss::mse;
}

void check_loss(const ExperimentConfig& config, const Dataset& set, IssueList& issues) {
  const Loss loss = config.train.loss.value_or(default_loss(set));
  if (loss == Loss::mse && set.is_classification()) {
    issues.add("train.loss", "mse is for regression targets, but '" + config.data.dataset +
                                 "' has classes; use cross_entropy");
  }
  if (loss == Loss::cross_entropy && !set.is_classification()) {
    issues.add("train.loss", "cross_entropy is for classes, but '" + config.data.dataset +
                                 "' has regression targets; use mse");
  }
}

void add_each(const ConfigError& error, IssueList& issues) {
  for (const ConfigIssue& issue : error.issues()) issues.add(issue.place, issue.message);
}

/// One stretch per parameter, or none when every factor is 1.
std::vector<RateStretch> rate_stretches(const Network& network, std::span<const LayerInit> inits,
                                        OptimizerKind optimizer) {
  const std::vector<RateFactors> factors = rate_factors(network, inits);
  std::vector<RateStretch> stretches;
  bool any = false;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const Parameter& parameter = network.parameters()[i];
    const double factor = optimizer == OptimizerKind::sgd ? factors[i].sgd : factors[i].adaptive;
    any = any || factor != 1;
    stretches.push_back({.begin = parameter.offset, .size = parameter.size, .factor = factor});
  }
  if (!any) stretches.clear();
  return stretches;
}

/// `initialize` with the files that the schemes name; they are not kept.
InitReport initialize_with_files(Network& network, const ExperimentConfig& config,
                                 InitInputs inputs) {
  const std::vector<LayerInit> inits = layer_inits(config, network);
  const LoadedWeights weights = load_weight_files(config);
  inputs.files = &weights.files;
  check_schemes(network, inits, inputs.files);
  // Before the schemes, so that calibrations see what norms and blocks will be.
  const std::vector<std::string> remarks = restore_other_tensors(network, inits, weights);
  InitReport report = initialize(network, inits, config.seed, inputs);
  report.notes.insert(report.notes.end(), weights.notes.begin(), weights.notes.end());
  report.notes.insert(report.notes.end(), remarks.begin(), remarks.end());
  return report;
}

/// A network, initialized if it `draws` its weights, and what it takes to train it.
struct Prepared {
  Network network;
  TrainSpec spec;
  InitReport init;
  double seconds = 0;  // that this took
};

Prepared prepare(const ExperimentConfig& config, const DataSplits& data, bool draws) {
  IssueList issues;
  check_loss(config, data.train, issues);
  issues.throw_if_any();

  const auto started = std::chrono::steady_clock::now();
  Prepared prepared{.network = build_network(config, data.train),
                    .spec = train_spec(config, data.train)};
  const std::vector<LayerInit> inits = layer_inits(config, prepared.network);
  if (draws) {
    prepared.init = initialize_with_files(prepared.network, config,
                                          {.train = &data.train, .loss = prepared.spec.loss});
  }
  prepared.spec.rate_stretches =
      rate_stretches(prepared.network, inits, prepared.spec.optimizer.kind);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
  prepared.seconds = elapsed.count();
  return prepared;
}

/// Notes first, last and best figures, and passes everything on.
class Figures : public Observer {
 public:
  Figures(EvidenceCollector& next, const TrialControl& control, TrialResult& result)
      : next_(next), control_(control), result_(result) {}

  void on_test(const TestView& view) override {
    const Measurement now{.step = view.step, .loss = view.loss, .accuracy = view.accuracy};
    if (!result_.initial_test) result_.initial_test = now;
    result_.final_test = now;
    if (!result_.best_test || is_better(now, *result_.best_test)) result_.best_test = now;
    next_.on_test(view);
  }
  void on_step(const StepView& view) override {
    const Measurement now{.step = view.step, .loss = view.loss, .accuracy = view.accuracy};
    if (!result_.initial_train) result_.initial_train = now;
    result_.final_train = now;
    next_.on_step(view);
  }
  void on_update(const UpdateView& view) override { next_.on_update(view); }
  void on_end(std::int64_t step, const Network& network) override { next_.on_end(step, network); }
  bool on_progress(const ProgressView& view) override {
    result_.train = {.steps = view.state.steps,
                     .interrupted = true,
                     .divergence = {},
                     .train_seconds = view.state.train_seconds};
    if (4 * view.state.steps > 3 * view.total) add_late(view.loss);
    const TrialPause pause{.so_far = result_,
                           .evidence = next_.so_far(),
                           .loss = view.loss,
                           .network = view.network,
                           .optimizer = view.state.optimizer};
    return (!control_.pause || control_.pause(pause)) && next_.on_progress(view);
  }

 private:
  static bool is_better(const Measurement& a, const Measurement& b) {
    if (a.accuracy && b.accuracy) return *a.accuracy > *b.accuracy;
    return a.loss < b.loss || (std::isnan(b.loss) && !std::isnan(a.loss));
  }

  /// A running mean, so that what a checkpoint keeps goes on to the same bits.
  void add_late(double loss) {
    LateTraining late = result_.late_train.value_or(LateTraining{});
    ++late.batches;
    late.mean += (loss - late.mean) / static_cast<double>(late.batches);
    result_.late_train = late;
  }

  EvidenceCollector& next_;
  const TrialControl& control_;
  TrialResult& result_;
};

}  // namespace

Trial read_trial(const ConfigSource& source, const PlannedRun& run) {
  return {.config = source.read(run.swept), .run_id = run.run_id, .swept = run.swept};
}

TrainSpec train_spec(const ExperimentConfig& config, const Dataset& train_set) {
  const TrainConfig& train = config.train;
  const std::int64_t per_epoch = steps_per_epoch(train_set.size, train.batch_size);
  return {.optimizer = train.optimizer,
          .schedule = train.schedule,
          .loss = train.loss.value_or(default_loss(train_set)),
          .batch_size = train.batch_size,
          .steps = train.steps ? *train.steps : train.epochs.value_or(1) * per_epoch,
          .shuffle = train.shuffle,
          .clip_norm = train.clip_norm,
          .log_every = config.log.every,
          .seed = config.seed};
}

Network build_network(const ExperimentConfig& config, const Dataset& train_set) {
  try {
    Network network(config.model, train_set.shape, train_set.outputs());
    const std::vector<LayerInit> inits = layer_inits(config, network);
    const std::optional<ModelSpec> reshaped = reshaped_model(config.model, network, inits);
    if (!reshaped) return network;
    return Network(*reshaped, train_set.shape, train_set.outputs());
  } catch (const std::bad_alloc&) {
    throw ConfigError("model.layers", "the parameters do not fit into memory; use smaller layers");
  }
}

std::vector<LayerInit> layer_inits(const ExperimentConfig& config, const Network& network) {
  std::map<std::string_view, const LayerInit*> by_name;
  for (const LayerInit& init : config.inits) by_name.emplace(init.layer, &init);
  std::vector<LayerInit> inits;
  for (const Layer& layer : network.layers()) {
    const auto found = by_name.find(layer.name);
    expects(found != by_name.end(), "every parametrised layer has a scheme");
    inits.push_back(*found->second);
  }
  return inits;
}

void check_against_data(const ExperimentConfig& config, const DataSplits& data) {
  IssueList issues;
  check_loss(config, data.train, issues);
  try {
    Network network = build_network(config, data.train);
    const LoadedWeights weights = load_weight_files(config);
    const std::vector<LayerInit> inits = layer_inits(config, network);
    check_schemes(network, inits, &weights.files);
    restore_other_tensors(network, inits, weights);
  } catch (const ConfigError& error) {
    add_each(error, issues);
  }
  issues.throw_if_any();
}

TrialResult run_trial(const ExperimentConfig& config, const DataSplits& data, Observer& observer,
                      const TrialControl& control) {
  TrialResult result;
  RunEvidence evidence;
  TrainState start;
  Prepared prepared = prepare(config, data, control.saved == nullptr);
  if (control.saved != nullptr) {
    result = control.saved->so_far;
    evidence = control.saved->evidence;
    start = restore(*control.saved, prepared.network);
  } else {
    result.init = std::move(prepared.init);
    result.initialize_seconds = prepared.seconds;
  }
  prepared.spec.tests = control.tests;
  result.planned_steps = prepared.spec.steps;
  result.parameters = prepared.network.values().size();
  EvidenceCollector collector(observer, prepared.spec, config.diagnosis, std::move(evidence));
  Figures figures(collector, control, result);
  result.train = train(prepared.network, data, prepared.spec, figures, std::move(start));

  evidence = collector.take(result.train);
  if (result.late_train) evidence.late_loss = result.late_train->mean;
  evidence.guessing_loss = result.guessing_loss = loss_of_guessing(data.train);
  result.verdict = judge(evidence, config.diagnosis);
  if (control.advises) result.verdict.advice = advice_on(result.verdict, evidence, config, data);
  return result;
}

InitReport observe_initialization(const ExperimentConfig& config, const DataSplits& data,
                                  Observer& observer) {
  Prepared prepared = prepare(config, data, true);
  show_first_step(prepared.network, data, prepared.spec, observer);
  return std::move(prepared.init);
}

}  // namespace initbench
