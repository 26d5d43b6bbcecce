/// Mean, population variance and second moment of many floats, accumulated in double in a fixed
/// order.
#pragma once

#include <span>

#include "base/types.h"

namespace initbench {

/// `variance` divides by the count (population); `second_moment` is the mean of x^2. NaN without
/// values.
struct Moments {
  double mean = 0;
  double variance = 0;
  double second_moment = 0;
  Index count = 0;
};

/// Two passes: exact mean first, then squared deviations, because E[x^2] - mean^2 cancels.
Moments moments_of(std::span<const Scalar> values);

/// Sum of squares in double, in the same fixed order.
double sum_of_squares(std::span<const Scalar> values);

}  // namespace initbench
