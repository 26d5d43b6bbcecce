#include "init/draws.h"

#include <algorithm>
#include <array>

#include "base/errors.h"
#include "base/exact_math.h"
#include "base/normals.h"

namespace initbench {
namespace {

constexpr std::size_t kAtOnce = 256;  // normals

double cdf(double z) {
  if (z <= -kFarthestTail) return 0;
  if (z >= kFarthestTail) return 1;
  return exact::normal_cdf(z);
}

}  // namespace

void draw_uniform(double low, double high, Rng& rng, std::span<Scalar> values) {
  for (Scalar& value : values) {
    value = static_cast<Scalar>(low + (high - low) * rng.uniform());
  }
}

void draw_normal(double mean, double std, Rng& rng, std::span<Scalar> values) {
  std::array<double, kAtOnce> buffer{};
  while (!values.empty()) {
    const std::span<double> normals = std::span(buffer).first(std::min(values.size(), kAtOnce));
    draw_normals(rng, normals);
    for (std::size_t i = 0; i < normals.size(); ++i) {
      values[i] = static_cast<Scalar>(mean + std * normals[i]);
    }
    values = values.subspan(normals.size());
  }
}

void draw_truncated_normal(const TruncatedNormal& law, Rng& rng, std::span<Scalar> values) {
  double low = (law.low - law.mean) / law.std;
  double high = (law.high - law.mean) / law.std;
  expects(low < high && low < kFarthestTail && high > -kFarthestTail, "the interval has mass");
  // An interval above the mean is mirrored: close to 1 a probability has no digits left, close to
  // 0 it has all of them.
  const double sign = low > 0 ? -1 : 1;
  if (low > 0) {
    std::swap(low, high);
    low = -low;
    high = -high;
  }
  const double from = cdf(low);
  const double mass = cdf(high) - from;
  constexpr double kLargestBelowOne = 1 - 0x1p-53;
  constexpr double kSmallest = 1e-300;
  for (Scalar& value : values) {
    const double p = std::clamp(from + mass * rng.uniform_open(), kSmallest, kLargestBelowOne);
    const double z = sign * exact::normal_quantile(p);
    value = static_cast<Scalar>(std::clamp(law.mean + law.std * z, law.low, law.high));
  }
}

void draw_two_sigma_normal(double std, Rng& rng, std::span<Scalar> values) {
  const double s = std / kTwoSigmaStd;
  draw_truncated_normal({.mean = 0, .std = s, .low = -2 * s, .high = 2 * s}, rng, values);
}

}  // namespace initbench
