/// Value and derivative of the activations that multiply z by a gate: GELU, SiLU, Mish. By the
/// rules of nn/activation_formulas.h.
#pragma once

#include "nn/activation_formulas.h"

namespace initbench::formulas {

/// The distribution function of the standard normal.
template <typename Array>
Array normal_cdf(const Array& z) {
  using T = ScalarOf<Array>;
  const Array x = z * (std::numbers::sqrt2_v<T> / 2);
  if constexpr (std::is_same_v<T, double>) {
    return T(0.5) * (-x).erfc();  // exact to the last digits of the left tail
  } else {
    return T(0.5) * (1 + x.erf());  // as PyTorch; erfc has no vector form
  }
}

/// The density of the standard normal.
template <typename Array>
Array normal_density(const Array& z) {
  using T = ScalarOf<Array>;
  constexpr T kFactor = std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
  return kFactor * (T(-0.5) * z.square()).exp();
}

/// 1 / (1 + e^-z) and its derivative, without cancellation in either tail.
template <typename Array>
struct Logistic {
  Array value;
  Array slope;

  explicit Logistic(const Array& z) {
    const Array e = (-z.abs()).exp();
    const Array r = (1 + e).inverse();
    const Array er = e * r;
    value = choose<Array>(z, r, er);
    slope = er * r;
  }
};

struct Gelu {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return z * normal_cdf<Array>(z);
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array>) {
    return normal_cdf<Array>(z) + z * normal_density<Array>(z);
  }
};

/// z/2 (1 + tanh u) = z logistic(2u), u = sqrt(2/pi) (z + 0.044715 z^3).
struct GeluTanh {
  static constexpr double kCubic = 0.044715;
  static constexpr double kTwice = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;

  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return z * gate(z).value;
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array>) {
    using T = ScalarOf<Array>;
    const Logistic<Array> open = gate(z);
    // where the slope is 0 anyway, z^2 must not overflow: 0 * inf is NaN
    const Array near = z.max(T(-100)).min(T(100));
    return open.value + near * open.slope * T(kTwice) * (1 + T(3 * kCubic) * near.square());
  }

 private:
  template <typename Array>
  static Logistic<Array> gate(const Array& z) {
    using T = ScalarOf<Array>;
    return Logistic<Array>(T(kTwice) * z * (1 + T(kCubic) * z.square()));
  }
};

struct Silu {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return z * Logistic<Array>(z).value;
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array>) {
    const Logistic<Array> gate(z);
    return gate.value + z * gate.slope;
  }
};

/// z tanh(softplus z). With e = exp(-|z|), tanh(softplus z) is n / (n + 2 e^2), n = 1 + 2 e, for
/// positive z and n / (n + 2), n = e (e + 2), for the others; its derivative by softplus follows
/// from 1 - tanh^2 without cancellation.
struct Mish {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return z * Gate<Array>(z).value;
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array>) {
    const Gate<Array> gate(z);
    return gate.value + z * gate.slope;
  }

 private:
  template <typename Array>
  struct Gate {
    Array value;
    Array slope;

    explicit Gate(const Array& z) {
      const Array e = (-z.abs()).exp();
      const Array numerator = choose<Array>(z, 1 + 2 * e, e * (e + 2));
      const Array rest = choose<Array>(z, 2 * e.square(), Array::Constant(2));
      const Array inverse = (numerator + rest).inverse();
      const Array logistic = choose<Array>(z, Array::Ones(), e) / (1 + e);
      value = numerator * inverse;
      slope = rest * (2 * numerator + rest) * inverse.square() * logistic;
    }
  };
};

}  // namespace initbench::formulas
