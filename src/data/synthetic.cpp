#include "data/synthetic.h"

#include <vector>

namespace initbench {
namespace {

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
  std::vector<double> inputs(static_cast<std::size_t>(features));
  for (Index i = 0; i < size; ++i) {
    Rng rng({.seed = seed,
             .purpose = Purpose::dataset,
             .name = spec.name,
             .tensor = split,
             .substream = static_cast<std::uint64_t>(i)});
    SampleDraft draft{.inputs = inputs};
    generator.draw(i, rng, draft);
    for (Index k = 0; k < features; ++k) {
      set.values(k, i) = static_cast<Scalar>(inputs[static_cast<std::size_t>(k)]);
    }
    if (row.classification) {
      set.labels[static_cast<std::size_t>(i)] = draft.label;
    } else {
      set.targets(0, i) = static_cast<Scalar>(draft.target);
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
