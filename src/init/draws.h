/// The distributions that schemes draw from. One draw of bits per weight, by inversion in double,
/// so that a weight depends on its index in the stream alone.
#pragma once

#include <span>

#include "base/random.h"
#include "base/types.h"

namespace initbench {

/// Uniform on [low, high).
void draw_uniform(double low, double high, Rng& rng, std::span<Scalar> values);

void draw_normal(double mean, double std, Rng& rng, std::span<Scalar> values);

/// A normal distribution conditioned on low <= x <= high: two bounds, absolute values.
struct TruncatedNormal {
  double mean = 0;
  double std = 1;
  double low = -2;
  double high = 2;
};

/// How far from the mean, in standard deviations, an interval may begin: farther out its
/// probability is below what a double holds.
inline constexpr double kFarthestTail = 37;

/// The interval must not be empty nor begin farther than kFarthestTail from the mean.
void draw_truncated_normal(const TruncatedNormal& law, Rng& rng, std::span<Scalar> values);

/// The standard deviation of N(0, 1) truncated to [-2, 2].
inline constexpr double kTwoSigmaStd = 0.87962566103423978;

/// A normal truncated at two of its standard deviations, scaled so that its standard deviation
/// after truncation is `std` (Keras, JAX, TensorFlow).
void draw_two_sigma_normal(double std, Rng& rng, std::span<Scalar> values);

}  // namespace initbench
