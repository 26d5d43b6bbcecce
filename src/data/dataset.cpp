#include "data/dataset.h"

#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/moments.h"
#include "base/random.h"

namespace initbench {
namespace {

/// out = (raw - offset) * scale for one sample.
template <class Raw>
void convert(std::span<const Raw> raw, const Dataset& dataset, Scalar* out) {
  const auto size = raw.size();
  if (dataset.offset.size() == 1) {
    const auto offset = static_cast<Scalar>(dataset.offset[0]);
    const auto scale = static_cast<Scalar>(dataset.scale[0]);
    for (std::size_t i = 0; i < size; ++i) out[i] = (static_cast<Scalar>(raw[i]) - offset) * scale;
    return;
  }
  const float* offset = dataset.offset.data();
  const float* scale = dataset.scale.data();
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = (static_cast<Scalar>(raw[i]) - static_cast<Scalar>(offset[i])) *
             static_cast<Scalar>(scale[i]);
  }
}

}  // namespace

double loss_of_guessing(const Dataset& dataset) {
  double loss = 0;
  if (!dataset.is_classification()) {
    for (Index i = 0; i < dataset.targets.rows(); ++i) {
      const Vector output = dataset.targets.row(i);
      loss += moments_of(entries(output)).variance;
    }
    return loss / static_cast<double>(dataset.targets.rows());
  }
  std::vector<double> counts(static_cast<std::size_t>(dataset.classes), 0);
  for (const std::int32_t label : dataset.labels) ++counts[static_cast<std::size_t>(label)];
  for (const double count : counts) {
    const double share = count / static_cast<double>(dataset.size);
    if (share > 0) loss -= share * std::log(share);
  }
  return loss;
}

void gather_inputs(const Dataset& dataset, std::span<const Index> samples, MatrixView inputs) {
  const auto features = static_cast<std::size_t>(dataset.shape.features());
  expects(inputs.rows() == dataset.shape.features(), "inputs have one row per feature");
  expects(inputs.cols() == static_cast<Index>(samples.size()), "inputs have one column per sample");
  const std::size_t statistics = dataset.offset.size();
  expects(statistics == dataset.scale.size() && (statistics == 1 || statistics == features),
          "one offset and scale, or one per feature");
  for (std::size_t i = 0; i < samples.size(); ++i) {
    expects(samples[i] >= 0 && samples[i] < dataset.size, "a sample of the set");
    const std::size_t start = static_cast<std::size_t>(samples[i]) * features;
    Scalar* out = inputs.data() + i * features;
    if (dataset.bytes.empty()) {
      convert(std::span<const Scalar>(dataset.values.data() + start, features), dataset, out);
    } else {
      convert(std::span<const std::uint8_t>(dataset.bytes).subspan(start, features), dataset, out);
    }
  }
}

std::vector<Index> epoch_order(Index size, bool shuffled, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<Index> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), Index{0});
  if (shuffled) {
    Rng rng({.seed = seed,
             .purpose = Purpose::batch_order,
             .name = "train",
             .tensor = "order",
             .substream = epoch});
    shuffle(order, rng);
  }
  return order;
}

}  // namespace initbench
