#include "nn/loss.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"

namespace initbench {
namespace {

// Logits handled at once: a whole number of vector registers, so that a result's bits do not depend
// on where in memory it lies.
constexpr Index kBlock = 32;
using Block = Eigen::Array<Scalar, kBlock, 1>;
using DoubleBlock = Eigen::Array<double, kBlock, 1>;

/// Calls visit(first, count, block) over one sample; lanes past `count` are meaningless.
void for_each_block(const Scalar* logits, Index classes, auto visit) {
  for (Index first = 0; first < classes; first += kBlock) {
    const Index count = std::min(kBlock, classes - first);
    if (count == kBlock) {
      visit(first, count, Block(Eigen::Map<const Block>(logits + first)));
    } else {
      Block last = Block::Constant(logits[first]);
      std::copy_n(logits + first, count, last.data());
      visit(first, count, last);
    }
  }
}

/// The largest logit. A NaN may be passed over: the exponentials bring it back.
Scalar largest_of(const Scalar* logits, Index classes) {
  Block largest = Block::Constant(-std::numeric_limits<Scalar>::infinity());
  for_each_block(logits, classes, [&](Index, Index, const Block& block) {
    for (Index lane = 0; lane < kBlock; ++lane) {
      largest(lane) = block(lane) > largest(lane) ? block(lane) : largest(lane);
    }
  });
  return largest.maxCoeff();
}

/// Sum of exp(logit - largest), which are written to `to` unless it is null.
double exponentials(const Scalar* logits, Index classes, Scalar largest, Scalar* to) {
  DoubleBlock sums = DoubleBlock::Zero();
  for_each_block(logits, classes, [&](Index first, Index count, const Block& block) {
    const Block result = (block - largest).exp();
    for (Index lane = 0; lane < count; ++lane) sums(lane) += static_cast<double>(result(lane));
    if (to != nullptr) std::copy_n(result.data(), count, to + first);
  });
  return sums.sum();
}

/// No earlier logit reaches the label's and no later one exceeds it; false beside a NaN.
bool is_first_largest(const Scalar* logits, Index classes, Index label) {
  const Scalar own = logits[label];
  Index beaten = 0;
  for (Index i = 0; i < label; ++i) beaten += logits[i] < own ? 1 : 0;
  for (Index i = label; i < classes; ++i) beaten += logits[i] <= own ? 1 : 0;
  return beaten == classes;
}

}  // namespace

BatchLoss cross_entropy(ConstMatrixView logits, std::span<const std::int32_t> labels,
                        MatrixView gradient) {
  const Index classes = logits.rows();
  const Index batch = logits.cols();
  expects(classes > 0 && batch > 0, "cross entropy needs a class and a sample");
  expects(labels.size() == static_cast<std::size_t>(batch), "cross entropy: a label per sample");
  expects(gradient.size() == 0 || (gradient.rows() == classes && gradient.cols() == batch),
          "cross entropy: the gradient has the logits' shape");
  BatchLoss result;
  for (Index sample = 0; sample < batch; ++sample) {
    const Scalar* own = logits.col(sample).data();
    const Index label = labels[static_cast<std::size_t>(sample)];
    expects(label >= 0 && label < classes, "cross entropy: labels are classes");
    Scalar* to = gradient.size() > 0 ? gradient.col(sample).data() : nullptr;
    const Scalar largest = largest_of(own, classes);
    const double sum = exponentials(own, classes, largest, to);
    result.loss += std::log(sum) + (static_cast<double>(largest) - static_cast<double>(own[label]));
    result.correct += is_first_largest(own, classes, label) ? 1 : 0;
    if (to == nullptr) continue;
    const double factor = 1 / (sum * static_cast<double>(batch));
    const double others = sum - static_cast<double>(to[label]);  // 1 - p cancels less this way
    gradient.col(sample) *= static_cast<Scalar>(factor);
    to[label] = static_cast<Scalar>(-others * factor);
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
