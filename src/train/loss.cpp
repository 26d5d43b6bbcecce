#include "train/loss.h"

#include <cmath>

#include "base/errors.h"

namespace initbench {
namespace {

/// Whether `label` has the largest logit of its column, the first of equals; false for NaN.
bool is_correct(const auto& logits, Index label) {
  const Scalar own = logits(label);
  for (Index row = 0; row < logits.size(); ++row) {
    if (!(logits(row) < own || (logits(row) == own && row >= label))) return false;
  }
  return true;
}

}  // namespace

BatchLoss cross_entropy(ConstMatrixView logits, std::span<const std::int32_t> labels,
                        MatrixView gradient) {
  expects(logits.cols() == static_cast<Index>(labels.size()), "one label per sample");
  const auto per_sample = static_cast<Scalar>(1.0 / static_cast<double>(labels.size()));
  BatchLoss result;
  for (Index sample = 0; sample < logits.cols(); ++sample) {
    const auto column = logits.col(sample);
    const Index label = labels[static_cast<std::size_t>(sample)];
    // shifted by the largest logit, so that no exponential overflows; a NaN reaches the sum
    const Scalar largest = column.maxCoeff();
    Scalar sum = 0;
    if (gradient.size() == 0) {
      sum = (column.array() - largest).exp().sum();
    } else {
      gradient.col(sample) = (column.array() - largest).exp();
      sum = gradient.col(sample).sum();
      gradient.col(sample) *= per_sample / sum;
      gradient(label, sample) -= per_sample;
    }
    result.loss += std::log(static_cast<double>(sum)) + static_cast<double>(largest) -
                   static_cast<double>(column(label));
    result.correct += is_correct(column, label) ? 1 : 0;
  }
  result.loss /= static_cast<double>(labels.size());
  return result;
}

BatchLoss mean_squared_error(ConstMatrixView predictions, ConstMatrixView targets,
                             MatrixView gradient) {
  expects(predictions.rows() == targets.rows() && predictions.cols() == targets.cols(),
          "one target per prediction");
  const auto count = static_cast<double>(predictions.size());
  const double sum = (predictions.cast<double>() - targets.cast<double>()).array().square().sum();
  if (gradient.size() != 0) gradient = static_cast<Scalar>(2 / count) * (predictions - targets);
  return {.loss = sum / count};
}

}  // namespace initbench
