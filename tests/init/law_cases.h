/// Distributions that draws are compared with: distribution function, Kolmogorov-Smirnov test.
#pragma once

#include <cmath>
#include <vector>

#include "base/types.h"

namespace initbench {

/// N(mean, sigma^2) given low <= x <= high, or U(low, high) when sigma is 0. An untruncated normal
/// has infinite bounds.
struct Law {
  double mean = 0;
  double sigma = 0;
  double low = -INFINITY;
  double high = INFINITY;
};

Law uniform_law(double low, double high);
Law normal_law(double mean, double sigma);
/// Truncated at two sigma.
Law two_sigma_law(double sigma);

double cdf(const Law& law, double x);
/// By numerical integration of the distribution function if a normal is truncated.
double mean_of(const Law& law);
double std_of(const Law& law);

/// The probability of a Kolmogorov-Smirnov distance as large as that of the sample, if it is drawn
/// from the law (asymptotic series with Stephens' correction; Numerical Recipes 14.3).
double kolmogorov_smirnov_p(std::vector<Scalar> sample, const Law& law);

}  // namespace initbench
