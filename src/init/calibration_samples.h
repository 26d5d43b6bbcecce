/// The samples that calibrations look at: of the training set in a keyed order, or noise.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/types.h"
#include "data/dataset.h"

namespace initbench {

/// Indices of training samples in an order keyed by the seed: a shuffle of the whole set, then
/// another. Other than the order of training.
class SampleStream {
 public:
  SampleStream(Index size, std::uint64_t seed);

  /// The next `count` indices. Of one shuffle all are different.
  std::vector<Index> next(Index count);

 private:
  void reshuffle();

  std::uint64_t seed_;
  std::uint64_t round_ = 0;
  std::vector<Index> order_;
  std::size_t position_ = 0;
};

/// The batch of min(batch_size, dataset.size) samples that every layer is calibrated on: the first
/// of the SampleStream.
std::vector<Index> calibration_samples(const Dataset& train, Index batch_size, std::uint64_t seed);

/// Inputs (features x batch) and what the network should answer.
struct Samples {
  Matrix inputs;
  std::vector<std::int32_t> labels;  // classification
  Matrix targets;                    // regression: (outputs x batch)
};

Samples gather_samples(const Dataset& dataset, std::span<const Index> samples);

/// As many samples of the set's shape: inputs and regression targets from N(0, 1), labels uniform.
Samples noise_samples(const Dataset& like, Index count, Rng& rng);

}  // namespace initbench
