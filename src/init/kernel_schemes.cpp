/// Kernels of convolutions that keep every image's length when the image wraps around (circular
/// padding): their transfer function, a matrix per frequency, has orthonormal columns. That the
/// kernel as a flat matrix is orthogonal does not suffice.
#include <algorithm>

#include "init/fan_laws.h"
#include "init/gain.h"
#include "init/orthonormal.h"
#include "init/rows.h"

namespace initbench {
namespace {

/// One group of a kernel, which is a convolution of its own; values (out, in, height, width).
struct Group {
  std::size_t out;
  std::size_t in;
  std::size_t height;
  std::size_t width;

  std::size_t size() const { return out * in * height * width; }
};

Group group_of(const Parameter& parameter) {
  const auto dim = [&](std::size_t i) { return static_cast<std::size_t>(parameter.dims[i]); };
  return {.out = dim(0) / static_cast<std::size_t>(parameter.groups),
          .in = dim(1),
          .height = dim(2),
          .width = dim(3)};
}

std::string delta_misfit(const InitChoice& choice, const TensorContext& context) {
  const Group group = group_of(context.parameter);
  if (group.in > group.out) {
    return std::string(choice.scheme->name) + " needs at least as many output channels as input " +
           "channels" + (context.parameter.groups > 1 ? " in each group" : "") + ", not " +
           std::to_string(group.out) + " for " + std::to_string(group.in) +
           ", or lengths are lost; give the layer more channels or use orthogonal";
  }
  return own_gain_misfit(choice, context);
}

std::string conv_orthogonal_misfit(const InitChoice& choice, const TensorContext& context) {
  const Group group = group_of(context.parameter);
  if (group.height != group.width) {
    return "conv_orthogonal needs a square kernel, not " + std::to_string(group.height) + " x " +
           std::to_string(group.width) + "; use delta_orthogonal";
  }
  return delta_misfit(choice, context);
}

// The centre (k - 1) / 2 is that of the authors' TensorFlow code and of JAX; dirac's is PyTorch's.
void fill_delta(const InitChoice& choice, const TensorContext& context, Rng& rng,
                std::span<Scalar> values) {
  const Group group = group_of(context.parameter);
  const double gain = own_gain(choice, context).value();
  const std::size_t area = group.height * group.width;
  const std::size_t centre = (group.height - 1) / 2 * group.width + (group.width - 1) / 2;
  std::fill(values.begin(), values.end(), Scalar{0});
  for (std::size_t start = 0; start < values.size(); start += group.size()) {
    const std::vector<double> matrix = random_orthogonal(group.out, group.in, rng);
    for (std::size_t i = 0; i < matrix.size(); ++i) {
      values[start + i * area + centre] = static_cast<Scalar>(gain * matrix[i]);
    }
  }
}

/// An orthonormal basis, vector after vector, of a random subspace: each direction of a uniformly
/// random basis of the whole space belongs to it with probability 1/2.
std::vector<double> random_subspace(std::size_t length, Rng& rng) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < length; ++i) count += rng.bits() >> 63;
  std::vector<double> basis(count * length);
  for (double& entry : basis) entry = rng.normal();
  orthonormalize(basis, count, length);
  return basis;
}

/// matrix (length, columns) = P matrix, P the orthogonal projection on the basis' subspace.
void project(std::span<const double> basis, std::size_t length, std::span<double> matrix) {
  const std::size_t columns = matrix.size() / length;
  std::vector<double> along(basis.size() / length * columns);  // (vectors, columns)
  const auto for_each_entry_of_basis = [&](auto&& combine) {
    for (std::size_t i = 0; i < basis.size(); ++i) {
      combine(basis[i], &along[i / length * columns], &matrix[i % length * columns]);
    }
  };
  for_each_entry_of_basis([&](double entry, double* coordinates, const double* row) {
    for (std::size_t j = 0; j < columns; ++j) coordinates[j] += entry * row[j];
  });
  std::fill(matrix.begin(), matrix.end(), 0.0);
  for_each_entry_of_basis([&](double entry, const double* coordinates, double* row) {
    for (std::size_t j = 0; j < columns; ++j) row[j] += entry * coordinates[j];
  });
}

/// A kernel (height, width, out, in) with room for size x size taps, as a polynomial in two shifts.
class TapGrid {
 public:
  TapGrid(std::size_t size, const Group& group)
      : size_(size), out_(group.out), matrix_(group.out * group.in), taps_(size * size * matrix_) {}

  std::span<double> tap(std::size_t row, std::size_t column) {
    return std::span(taps_).subspan((row * size_ + column) * matrix_, matrix_);
  }

