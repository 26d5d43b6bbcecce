/// What rows have in common whose variance follows from the fans: the fans as numbers, the
/// variances that several rows have, and fills that ask the row itself for its variance.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/random.h"
#include "init/scheme.h"

namespace initbench {

double fan_in(const TensorContext& context);
double fan_out(const TensorContext& context);
bool is_bias(const TensorContext& context);
/// Of a convolution; else a dense layer's matrix or a bias.
bool is_kernel(const TensorContext& context);

/// 1 / fan_in.
std::optional<double> lecun_variance(const InitChoice& choice, const TensorContext& context);
/// 2 / fan_in.
std::optional<double> he_variance(const InitChoice& choice, const TensorContext& context);
/// 2 / (fan_in + fan_out).
std::optional<double> glorot_variance(const InitChoice& choice, const TensorContext& context);

/// Of rows with a parameter `gain` (init/gain.h): its number, or empty when the layer's own
/// activation has no such gain; the variance gain^2 / fan_in; and why there is none, or empty.
std::optional<double> own_gain(const InitChoice& choice, const TensorContext& context);
std::optional<double> gain_variance(const InitChoice& choice, const TensorContext& context);
std::string own_gain_misfit(const InitChoice& choice, const TensorContext& context);

/// Mean 0 and the variance that `choice.scheme->variance` gives for this tensor, which must exist.
void fill_uniform_by_variance(const InitChoice& choice, const TensorContext& context, Rng& rng,
                              std::span<Scalar> values);
void fill_normal_by_variance(const InitChoice& choice, const TensorContext& context, Rng& rng,
                             std::span<Scalar> values);
/// Truncated at two standard deviations, the variance corrected; it must not be 0.
void fill_two_sigma_by_variance(const InitChoice& choice, const TensorContext& context, Rng& rng,
                                std::span<Scalar> values);

}  // namespace initbench
