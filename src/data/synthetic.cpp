#include "data/synthetic.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/exact_math.h"

namespace initbench {
namespace {

constexpr Index kNumbersAtOnce = 4096;

/// As if each stream drew its own normals, one stream after the other.
class NormalsOfStreams {
 public:
  void draw(std::vector<Rng>& streams, std::span<double> values) {
    uniforms_.resize(values.size());
    const std::size_t each = values.size() / streams.size();
    double* uniform = uniforms_.data();
    for (Rng& stream : streams) {
      for (std::size_t i = 0; i < each; ++i) *uniform++ = stream.uniform_open();
    }
    exact::normal_quantiles(uniforms_, values);
  }

 private:
  std::vector<double> uniforms_;
};

void keep(const SampleDraft& draft, Index index, Dataset& set) {
  std::transform(draft.inputs.begin(), draft.inputs.end(), set.values.col(index).data(),
                 [](double input) { return static_cast<Scalar>(input); });
  if (set.labels.empty()) {
    set.targets(0, index) = static_cast<Scalar>(draft.target);
  } else {
    set.labels[static_cast<std::size_t>(index)] = draft.label;
  }
}

Dataset draw_samples(const DatasetRow& row, const SyntheticSpec& spec, std::uint64_t seed,
                     Index size, std::string_view split, const SampleGenerator& generator) {
  Dataset set{.shape = generator.shape, .size = size, .classes = spec.classes};
  const Index features = set.shape.features();
  set.values.resize(features, size);
  if (row.classification) {
    set.labels.resize(static_cast<std::size_t>(size));
  } else {
    set.targets.resize(1, size);
  }
  const auto each = static_cast<std::size_t>(features);
  const Index at_once = std::max<Index>(1, kNumbersAtOnce / features);
  std::vector<Rng> streams;
  std::vector<double> inputs;
  NormalsOfStreams normals;
  for (Index first = 0; first < size; first += at_once) {
    streams.clear();
    for (Index i = first; i < std::min(size, first + at_once); ++i) {
      streams.push_back(Rng({.seed = seed,
                             .purpose = Purpose::dataset,
                             .name = spec.name,
                             .tensor = split,
                             .substream = static_cast<std::uint64_t>(i)}));
    }
    inputs.resize(streams.size() * each);
    if (generator.starts_from_normals) normals.draw(streams, inputs);
    for (std::size_t i = 0; i < streams.size(); ++i) {
      const Index index = first + static_cast<Index>(i);
      SampleDraft draft{.inputs = std::span(inputs).subspan(i * each, each)};
      generator.draw(index, streams[i], draft);
      keep(draft, index, set);
    }
  }
  return set;
}

}  // namespace

Rng shared_stream(const SyntheticSpec& spec, std::uint64_t seed, std::string_view tensor) {
  return Rng({.seed = seed, .purpose = Purpose::dataset, .name = spec.name, .tensor = tensor});
}

SyntheticSpec resolve_synthetic(const DatasetRow& row, const DataSpec& data) {
  return {.name = row.name,
          .features = data.features.value_or(row.features.value_or(0)),
          .classes = data.classes.value_or(row.classes.value_or(row.classification ? 2 : 0)),
          .noise = data.noise.value_or(row.noise.value_or(0)),
          .image_size = data.image_size.value_or(row.image_size.value_or(0)),
          .train_size = data.train_size.value_or(row.train_size),
          .test_size = data.test_size.value_or(row.test_size)};
}

DataSplits generate(const DatasetRow& row, const SyntheticSpec& spec, std::uint64_t seed) {
  const SampleGenerator generator = row.generator(spec, seed);
  DataSplits splits;
  splits.train = draw_samples(row, spec, seed, spec.train_size, "train samples", generator);
  splits.test = draw_samples(row, spec, seed, spec.test_size, "test samples", generator);
  return splits;
}

}  // namespace initbench
