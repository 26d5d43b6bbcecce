/// Forward passes over the calibration batch that run only what a change made stale, so that going
/// through a network layer by layer costs as much as a few passes, whatever its depth.
///
/// Mode::calibrate: batch norms use the batch's statistics and dropout is off. Statistics are those
/// of the network as initialized, and nothing but the batch is random.
#pragma once

#include <cstdint>
#include <optional>

#include "base/types.h"
#include "data/dataset.h"
#include "nn/network.h"
#include "nn/tape.h"

namespace initbench {

class CalibrationPass {
 public:
  /// Keeps references to both.
  CalibrationPass(const Network& network, const Dataset& train, std::uint64_t seed);

  /// Takes the batch of min(batch_size, training samples); the next values are those of this one.
  void use_batch(Index batch_size);
  Index batch() const { return tape_->batch(); }

  /// The node's value (features x batch), up to date as far as `changed` was told. Valid until the
  /// next call. After `use_batch`.
  ConstMatrixView value(NodeId node);
  /// Parameters of this node have changed.
  void changed(NodeId node);

  /// d (sum of gradient * outputs) / d parameters, laid out as Network::values(); `output_gradient`
  /// (outputs x batch).
  void backward(const Matrix& output_gradient, Vector& gradient);

 private:
  const Network& network_;
  const Dataset& train_;
  std::uint64_t seed_;
  std::optional<Tape> tape_;
  NodeId fresh_ = 0;  // the last node whose value is up to date
};

}  // namespace initbench
