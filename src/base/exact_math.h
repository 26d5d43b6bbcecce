/// Elementary functions whose bits are the same for every compiler, optimization level and x86-64
/// processor, for drawing initial weights and synthetic data.
///
/// The C library's log, exp, sin and cos pick different code by processor and may differ in the
/// last bit. These use only +, -, *, / and sqrt of IEEE 754 in a fixed order and are compiled with
/// -ffp-contract=off. Accuracy: a few units in the last place. Not for hot loops.
#pragma once

#include <span>

namespace initbench::exact {

/// Natural logarithm of a positive, finite, normal number.
double log(double x);
/// e^x for |x| <= 700.
double exp(double x);
/// Sine and cosine for |x| <= 1e5.
double sin(double x);
double cos(double x);

/// Standard normal quantile, 0 < p < 1 (Wichura 1988, algorithm AS 241, PPND16; relative error
/// ~1e-16).
double normal_quantile(double p);
/// The same of each, in less time; z and p must not overlap.
void normal_quantiles(std::span<const double> p, std::span<double> z);
/// Standard normal distribution function, by bisection of `normal_quantile`; |x| <= 37.
double normal_cdf(double x);

}  // namespace initbench::exact
