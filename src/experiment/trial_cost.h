/// What a trial takes, before it is run: for plans that are shown, and for sharing them out.
#pragma once

#include <cstdint>

#include "data/dataset.h"
#include "experiment/config.h"
#include "nn/network.h"

namespace initbench {

struct TrialCost {
  Index parameters = 0;
  std::int64_t steps = 0;
  double flops = 0;           // of training
  double training_bytes = 0;  // of the network, its gradient, its optimizer and a batch
  double data_bytes = 0;
};

TrialCost trial_cost(const ExperimentConfig& config, const Network& network,
                     const DataSplits& data);

/// One number to balance parts of a plan by: that of training, and a little for every run.
double balanced_cost(const TrialCost& cost);

}  // namespace initbench
