#include "data/normalize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/errors.h"
#include "base/moments.h"

namespace initbench {
namespace {

__extension__ using Wide = unsigned __int128;

struct Affine {
  double offset = 0;
  double scale = 1;
};

/// Mean 0 and variance 1; without variance, 0.
Affine standardizing(double mean, double variance) {
  return {.offset = mean, .scale = variance > 0 ? 1 / std::sqrt(variance) : 0};
}

/// Sums of integers: exact, so that n * squares - sum^2 does not cancel, and is 0 only for a
/// constant.
struct ByteSums {
  std::uint64_t sum = 0;
  std::uint64_t squares = 0;

  Affine standardized(std::uint64_t count) const {
    const Wide spread = static_cast<Wide>(count) * squares - static_cast<Wide>(sum) * sum;
    const auto n = static_cast<double>(count);
    return standardizing(static_cast<double>(sum) / n, static_cast<double>(spread) / n / n);
  }
};

/// In chunks whose sums fit 32 bits (65536 * 255^2 < 2^32), which the compiler vectorizes.
ByteSums sums_of(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kChunk = 65536;
  ByteSums total;
  for (std::size_t start = 0; start < bytes.size(); start += kChunk) {
    std::uint32_t sum = 0;
    std::uint32_t squares = 0;
    for (const std::uint8_t byte : bytes.subspan(start, std::min(kChunk, bytes.size() - start))) {
      const std::uint32_t value = byte;
      sum += value;
      squares += value * value;
    }
    total.sum += sum;
    total.squares += squares;
  }
  return total;
}

std::vector<Affine> per_feature_of_bytes(const Dataset& set) {
  const auto features = static_cast<std::size_t>(set.shape.features());
  std::vector<std::uint64_t> sums(features);
  std::vector<std::uint64_t> squares(features);
  for (std::size_t start = 0; start < set.bytes.size(); start += features) {
    const std::uint8_t* sample = set.bytes.data() + start;
    for (std::size_t i = 0; i < features; ++i) {
      const std::uint32_t value = sample[i];
      sums[i] += value;
      squares[i] += value * value;
    }
  }
  std::vector<Affine> result(features);
  for (std::size_t i = 0; i < features; ++i) {
    const ByteSums feature{.sum = sums[i], .squares = squares[i]};
    result[i] = feature.standardized(static_cast<std::uint64_t>(set.size));
  }
  return result;
}

/// Two passes in double. A constant is recognized by its range: its computed mean may be off by a
/// rounding, which a tiny variance would blow up.
std::vector<Affine> per_feature_of_values(const Matrix& values) {
  std::vector<Affine> result(static_cast<std::size_t>(values.rows()));
  const auto n = static_cast<double>(values.cols());
  for (Index row = 0; row < values.rows(); ++row) {
    double mean = 0;
    for (Index i = 0; i < values.cols(); ++i) mean += static_cast<double>(values(row, i));
    mean /= n;
    double squares = 0;
    bool constant = true;
    for (Index i = 0; i < values.cols(); ++i) {
      const double deviation = static_cast<double>(values(row, i)) - mean;
      squares += deviation * deviation;
      constant = constant && values(row, i) == values(row, 0);
    }
    result[static_cast<std::size_t>(row)] =
        constant ? standardizing(static_cast<double>(values(row, 0)), 0)
                 : standardizing(mean, squares / n);
  }
  return result;
}

Affine of_bytes(Normalize how, const Dataset& train) {
  switch (how) {
    case Normalize::standardize: return sums_of(train.bytes).standardized(train.bytes.size());
    case Normalize::center: return {.offset = 127.5, .scale = 1.0 / 255};
    case Normalize::unit: return {.offset = 0, .scale = 1.0 / 255};
    default: return {};
  }
}

Affine of_values(Normalize how, const Matrix& values) {
  if (how == Normalize::none) return {};
  const auto size = static_cast<std::size_t>(values.size());
  const auto low = static_cast<double>(values.minCoeff());
  const auto high = static_cast<double>(values.maxCoeff());
  if (low == high) return {.offset = low, .scale = 0};
  if (how == Normalize::standardize) {
    const Moments moments = moments_of({values.data(), size});
    return standardizing(moments.mean, moments.variance);
  }
  const double start = how == Normalize::center ? low + (high - low) / 2 : low;
  return {.offset = start, .scale = 1 / (high - low)};
}

}  // namespace

void normalize(Normalize how, Dataset& train, Dataset& test) {
  expects(train.size > 0, "a training set has samples");
  const bool has_bytes = !train.bytes.empty();
  std::vector<Affine> maps;
  if (how == Normalize::per_feature) {
    maps = has_bytes ? per_feature_of_bytes(train) : per_feature_of_values(train.values);
  } else {
    maps = {has_bytes ? of_bytes(how, train) : of_values(how, train.values)};
  }
  train.offset.clear();
  train.scale.clear();
  for (const Affine& map : maps) {
    train.offset.push_back(static_cast<float>(map.offset));
    train.scale.push_back(static_cast<float>(map.scale));
  }
  test.offset = train.offset;
  test.scale = train.scale;
}

}  // namespace initbench
