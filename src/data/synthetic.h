/// Generated data sets, from keyed streams: sample i depends on the seed, the set and i alone, so a
/// larger set extends a smaller one, and training and test samples never share a draw.
///
/// Bits are the same for every compiler, optimization level and x86-64 processor: IEEE operations
/// and base/exact_math.h only. A new set is a make_ function and a row of dataset_table().
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/random.h"
#include "data/data_spec.h"

namespace initbench {

/// What the user asked for, defaults of the row filled in; what does not apply is 0.
struct SyntheticSpec {
  std::string_view name;
  Index features = 0;
  Index classes = 0;
  double noise = 0;
  Index image_size = 0;
  Index train_size = 0;
  Index test_size = 0;
};

/// One sample being drawn: `inputs` is to be filled, and the answer that the set has.
struct SampleDraft {
  std::span<double> inputs;
  std::int32_t label = 0;
  double target = 0;
};

/// The distribution of a set. `draw` holds what all samples share (cluster centres, a teacher's
/// weights) and fills sample number `index` from that sample's own stream.
struct SampleGenerator {
  Shape shape;
  std::function<void(Index index, Rng& rng, SampleDraft& draft)> draw;
  /// A sample's stream begins with a standard normal for each input: `draw` finds them in `inputs`,
  /// and the stream behind them. Those of many samples at once take less time.
  bool starts_from_normals = false;
};

/// The stream of something that the samples of a set share.
Rng shared_stream(const SyntheticSpec& spec, std::uint64_t seed, std::string_view tensor);

SampleGenerator make_blobs(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_gaussian(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_teacher(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_moons(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_circles(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_spirals(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_xor(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_gratings(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_sine(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_abs(const SyntheticSpec& spec, std::uint64_t seed);
SampleGenerator make_linear(const SyntheticSpec& spec, std::uint64_t seed);

/// The row's defaults where `data` is silent.
SyntheticSpec resolve_synthetic(const DatasetRow& row, const DataSpec& data);

/// Training and test set, not normalized.
DataSplits generate(const DatasetRow& row, const SyntheticSpec& spec, std::uint64_t seed);

}  // namespace initbench
