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

/// From sums and sums of squares in one pass. Where those would cancel, because the variance is
/// below a hundredth of E[x^2], in a second pass over differences to the mean: the relative error
/// of the variance is at most 100 * count * 2^-53.
Moments moments_of(std::span<const Scalar> values);

/// Sum of squares in double, in the same fixed order.
double sum_of_squares(std::span<const Scalar> values);

}  // namespace initbench
