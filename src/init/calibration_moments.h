/// Moments of a layer's linear map over a batch, as a whole and per unit, and the changes of
/// weights and biases that give them other values.
#pragma once

#include <span>
#include <vector>

#include "base/moments.h"
#include "base/shape.h"
#include "base/types.h"
#include "nn/network.h"

namespace initbench {

/// Of each unit of a dense layer or channel of an image, over positions and samples; population
/// variances, two passes in double. values (shape.features() x batch).
std::vector<Moments> unit_moments(const Shape& shape, ConstMatrixView values);

/// Whether the spread is no more than what rounding leaves of equal numbers (a millionth of their
/// size), or not finite: no factor gives it a variance.
bool is_constant(const Moments& moments);

/// weight *= factor
void scale_weight(Network& network, const Layer& layer, double factor);

/// The weights of unit k (its row, or its kernels).
std::span<Scalar> weights_of_unit(Network& network, const Layer& layer, Index unit);

/// What standardized units have: z' = scale * (z - mean) / sqrt(variance + epsilon) + mean'.
struct UnitTarget {
  double scale = 1;
  double mean = 0;
  /// Added to the variance that the unit would have with weights of length 1.
  double epsilon = 0;
};

/// Changes weights and, if there are any, biases so that units with these moments get the target's;
/// without biases their means are only scaled.
void standardize_units(Network& network, const Layer& layer, std::span<const Moments> moments,
                       const UnitTarget& target);

/// Whether all of the layer's weights and biases are finite.
bool is_finite(const Network& network, const Layer& layer);

}  // namespace initbench
