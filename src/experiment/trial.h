/// One trial: a resolved config with its run id, the checks that can be made before it is trained,
/// and training it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "experiment/config.h"
#include "experiment/sweep.h"
#include "nn/network.h"
#include "probe/run_evidence.h"
#include "probe/verdict.h"
#include "train/trainer.h"

namespace initbench {

/// What is run: one config, one seed. A plan is a vector of these.
struct Trial {
  ExperimentConfig config;
  std::string run_id;
  SweepPoint swept;  // what this run of a sweep sets
};

/// The run of a plan, read from its source.
Trial read_trial(const ConfigSource& source, const PlannedRun& run);

/// The settings that `train` needs: epochs become steps, the loss is the data's unless given.
TrainSpec train_spec(const ExperimentConfig& config, const Dataset& train_set);

/// The network of a config for these data as its schemes want it, its parameters not yet drawn.
/// Throws ConfigError when layers do not chain.
Network build_network(const ExperimentConfig& config, const Dataset& train_set);

/// The config's schemes in the order of network.layers().
std::vector<LayerInit> layer_inits(const ExperimentConfig& config, const Network& network);

/// Everything that can be verified before training: layers chain from the data's shape to the
/// number of its classes or targets, the loss fits the data, every scheme fits its layer. Throws
/// ConfigError with all issues at once.
void check_against_data(const ExperimentConfig& config, const DataSplits& data);

/// Loss and accuracy (empty for regression) at one step.
struct Measurement {
  std::int64_t step = 0;
  double loss = 0;
  std::optional<double> accuracy;
};

/// Of the batches of the updates of the last quarter of the planned steps, logged or not.
struct LateTraining {
  double mean = 0;
  std::int64_t batches = 0;
};

struct TrialResult {
  TrainResult train;
  std::int64_t planned_steps = 0;
  Index parameters = 0;
  std::optional<Measurement> initial_train, final_train;  // batch of the first, last logged step
  std::optional<Measurement> initial_test, final_test;    // whole test set
  std::optional<LateTraining> late_train;                 // empty: training ended before
  std::optional<Measurement> best_test;  // highest accuracy (regression: lowest loss), the earliest
  InitReport init;
  double guessing_loss = 0;  // of the best constant answer, on the training set
  Verdict verdict;
  double initialize_seconds = 0;

  bool diverged() const { return train.divergence.has_value(); }
};

/// A trial between two updates. Valid during the call only.
struct TrialPause {
  const TrialResult& so_far;    // the result if the trial ended here
  const RunEvidence& evidence;  // for the verdict at the end
  double loss;                  // of the last update's batch
  const Network& network;
  const OptimizerState& optimizer;
};

/// What a trial was at a pause, to go on from.
struct SavedTrial {
  TrialResult so_far;
  RunEvidence evidence;
  WeightFile tensors;  // of `pause_tensors` (experiment/saved_trial.h)
  std::string path;    // of the file that they are from, for messages
};

struct TrialControl {
  std::function<bool(const TrialPause&)> pause;  // called after every update; false: stop here
  const SavedTrial* saved = nullptr;             // go on from here, as if it had never stopped
  bool advises = true;                           // the verdict comes with advice
  bool tests = true;                             // the test set is evaluated
};

/// Builds, initializes and trains one network; `observer` sees every logged step. Throws as
/// `check_against_data`. A diverged training is a result, not an error.
TrialResult run_trial(const ExperimentConfig& config, const DataSplits& data, Observer& observer,
                      const TrialControl& control = {});

/// The network as `run_trial` initializes it, and its first step alone shown to `observer.on_step`:
/// no training, no test set. Throws as `check_against_data`.
InitReport observe_initialization(const ExperimentConfig& config, const DataSplits& data,
                                  Observer& observer);

}  // namespace initbench
