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

/// One pass over differences to the first value, because E[x^2] - mean^2 cancels: that value is at
/// most sqrt(count) standard deviations from the mean, so that a relative error of count * 2^-53 is
/// the worst.
Moments moments_of(std::span<const Scalar> values);

/// Sum of squares in double, in the same fixed order.
double sum_of_squares(std::span<const Scalar> values);

}  // namespace initbench
