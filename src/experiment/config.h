/// One experiment, fully resolved: every default filled in, every layer named. What the JSON of a
/// user becomes (experiment/config_json.h) and what a trial runs on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/data_spec.h"
#include "init/initialize.h"
#include "nn/model_spec.h"
#include "probe/thresholds.h"
#include "train/trainer.h"

namespace initbench {

struct TrainConfig {
  OptimizerSpec optimizer;
  ScheduleSpec schedule;
  std::optional<Loss> loss;  // empty: cross_entropy for classes, mse for targets
  Index batch_size = 128;
  std::optional<std::int64_t> epochs;  // exactly one of epochs and steps is set
  std::optional<std::int64_t> steps;
  bool shuffle = true;
  std::optional<double> clip_norm;
};

/// Which weights a run keeps as files: none; before the first update; after the last; both, and
/// those of every logged step.
enum class LogWeights { none, init, final, all };

/// At which logged steps a run measures the spectra of its Jacobians.
enum class LogSpectra { off, init, all };

struct LogConfig {
  std::int64_t every = 10;  // 0: first and last step only
  LogWeights weights = LogWeights::none;
  LogSpectra spectra = LogSpectra::off;
};

struct ExperimentConfig {
  std::string name;
  std::uint64_t seed = 0;
  DataSpec data;
  ModelSpec model;               // names and places assigned, repeats expanded
  std::vector<LayerInit> inits;  // one per parametrised layer, found by name; projections too
  TrainConfig train;
  LogConfig log;
  Thresholds diagnosis;  // of the verdict
};

}  // namespace initbench
