/// A network's loss as a function of its parameters: value, gradient and the product of the Hessian
/// with a vector, by differences of gradients alone.
#pragma once

#include <cstdint>

#include "base/types.h"
#include "init/calibration_samples.h"
#include "nn/loss.h"
#include "nn/network.h"
#include "nn/tape.h"

namespace initbench {

/// Works on a copy of the network. Batch norms use the batch's statistics, dropout is off
/// (Mode::calibrate). All vectors are laid out as Network::values().
class LossSurface {
 public:
  /// For samples up to `capacity`.
  LossSurface(const Network& network, Loss loss, Index capacity);

  /// Means over the samples. May be infinite or NaN.
  double loss(const Vector& parameters, const Samples& samples);
  /// The same, and `gradient` by all parameters.
  double gradient(const Vector& parameters, const Samples& samples, Vector& gradient);

  /// H v by the central difference (grad L(p + h v) - grad L(p - h v)) / 2h: two gradients. The
  /// length of h v is kRelativeStep times that of the parameters. 0 for v = 0.
  void hessian_product(const Vector& parameters, const Vector& direction, const Samples& samples,
                       Vector& product);

  /// How many gradients have been computed.
  std::int64_t gradient_evaluations() const { return gradient_evaluations_; }

  /// Small against the curvature of usual losses; in float, the gradients' difference keeps three
  /// digits.
  static constexpr double kRelativeStep = 1e-3;

 private:
  double run(const Vector& parameters, const Samples& samples, bool with_gradient);

  Network network_;
  Loss loss_;
  Tape tape_;
  Vector shifted_;
  Vector behind_;  // the gradient at p - h v
  std::int64_t gradient_evaluations_ = 0;
};

}  // namespace initbench
