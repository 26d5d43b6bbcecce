/// The loss over a whole set.
#pragma once

#include <optional>

#include "data/dataset.h"
#include "nn/loss.h"
#include "nn/network.h"
#include "nn/tape.h"

namespace initbench {

struct SetLoss {
  double loss = 0;                 // mean over the samples
  std::optional<double> accuracy;  // empty for regression, and unless the loss is finite
};

/// Runs the network in evaluation mode over the whole set, in batches of the tape's capacity.
SetLoss evaluate_set(const Network& network, const Dataset& dataset, Loss loss, Tape& tape);

}  // namespace initbench
