#include "data/batch.h"

namespace initbench {

Batch::Batch(const Dataset& dataset, Index capacity) : dataset_(dataset) {
  if (dataset.is_classification()) {
    labels_.resize(static_cast<std::size_t>(capacity));
  } else {
    targets_.resize(dataset.targets.rows(), capacity);
  }
}

void Batch::gather_targets(std::span<const Index> samples) {
  size_ = static_cast<Index>(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (dataset_.is_classification()) {
      labels_[i] = dataset_.labels[static_cast<std::size_t>(samples[i])];
    } else {
      targets_.col(static_cast<Index>(i)) = dataset_.targets.col(samples[i]);
    }
  }
}

BatchLoss Batch::loss(Loss loss, ConstMatrixView outputs, MatrixView gradient) const {
  return batch_loss(
      loss, outputs, {labels_.data(), labels_.empty() ? 0 : static_cast<std::size_t>(size_)},
      ConstMatrixView(targets_.data(), targets_.rows(), targets_.size() > 0 ? size_ : 0), gradient);
}

}  // namespace initbench
