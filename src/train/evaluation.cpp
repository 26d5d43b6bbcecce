#include "train/evaluation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

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
  if (loss == Loss::cross_entropy) {
    return cross_entropy(outputs, {labels_.data(), static_cast<std::size_t>(size_)}, gradient);
  }
  return mean_squared_error(outputs, ConstMatrixView(targets_.data(), targets_.rows(), size_),
                            gradient);
}

SetLoss evaluate_set(const Network& network, const Dataset& dataset, Loss loss, Tape& tape) {
  std::vector<Index> samples(static_cast<std::size_t>(dataset.size));
  std::iota(samples.begin(), samples.end(), Index{0});
  Batch batch(dataset, tape.capacity());
  double loss_sum = 0;
  Index correct = 0;
  for (Index begin = 0; begin < dataset.size; begin += tape.capacity()) {
    const Index size = std::min(tape.capacity(), dataset.size - begin);
    const std::span<const Index> part(samples.data() + begin, static_cast<std::size_t>(size));
    tape.set_batch(size);
    gather_inputs(dataset, part, tape.value(0));
    batch.gather_targets(part);
    forward(network, {.mode = Mode::evaluate}, tape);
    const BatchLoss part_loss =
        batch.loss(loss, std::as_const(tape).value(network.output()), MatrixView(nullptr, 0, 0));
    loss_sum += part_loss.loss * static_cast<double>(size);
    correct += part_loss.correct;
  }
  SetLoss result{.loss = loss_sum / static_cast<double>(dataset.size)};
  if (loss == Loss::cross_entropy && std::isfinite(result.loss)) {
    result.accuracy = static_cast<double>(correct) / static_cast<double>(dataset.size);
  }
  return result;
}

}  // namespace initbench
