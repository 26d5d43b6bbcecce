/// How far measurement is from theory at a layer, in standard errors over seeds: beyond 4 one of
/// the two is wrong. Infinite when just one of the two is 0; empty when there is no prediction.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "experiment/theory_sample.h"

namespace initbench {

/// Of E[z^2], z the pre-activations, by theory's spread between networks: the mean of predicted
/// pre_spread. For samples of one network that fluctuate together, apart, or anything between;
/// simulated for 1 to 100 units, 10 or 80 seeds, it has a mean from -0.5 to 0, a deviation of at
/// most 1.1, and is beyond 4 in less than 1 of 1000 cases.
std::optional<double> length_z(std::span<const TheorySample> samples, std::size_t layer,
                               double spread);

/// Of 1 - cosine of two samples' z, by the spread that the seeds show, from three of these on.
std::optional<double> cosine_z(std::span<const TheorySample> samples, std::size_t layer);

/// Of `measured_delta_ratio`, in the same way.
std::optional<double> delta_ratio_z(std::span<const TheorySample> samples, std::size_t layer);

}  // namespace initbench
