/// The table of activations, and their elementwise forward and backward passes.
///
/// A new activation is one enumerator and one row. What needs an integral over a Gaussian (gains,
/// critical points) is not here but in theory/.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "base/types.h"

namespace initbench {

enum class ActivationKind {
  linear,
  relu,
  leaky_relu,
  prelu,
  relu6,
  elu,
  selu,
  gelu,
  gelu_tanh,
  silu,
  mish,
  tanh,
  sigmoid,
  hardtanh,
  softplus,
  softsign,
  erf,
  sin
};

/// An activation with its parameter: the negative slope of leaky_relu (and the start of prelu's
/// learned one), alpha of elu, omega of sin; unused by the others.
struct Activation {
  ActivationKind kind = ActivationKind::linear;
  double parameter = 0;
  bool operator==(const Activation&) const = default;
};

/// One row of the table.
struct ActivationRow {
  ActivationKind kind;
  std::string_view name;  // PyTorch's spelling where it has one
  std::span<const std::string_view> aliases;
  std::string_view formula;    // of z
  std::string_view parameter;  // its name ("a", "alpha", "omega"); empty: none
  double default_parameter;
  std::optional<double> lower;  // bounds of the range, if any, at the default parameter
  std::optional<double> upper;
  double (*value)(double z, double parameter);
  double (*derivative)(double z, double parameter);  // PyTorch's choice at a kink
  std::optional<double> (*torch_gain)(
      double parameter);          // torch.nn.init.calculate_gain; empty: it raises
  std::span<const double> kinks;  // where the derivative jumps
  std::span<const double> bends;  // where only a higher one does
  /// On which it varies around 0: two thirds of the distance of the nearest pole at most, or the
  /// scale of an entire function. Infinite: straight between kinks. Per unit of a frequency.
  double width = std::numeric_limits<double>::infinity();
  double period = 0;           // 0: none. Per unit of a frequency, which is then the parameter
  bool homogeneous = false;    // phi(c z) = c phi(z) for c > 0
  bool rests_at_zero = false;  // exactly 0, with derivative 0, for z < 0
  bool ends_as_relu = false;   // at large |z| a multiple of relu, plus a constant at most
  std::string_view source;
  // The same formulas over `size` contiguous numbers: a = phi(z); dz = da * phi'(z).
  void (*forward)(double parameter, const Scalar* z, Scalar* a, Index size);
  void (*backward)(double parameter, const Scalar* z, const Scalar* a, const Scalar* da, Scalar* dz,
                   Index size);
};

/// All rows, in the order of ActivationKind.
std::span<const ActivationRow> activation_table();
const ActivationRow& activation_row(ActivationKind kind);
/// The row with this name or alias ("swish" is silu), or nullptr.
const ActivationRow* find_activation(std::string_view name);

/// True when both ends of the range are bounded, so that `act_sat_frac` means something.
bool is_bounded(const Activation& activation);
/// Between which values a bounded activation is not saturated: all but the outer 3 % of its range,
/// measured from its middle.
struct ActivationRange {
  double low = 0;
  double high = 0;
};
ActivationRange unsaturated_range(const Activation& activation);

bool is_homogeneous(const Activation& activation);
/// relu and relu6.
bool is_rectifier(const Activation& activation);

/// a = phi(z), elementwise; `a` may be the same memory as `z`. prelu takes its slope from
/// `activation`.
void activation_forward(const Activation& activation, ConstMatrixView z, MatrixView a);

/// dz = da * phi'(z), elementwise (overwrites dz). `a` = phi(z) is used where it is cheaper than z.
/// `dz` may be the same memory as `da`.
void activation_backward(const Activation& activation, ConstMatrixView z, ConstMatrixView a,
                         ConstMatrixView da, MatrixView dz);

/// d loss / d slope of prelu: the sum of da * z over z < 0, in double. A NaN of z counts.
double prelu_slope_gradient(ConstMatrixView z, ConstMatrixView da);

}  // namespace initbench
