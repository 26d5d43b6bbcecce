#include "experiment/trial_cost.h"

#include <algorithm>

#include "experiment/trial.h"
#include "nn/network_cost.h"

namespace initbench {
namespace {

/// Parameters, the optimizer's state, and what passes need.
double training_bytes(const ExperimentConfig& config, const Network& network, Index train_size) {
  const Index per_parameter = 1 + state_per_parameter(config.train.optimizer);
  return static_cast<double>(network.values().size() * per_parameter) * sizeof(Scalar) +
         passes_bytes(network, std::min(config.train.batch_size, train_size));
}

double data_bytes(const Dataset& set) {
  const double numbers = static_cast<double>(set.values.size() + set.targets.size());
  return static_cast<double>(set.bytes.size()) + numbers * sizeof(Scalar) +
         static_cast<double>(set.labels.size() * sizeof(std::int32_t));
}

}  // namespace

TrialCost trial_cost(const ExperimentConfig& config, const Network& network,
                     const DataSplits& data) {
  const TrainSpec spec = train_spec(config, data.train);
  return {.parameters = network.values().size(),
          .steps = spec.steps,
          .flops = training_flops(network) * static_cast<double>(spec.batch_size) *
                   static_cast<double>(spec.steps),
          .training_bytes = training_bytes(config, network, data.train.size),
          .data_bytes = data_bytes(data.train) + data_bytes(data.test)};
}

double balanced_cost(const TrialCost& cost) {
  constexpr double kPerRun = 1e8;   // folder, files, data: some milliseconds of arithmetic
  constexpr double kPerStep = 1e6;  // of small networks, whose steps are not arithmetic alone
  return kPerRun + kPerStep * static_cast<double>(cost.steps) + cost.flops;
}

}  // namespace initbench
