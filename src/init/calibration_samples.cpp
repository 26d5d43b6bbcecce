#include "init/calibration_samples.h"

#include <algorithm>
#include <numeric>

#include "base/errors.h"

namespace initbench {

SampleStream::SampleStream(Index size, std::uint64_t seed)
    : seed_(seed), order_(static_cast<std::size_t>(size)) {
  expects(size > 0, "a training set has samples");
  reshuffle();
}

void SampleStream::reshuffle() {
  std::iota(order_.begin(), order_.end(), Index{0});
  Rng rng({.seed = seed_,
           .purpose = Purpose::calibration,
           .name = "train",
           .tensor = "order",
           .substream = round_++});
  shuffle(order_, rng);
  position_ = 0;
}

std::vector<Index> SampleStream::next(Index count) {
  std::vector<Index> samples;
  for (Index i = 0; i < count; ++i) {
    if (position_ == order_.size()) reshuffle();
    samples.push_back(order_[position_++]);
  }
  return samples;
}

std::vector<Index> calibration_samples(const Dataset& train, Index batch_size, std::uint64_t seed) {
  return SampleStream(train.size, seed).next(std::min(batch_size, train.size));
}

Samples gather_samples(const Dataset& dataset, std::span<const Index> samples) {
  const auto count = static_cast<Index>(samples.size());
  Samples result;
  result.inputs.resize(dataset.shape.features(), count);
  gather_inputs(dataset, samples,
                MatrixView(result.inputs.data(), result.inputs.rows(), result.inputs.cols()));
  if (!dataset.is_classification()) result.targets.resize(dataset.targets.rows(), count);
  for (Index i = 0; i < count; ++i) {
    const Index sample = samples[static_cast<std::size_t>(i)];
    if (dataset.is_classification()) {
      result.labels.push_back(dataset.labels[static_cast<std::size_t>(sample)]);
    } else {
      result.targets.col(i) = dataset.targets.col(sample);
    }
  }
  return result;
}

Samples noise_samples(const Dataset& like, Index count, Rng& rng) {
  const auto draw = [&](Matrix& matrix, Index rows) {
    matrix.resize(rows, count);
    for (Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = static_cast<Scalar>(rng.normal());
  };
  Samples result;
  draw(result.inputs, like.shape.features());
  if (!like.is_classification()) draw(result.targets, like.outputs());
  for (Index i = 0; i < count && like.is_classification(); ++i) {
    result.labels.push_back(static_cast<std::int32_t>(rng.below(like.classes)));
  }
  return result;
}

}  // namespace initbench
