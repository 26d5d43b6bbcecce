/// A minibatch's targets and the loss of a network's outputs on it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/types.h"
#include "data/dataset.h"
#include "nn/loss.h"

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

}  // namespace initbench