  /// Multiplies taps 0 .. count - 1 along one line by P + shift (I - P), P the projection on a
  /// random subspace's `basis`: a unitary matrix at every frequency, so that lengths stay. tap(i)
  /// of the line becomes P tap(i) + (I - P) tap(i - 1).
  template <typename TapOf>
  void multiply_line(std::span<const double> basis, std::size_t count, TapOf tap_of) const {
    for (std::size_t i = count; i > 0; --i) {
      const std::span<double> current = tap_of(i);
      const std::span<const double> before = tap_of(i - 1);
      for (std::size_t k = 0; k < matrix_; ++k) current[k] -= before[k];
      project(basis, out_, current);
      for (std::size_t k = 0; k < matrix_; ++k) current[k] += before[k];
    }
    project(basis, out_, tap_of(0));
  }

 private:
  std::size_t size_;
  std::size_t out_;
  std::size_t matrix_;
  std::vector<double> taps_;
};

TapGrid random_orthogonal_kernel(const Group& group, Rng& rng) {
  TapGrid grid(group.width, group);
  const std::vector<double> start = random_orthogonal(group.out, group.in, rng);
  std::copy(start.begin(), start.end(), grid.tap(0, 0).begin());
  for (std::size_t taps = 1; taps < group.width; ++taps) {
    const std::vector<double> along_rows = random_subspace(group.out, rng);
    for (std::size_t row = 0; row < taps; ++row) {
      grid.multiply_line(along_rows, taps, [&](std::size_t i) { return grid.tap(row, i); });
    }
    const std::vector<double> along_columns = random_subspace(group.out, rng);
    for (std::size_t column = 0; column <= taps; ++column) {
      grid.multiply_line(along_columns, taps, [&](std::size_t i) { return grid.tap(i, column); });
    }
  }
  return grid;
}

void fill_conv_orthogonal(const InitChoice& choice, const TensorContext& context, Rng& rng,
                          std::span<Scalar> values) {
  const Group group = group_of(context.parameter);
  const double gain = own_gain(choice, context).value();
  const std::size_t area = group.height * group.width;
  for (std::size_t start = 0; start < values.size(); start += group.size()) {
    TapGrid grid = random_orthogonal_kernel(group, rng);
    for (std::size_t i = 0; i < group.size(); ++i) {
      const std::size_t tap = i % area;
      const double entry = grid.tap(tap / group.width, tap % group.width)[i / area];
      values[start + i] = static_cast<Scalar>(gain * entry);
    }
  }
}

std::optional<double> centre_variance(const InitChoice& choice, const TensorContext& context) {
  const std::optional<double> gain = own_gain(choice, context);
  if (!gain) return std::nullopt;
  return *gain * *gain / static_cast<double>(group_of(context.parameter).out);
}

/// Taps differ in their variance, but for a kernel of one.
std::optional<double> one_tap_variance(const InitChoice& choice, const TensorContext& context) {
  const Group group = group_of(context.parameter);
  if (group.height * group.width > 1) return std::nullopt;
  return centre_variance(choice, context);
}

}  // namespace

std::vector<Scheme> kernel_rows() {
  return {
      {.name = "delta_orthogonal",
       .aliases = {"DeltaOrthogonal"},
       .summary = "A random matrix with orthonormal columns at the kernel's centre (k - 1) / 2, "
                  "zeros around it: keeps every image's length times gain; needs in <= out "
                  "channels",
       .formula = "w[.][.][(kh-1)/2][(kw-1)/2] = gain * H, H^T H = I, else 0",
       .source = "Xiao et al. 2018, arXiv:1806.05393, algorithm 2; "
                 "jax.nn.initializers.delta_orthogonal",
       .parameters = {gain_parameter()},
       .weight_shape = WeightShape::kernel,
       .instead = "orthogonal",
       .misfit = delta_misfit,
       .fill = fill_delta,
       .variance = one_tap_variance,
       .centre_variance = centre_variance,
       .orthogonal = true},
      {.name = "conv_orthogonal",
       .aliases = {},
       .summary = "A random k x k convolution that keeps every image's length times gain when "
                  "padding is circular, with all taps in use; needs a square kernel and in <= out "
                  "channels",
       .formula = "transfer function gain * prod_{i<k} (P_i + u (I - P_i)) (Q_i + v (I - Q_i)) H: "
                  "shifts u, v, random projections P_i, Q_i, H^T H = I",
       .source = "Xiao et al. 2018, arXiv:1806.05393, algorithm 1; "
                 "tf.contrib.framework.convolutional_orthogonal_2d",
       .parameters = {gain_parameter()},
       .weight_shape = WeightShape::kernel,
       .instead = "orthogonal",
       .misfit = conv_orthogonal_misfit,
       .fill = fill_conv_orthogonal,
       .variance = one_tap_variance,
       .orthogonal = true},
  };
}

}  // namespace initbench
