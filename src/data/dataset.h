/// A labelled set in memory, and minibatches gathered from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/shape.h"
#include "base/types.h"

namespace initbench {

/// Inputs are bytes (image files: one byte a pixel, converted when a minibatch is gathered, so that
/// full MNIST costs 47 MB) or floats (synthetic sets); exactly one of the two is filled. What a
/// network sees is (raw - offset) * scale.
struct Dataset {
  Shape shape;
  Index size = 0;                    // samples
  std::vector<std::uint8_t> bytes;   // size * shape.features(), sample after sample, HWC
  Matrix values;                     // (shape.features() x size)
  std::vector<float> offset{0.0F};   // one for all features, or one per feature
  std::vector<float> scale{1.0F};    // as offset
  Index classes = 0;                 // 0: regression
  std::vector<std::int32_t> labels;  // classification: size entries in [0, classes)
  Matrix targets;                    // regression: (outputs x size)

  bool is_classification() const { return classes > 0; }
  /// Classes, or regression targets: the number of a network's outputs.
  Index outputs() const { return is_classification() ? classes : targets.rows(); }
};

/// Training and test set, normalized by the training set's statistics alone.
struct DataSplits {
  Dataset train;
  Dataset test;
  std::string
      description;  // for the terminal: "mnist (10000 train, 2000 test, 28 x 28 x 1, 10 classes)"
  std::string
      digest;  // 16 hex digits over raw inputs, labels and targets of both; same data, same digest
};

/// The least loss of an answer that does not depend on the input: the entropy of the labels (ln C
/// when all classes are equally frequent), or the variance of the targets, mean over outputs.
double loss_of_guessing(const Dataset& dataset);

/// inputs (features x samples.size()) = the given samples, normalized. Allocates nothing.
void gather_inputs(const Dataset& dataset, std::span<const Index> samples, MatrixView inputs);

/// The order in which an epoch visits the training samples: 0, 1, ... or a shuffle keyed by (seed,
/// epoch).
std::vector<Index> epoch_order(Index size, bool shuffled, std::uint64_t seed, std::uint64_t epoch);

}  // namespace initbench
