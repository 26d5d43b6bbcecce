#include "base/exact_math.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace initbench::exact {
namespace {

// ln 2 and pi/2 in two parts (fdlibm): k times the first part is exact for the k that occur here.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr std::uint64_t kTwoTo52 = 0x4330000000000000ULL;  // as bits of a double
constexpr double kHalfPiHigh = 1.57079632673412561417e+00;
constexpr double kHalfPiLow = 6.07710050650619224932e-11;

using Coefficients = double[8];

/// Of degree 7.
inline double polynomial(const Coefficients& coefficients, double x) {
  double sum = 0;
  for (std::size_t i = std::size(coefficients); i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

double sin_series(double r) {
  const double r2 = r * r;
  double sum = 0;
  for (int k = 23; k >= 3; k -= 2) sum = (1 + sum) * (-r2 / (k * (k - 1)));
  return r + r * sum;
}

double cos_series(double r) {
  const double r2 = r * r;
  double sum = 0;
  for (int k = 24; k >= 2; k -= 2) sum = (1 + sum) * (-r2 / (k * (k - 1)));
  return 1 + sum;
}

/// sin(x + quarter * pi/2)
double shifted_sin(double x, int quarter) {
  const double k = std::floor(x / (kHalfPiHigh + kHalfPiLow) + 0.5);
  const double r = (x - k * kHalfPiHigh) - k * kHalfPiLow;
  switch ((static_cast<std::int64_t>(k) + quarter) & 3) {
    case 0: return sin_series(r);
    case 1: return cos_series(r);
    case 2: return -sin_series(r);
    default: return -cos_series(r);
  }
}

constexpr double kCentralNumerator[] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                        1.9715909503065514427e3, 1.3731693765509461125e4,
                                        4.5921953931549871457e4, 6.7265770927008700853e4,
                                        3.3430575583588128105e4, 2.5090809287301226727e3};
constexpr double kCentralDenominator[] = {1.0,
                                          4.2313330701600911252e1,
                                          6.8718700749205790830e2,
                                          5.3941960214247511077e3,
                                          2.1213794301586595867e4,
                                          3.9307895800092710610e4,
                                          2.8729085735721942674e4,
                                          5.2264952788528545610e3};
constexpr double kMiddleNumerator[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                       5.76949722146069140550e0,  3.64784832476320460504e0,
                                       1.27045825245236838258e0,  2.41780725177450611770e-1,
                                       2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr double kMiddleDenominator[] = {1.0,
                                         2.05319162663775882187e0,
                                         1.67638483018380384940e0,
                                         6.89767334985100004550e-1,
                                         1.48103976427480074590e-1,
                                         1.51986665636164571966e-2,
                                         5.47593808499534494600e-4,
                                         1.05075007164441684324e-9};
constexpr double kTailNumerator[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                     1.78482653991729133580e0,  2.96560571828504891230e-1,
                                     2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                     2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr double kTailDenominator[] = {1.0,
                                       5.99832206555887937690e-1,
                                       1.36929880922735805310e-1,
                                       1.48753612908506148525e-2,
                                       7.86869131145613259100e-4,
                                       1.84631831751005468180e-5,
                                       1.42151175831644588870e-7,
                                       2.04426310338993978564e-15};

constexpr double kCentral = 0.425;  // how far from the middle the first formula reaches

/// Of p = q + 0.5, |q| <= kCentral.
inline double central_quantile(double q) {
  const double r = 0.180625 - q * q;
  return q * polynomial(kCentralNumerator, r) / polynomial(kCentralDenominator, r);
}

inline double log_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  // The biased exponent as a double: beside 2^52 it fills the last bits. Exact.
  const double biased = std::bit_cast<double>(kTwoTo52 | (bits >> 52)) - 0x1p52;
  const double whole =
      std::bit_cast<double>((bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
  const bool is_high = whole > 1.4142135623730951;
  const double mantissa = is_high ? whole * 0.5 : whole;
  const double k = is_high ? biased - 1022 : biased - 1023;
  // ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s| <= 0.1716
  const double s = (mantissa - 1) / (mantissa + 1);
  const double s2 = s * s;
  double sum = 0;
  for (int i = 21; i >= 3; i -= 2) sum = (sum + 1.0 / i) * s2;
  return k * kLn2High + ((2 * s + 2 * s * sum) + k * kLn2Low);
}

double outer_quantile(double p) {
  const bool is_low = p < 0.5;
  const double r = std::sqrt(-log_of(is_low ? p : 1 - p));
  const double magnitude =
      r <= 5 ? polynomial(kMiddleNumerator, r - 1.6) / polynomial(kMiddleDenominator, r - 1.6)
             : polynomial(kTailNumerator, r - 5) / polynomial(kTailDenominator, r - 5);
  return is_low ? -magnitude : magnitude;
}

constexpr std::size_t kLanes = 8;
using Lanes = std::array<double, kLanes>;

/// Outer quantiles but for those of the tail, r > 5; in vectors.
void middle_quantiles(const Lanes& p, Lanes& z) {
  Lanes r{};
  for (std::size_t i = 0; i < kLanes; ++i) r[i] = -log_of(p[i] < 0.5 ? p[i] : 1 - p[i]);
  for (std::size_t i = 0; i < kLanes; ++i) r[i] = std::sqrt(r[i]);
  for (std::size_t i = 0; i < kLanes; ++i) {
    const double magnitude =
        polynomial(kMiddleNumerator, r[i] - 1.6) / polynomial(kMiddleDenominator, r[i] - 1.6);
    z[i] = p[i] < 0.5 ? -magnitude : magnitude;
  }
}

/// Up to kLanes outer values at their places.
class OuterValues {
 public:
  explicit OuterValues(std::span<double> z) : z_(z) { p_.fill(0.25); }

  void add(double p, std::size_t place) {
    p_[count_] = p;
    places_[count_] = place;
    if (++count_ == kLanes) flush();
  }
  void flush() {
    constexpr double kCertainlyMiddle = 1e-10;  // r < 4.8
    if (count_ == 0) return;
    Lanes quantiles{};
    middle_quantiles(p_, quantiles);
    for (std::size_t i = 0; i < count_; ++i) {
      const double p = p_[i];
      const bool is_middle = p > kCertainlyMiddle && 1 - p > kCertainlyMiddle;
      z_[places_[i]] = is_middle ? quantiles[i] : outer_quantile(p);
    }
    count_ = 0;
  }

 private:
  std::span<double> z_;
  Lanes p_{};
  std::array<std::size_t, kLanes> places_{};
  std::size_t count_ = 0;
};

}  // namespace

double log(double x) { return log_of(x); }

double exp(double x) {
  const double k = std::floor(x / (kLn2High + kLn2Low) + 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double sum = 0;
  for (int i = 14; i >= 1; --i) sum = (1 + sum) * (r / i);
  return std::ldexp(1 + sum, static_cast<int>(k));
}

double sin(double x) { return shifted_sin(x, 0); }
double cos(double x) { return shifted_sin(x, 1); }

double normal_quantile(double p) {
  const double q = p - 0.5;
  return std::fabs(q) <= kCentral ? central_quantile(q) : outer_quantile(p);
}

void normal_quantiles(std::span<const double> p, std::span<double> z) {
  for (std::size_t i = 0; i < p.size(); ++i) z[i] = central_quantile(p[i] - 0.5);  // in vectors
  OuterValues outer(z);
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (std::fabs(p[i] - 0.5) > kCentral) outer.add(p[i], i);
  }
  outer.flush();
}

double normal_cdf(double x) {
  if (x > 0) return 1 - normal_cdf(-x);
  // Bisection over the bit patterns of p: positive doubles are ordered as their bits are.
  auto low = std::bit_cast<std::uint64_t>(1e-300);
  auto high = std::bit_cast<std::uint64_t>(0.5);
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (normal_quantile(std::bit_cast<double>(middle)) < x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::bit_cast<double>(low);
}

}  // namespace initbench::exact
