/// Keyed, counter-based random streams (Threefry-4x64-20 of Random123; Salmon et al. 2011).
///
/// A stream is named by (seed, purpose, name, tensor); its i-th number depends on nothing else, so
/// adding a layer or changing one layer's scheme changes no other draw. The bits are the same for
/// every compiler, optimization level and x86-64 processor. No std::*_distribution, no
/// std::shuffle.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/types.h"

namespace initbench {

enum class Purpose : std::uint64_t {
  weights = 1,
  dataset = 2,
  batch_order = 3,
  dropout = 4,
  probe = 5,
  calibration = 6
};

struct StreamKey {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::weights;
  std::string_view name;        // a layer, a dataset
  std::string_view tensor;      // "weight", "bias", "inputs", ...
  std::uint64_t substream = 0;  // an epoch, a step, an element with draws of its own
};

/// A stream of random numbers. A value: copy it to fork, keep a position to resume.
class Rng {
 public:
  explicit Rng(const StreamKey& key);

  /// The start of the stream that another tensor of the same seed, purpose and name has: for what
  /// two tensors of one layer must agree on.
  Rng sibling(std::string_view tensor) const;

  /// 64 uniformly distributed bits.
  std::uint64_t bits();
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  /// Uniform in (0, 1): never an end point, safe for logarithms and quantiles.
  double uniform_open() { return (static_cast<double>(bits() >> 12) + 0.5) * 0x1p-52; }
  /// Standard normal by inversion: one draw of bits per number.
  double normal();
  /// Uniform in {0, ..., bound - 1}, unbiased (Lemire 2019); bound > 0.
  Index below(Index bound);

 private:
  std::array<std::uint64_t, 4> key_;
  std::array<std::uint64_t, 4> block_{};
  std::uint64_t position_ = 0;  // of the next number
  std::uint64_t substream_;
};

/// Fisher-Yates shuffle, in place.
void shuffle(std::span<Index> items, Rng& rng);

}  // namespace initbench
