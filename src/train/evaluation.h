/// A minibatch's targets and the loss of it, and the loss over a whole set.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/types.h"
#include "data/dataset.h"
#include "nn/network.h"
#include "nn/tape.h"
#include "train/loss.h"

namespace initbench {

/// Labels or target values of up to `capacity` samples of one set, allocated once.
class Batch {
 public:
  Batch(const Dataset& dataset, Index capacity);

  void gather_targets(std::span<const Index> samples);

  /// The loss of the gathered samples; `gradient` is filled unless it is empty.
  BatchLoss loss(Loss loss, ConstMatrixView outputs, MatrixView gradient) const;

 private:
  const Dataset& dataset_;
  Index size_ = 0;
  std::vector<std::int32_t> labels_;
  Matrix targets_;  // (outputs x capacity)
};

struct SetLoss {
  double loss = 0;                 // mean over the samples
  std::optional<double> accuracy;  // empty for regression, and unless the loss is finite
};

/// Runs the network in evaluation mode over the whole set, in batches of the tape's capacity.
SetLoss evaluate_set(const Network& network, const Dataset& dataset, Loss loss, Tape& tape);

}  // namespace initbench
