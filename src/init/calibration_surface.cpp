#include "init/calibration_surface.h"

#include <cmath>
#include <utility>

namespace initbench {
namespace {

double length(const Vector& vector) { return std::sqrt(vector.cast<double>().squaredNorm()); }

}  // namespace

LossSurface::LossSurface(const Network& network, Loss loss, Index capacity)
    : network_(network), loss_(loss), tape_(network, capacity) {}

double LossSurface::run(const Vector& parameters, const Samples& samples, bool with_gradient) {
  network_.values() = parameters;
  tape_.set_batch(samples.inputs.cols());
  tape_.value(0) = samples.inputs;
  forward(network_, {.mode = Mode::calibrate}, tape_);
  const NodeId output = network_.output();
  const ConstMatrixView outputs = std::as_const(tape_).value(output);
  const MatrixView gradient = with_gradient ? tape_.gradient(output) : MatrixView(nullptr, 0, 0);
  const ConstMatrixView targets(samples.targets.data(), samples.targets.rows(),
                                samples.targets.cols());
  return batch_loss(loss_, outputs, samples.labels, targets, gradient).loss;
}

double LossSurface::loss(const Vector& parameters, const Samples& samples) {
  return run(parameters, samples, false);
}

double LossSurface::gradient(const Vector& parameters, const Samples& samples, Vector& gradient) {
  const double value = run(parameters, samples, true);
  backward(network_, tape_, gradient);
  ++gradient_evaluations_;
  return value;
}

void LossSurface::hessian_product(const Vector& parameters, const Vector& direction,
                                  const Samples& samples, Vector& product) {
  const double of_direction = length(direction);
  if (of_direction == 0) {
    product = Vector::Zero(parameters.size());
    return;
  }
  const double h = kRelativeStep * length(parameters) / of_direction;
  shifted_ = parameters - static_cast<Scalar>(h) * direction;
  gradient(shifted_, samples, behind_);
  shifted_ = parameters + static_cast<Scalar>(h) * direction;
  gradient(shifted_, samples, product);
  product = (product - behind_) * static_cast<Scalar>(1 / (2 * h));
}

}  // namespace initbench
