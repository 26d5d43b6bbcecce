#include "nn/loss.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/errors.h"
#include "base/lane_sum.h"

namespace initbench {
namespace {

// Numbers handled at once: a whole number of vector registers, so that a result's bits do not
// depend on where in memory it lies.
constexpr Index kBlock = 32;
using Block = Eigen::Array<Scalar, kBlock, 1>;

/// values = exp(values).
void exponentiate(VectorView values) {
  Index first = 0;
  for (; first + kBlock <= values.size(); first += kBlock) {
    Eigen::Map<Block> block(values.data() + first);
    block = block.exp().eval();
  }
  const Index rest = values.size() - first;
  if (rest == 0) return;
  Block last = Block::Zero();
  std::copy_n(values.data() + first, rest, last.data());
  last = last.exp().eval();
  std::copy_n(last.data(), rest, values.data() + first);
}

/// The largest logit. A NaN may be passed over: the exponentials bring it back.
Scalar largest_of(std::span<const Scalar> logits) {
  const auto larger = [](Scalar a, Scalar b) { return b > a ? b : a; };
  constexpr auto kLanesOfBlock = static_cast<std::size_t>(kBlock);
  Scalar largest = -std::numeric_limits<Scalar>::infinity();
  std::size_t first = 0;
  if (logits.size() >= kLanesOfBlock) {
    Block lanes = Block::Constant(largest);
    for (; first + kLanesOfBlock <= logits.size(); first += kLanesOfBlock) {
      for (Index lane = 0; lane < kBlock; ++lane) {
        lanes(lane) = larger(lanes(lane), logits[first + static_cast<std::size_t>(lane)]);
      }
    }
    largest = lanes.maxCoeff();
  }
  for (const Scalar logit : logits.subspan(first)) largest = larger(largest, logit);
  return largest;
}

/// No earlier logit reaches the label's and no later one exceeds it; false beside a NaN.
bool is_first_largest(std::span<const Scalar> logits, std::size_t label) {
  const Scalar own = logits[label];
  Index beaten = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    beaten += Index{(logits[i] < own) | ((logits[i] == own) & (i >= label))};
  }
  return beaten == static_cast<Index>(logits.size());
}

double sum_of(std::span<const Scalar> values) {
  return lane_sum(values.size(),
                  [&](std::size_t i, double sum) { return sum + static_cast<double>(values[i]); });
}

/// Of one sample: to = logits - largest; its share of the loss without the logarithm, and whether
/// it is right.
BatchLoss centre(std::span<const Scalar> logits, std::size_t label, Scalar* to) {
  const Scalar largest = largest_of(logits);
  for (std::size_t i = 0; i < logits.size(); ++i) to[i] = logits[i] - largest;
  return {.loss = static_cast<double>(largest) - static_cast<double>(logits[label]),
          .correct = is_first_largest(logits, label) ? 1 : 0};
}

/// Of one sample, in place: from exponentials of logits and their sum to the gradient of a batch.
void differentiate(std::span<Scalar> exponentials, std::size_t label, double sum, Index batch) {
  const double factor = 1 / (sum * static_cast<double>(batch));
  const double others = sum - static_cast<double>(exponentials[label]);  // 1 - p cancels less so
  for (Scalar& value : exponentials) value *= static_cast<Scalar>(factor);
  exponentials[label] = static_cast<Scalar>(-others * factor);
}

}  // namespace

BatchLoss cross_entropy(ConstMatrixView logits, std::span<const std::int32_t> labels,
                        MatrixView gradient) {
  const auto classes = static_cast<std::size_t>(logits.rows());
  const Index batch = logits.cols();
  expects(classes > 0 && batch > 0, "cross entropy needs a class and a sample");
  expects(labels.size() == static_cast<std::size_t>(batch), "cross entropy: a label per sample");
  const bool wants_gradient = gradient.size() > 0;
  expects(!wants_gradient || (gradient.rows() == logits.rows() && gradient.cols() == batch),
          "cross entropy: the gradient has the logits' shape");
  Matrix own;
  if (!wants_gradient) own.resize(logits.rows(), batch);
  Scalar* const values = wants_gradient ? gradient.data() : own.data();
  BatchLoss result;
  for (std::size_t sample = 0; sample < labels.size(); ++sample) {
    const auto label = static_cast<std::size_t>(labels[sample]);
    expects(labels[sample] >= 0 && label < classes, "cross entropy: labels are classes");
    const std::size_t first = sample * classes;
    const BatchLoss share = centre({logits.data() + first, classes}, label, values + first);
    result.loss += share.loss;
    result.correct += share.correct;
  }
  exponentiate({values, logits.size()});  // of all samples at once: a few classes fill no register
  for (std::size_t sample = 0; sample < labels.size(); ++sample) {
    const std::span<Scalar> exponentials(values + sample * classes, classes);
    const double sum = sum_of(exponentials);
    result.loss += std::log(sum);
    const auto label = static_cast<std::size_t>(labels[sample]);
    if (wants_gradient) differentiate(exponentials, label, sum, batch);
  }
  result.loss /= static_cast<double>(batch);
  return result;
}

BatchLoss mean_squared_error(ConstMatrixView predictions, ConstMatrixView targets,
                             MatrixView gradient) {
  expects(predictions.size() > 0, "mean squared error needs a sample");
  expects(predictions.rows() == targets.rows() && predictions.cols() == targets.cols(),
          "mean squared error: predictions and targets have one shape");
  expects(gradient.size() == 0 ||
              (gradient.rows() == targets.rows() && gradient.cols() == targets.cols()),
          "mean squared error: the gradient has the predictions' shape");
  const auto count = static_cast<double>(targets.size());
  const auto factor = static_cast<Scalar>(2 / count);
  double sum = 0;
  for (Index i = 0; i < targets.size(); ++i) {
    const double error =
        static_cast<double>(predictions.data()[i]) - static_cast<double>(targets.data()[i]);
    sum += error * error;
  }
  if (gradient.size() > 0) gradient = factor * (predictions - targets);
  return {.loss = sum / count, .correct = 0};
}

BatchLoss batch_loss(Loss loss, ConstMatrixView outputs, std::span<const std::int32_t> labels,
                     ConstMatrixView targets, MatrixView gradient) {
  if (loss == Loss::cross_entropy) return cross_entropy(outputs, labels, gradient);
  return mean_squared_error(outputs, targets, gradient);
}

}  // namespace initbench
