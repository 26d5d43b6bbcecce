/// Value and derivative of every activation, written once for arrays of any length and precision:
/// one double for the table's functions, a block of Scalars for the fast passes.
///
/// Every formula passes a NaN on (so max(0, z) is written z <= 0 ? 0 : z) and is finite for every
/// finite z: exponentials are only taken of numbers that are not positive, or inside functions that
/// saturate. `a` is the value at z, for derivatives that are cheaper from it. Derivatives at kinks
/// are PyTorch's. Functions return arrays, never expressions, which would refer to dead locals.
#pragma once

#include <numbers>
#include <type_traits>

#include <unsupported/Eigen/SpecialFunctions>

#include "base/types.h"

namespace initbench::formulas {

template <typename Array>
using ScalarOf = typename Array::Scalar;

/// f of each element: a plain loop, which compilers turn into vector selects.
template <typename Array>
Array each(const Array& z, auto f) {
  Array result;
  for (Index i = 0; i < z.size(); ++i) result(i) = f(z(i));
  return result;
}

/// `positive` where z > 0, else `other`; also at a NaN.
template <typename Array>
Array choose(const Array& z, const Array& positive, const Array& other) {
  Array result;
  for (Index i = 0; i < z.size(); ++i) result(i) = z(i) > 0 ? positive(i) : other(i);
  return result;
}

struct Linear {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return z;
  }
  template <typename Array>
  static Array derivative(const Array&, const Array&, ScalarOf<Array>) {
    return Array::Ones();
  }
};

struct Relu {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    using T = ScalarOf<Array>;
    return each(z, [](T x) { return x <= 0 ? T(0) : x; });
  }
  template <typename Array>
  static Array derivative(const Array&, const Array& a, ScalarOf<Array>) {
    using T = ScalarOf<Array>;
    return each(a, [](T x) { return x <= 0 ? T(0) : T(1); });
  }
};

struct LeakyRelu {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array> slope) {
    return choose<Array>(z, z, slope * z);
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array> slope) {
    using T = ScalarOf<Array>;
    return each(z, [slope](T x) { return x > 0 ? T(1) : slope; });
  }
};

/// torch.nn.Hardtanh(low, high).
template <int low, int high>
struct Clamp {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    using T = ScalarOf<Array>;
    return each(z, [](T x) {
      const T raised = x < low ? T(low) : x;
      return raised > high ? T(high) : raised;
    });
  }
  template <typename Array>
  static Array derivative(const Array&, const Array& a, ScalarOf<Array>) {
    using T = ScalarOf<Array>;
    return each(a, [](T x) {
      const T above = x <= low ? T(0) : T(1);
      return x >= high ? T(0) : above;
    });
  }
};
using Relu6 = Clamp<0, 6>;
using Hardtanh = Clamp<-1, 1>;

struct Elu {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array> alpha) {
    return choose<Array>(z, z, alpha * z.expm1());
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array> alpha) {
    return choose<Array>(z, Array::Ones(), alpha * z.exp());
  }
};

struct Selu {
  // Klambauer et al. 2017, equation 14: the fixed point of mean 0 and variance 1.
  static constexpr double kScale = 1.0507009873554804934193349852946;
  static constexpr double kAlpha = 1.6732632423543772848170429916717;

  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    using T = ScalarOf<Array>;
    return choose<Array>(z, T(kScale) * z, T(kScale * kAlpha) * z.expm1());
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array>) {
    using T = ScalarOf<Array>;
    return choose<Array>(z, Array::Constant(T(kScale)), T(kScale * kAlpha) * z.exp());
  }
};

struct Tanh {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return z.tanh();
  }
  template <typename Array>
  static Array derivative(const Array&, const Array& a, ScalarOf<Array>) {
    return 1 - a.square();
  }
};

struct Sigmoid {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return z.logistic();
  }
  template <typename Array>
  static Array derivative(const Array&, const Array& a, ScalarOf<Array>) {
    return a * (1 - a);
  }
};

struct Softplus {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return Relu::value<Array>(z, 0) + (-z.abs()).exp().log1p();
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array>) {
    return z.logistic();
  }
};

struct Softsign {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return z / (1 + z.abs());
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array>) {
    return (1 + z.abs()).inverse().square();
  }
};

struct Erf {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array>) {
    return z.erf();
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array>) {
    return 2 * std::numbers::inv_sqrtpi_v<ScalarOf<Array>> * (-z.square()).exp();
  }
};

struct Sin {
  template <typename Array>
  static Array value(const Array& z, ScalarOf<Array> omega) {
    return (omega * z).sin();
  }
  template <typename Array>
  static Array derivative(const Array& z, const Array&, ScalarOf<Array> omega) {
    return omega * (omega * z).cos();
  }
};

}  // namespace initbench::formulas
