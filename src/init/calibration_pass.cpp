#include "init/calibration_pass.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "init/calibration_samples.h"

namespace initbench {

CalibrationPass::CalibrationPass(const Network& network, const Dataset& train, std::uint64_t seed)
    : network_(network), train_(train), seed_(seed) {}

void CalibrationPass::use_batch(Index batch_size) {
  const Index size = std::min(batch_size, train_.size);
  if (tape_ && tape_->batch() == size) return;
  tape_.emplace(network_, size);
  gather_inputs(train_, calibration_samples(train_, size, seed_), tape_->value(0));
  fresh_ = 0;
}

ConstMatrixView CalibrationPass::value(NodeId node) {
  expects(tape_.has_value(), "a batch is chosen");
  if (node > fresh_) {
    forward(network_, {.mode = Mode::calibrate}, *tape_, fresh_ + 1, node);
    fresh_ = node;
  }
  return std::as_const(*tape_).value(node);
}

void CalibrationPass::changed(NodeId node) { fresh_ = std::min(fresh_, node - 1); }

void CalibrationPass::backward(const Matrix& output_gradient, Vector& gradient) {
  value(network_.output());
  tape_->gradient(network_.output()) = output_gradient;
  initbench::backward(network_, *tape_, gradient);
}

}  // namespace initbench
