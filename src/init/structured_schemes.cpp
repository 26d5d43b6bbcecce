/// Matrices and kernels built of blocks by a rule: identities and Hadamard matrices (ZerO),
/// mirrored blocks that make a ReLU network linear.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "init/fan_laws.h"
#include "init/gain.h"
#include "init/orthonormal.h"
#include "init/rows.h"
#include "init/wording.h"

namespace initbench {
namespace {

std::size_t dim(const TensorContext& context, std::size_t i) {
  return static_cast<std::size_t>(context.parameter.dims[i]);
}

// zero

/// Entry (row, column) of Sylvester's Hadamard matrix, whatever its size.
double hadamard(std::size_t row, std::size_t column) {
  return std::popcount(row & column) % 2 == 0 ? 1 : -1;
}

/// Entry (row, column) of ZerO's matrix (out, in): a partial identity, or, if there are more
/// outputs than inputs, a cut of an orthonormal Hadamard matrix.
double zero_entry(std::size_t out, std::size_t in, std::size_t row, std::size_t column) {
  if (out <= in) return row == column ? 1 : 0;
  return hadamard(row, column) / std::sqrt(static_cast<double>(std::bit_ceil(out)));
}

// values (out) of a bias; (out, in) or (out, in / groups, height, width): each group its own matrix
void fill_zero(const InitChoice&, const TensorContext& context, Rng&, std::span<Scalar> values) {
  std::fill(values.begin(), values.end(), Scalar{0});
  if (is_bias(context)) return;
  const std::size_t out = dim(context, 0) / static_cast<std::size_t>(context.parameter.groups);
  const std::size_t in = dim(context, 1);
  const std::size_t height = is_kernel(context) ? dim(context, 2) : 1;
  const std::size_t width = is_kernel(context) ? dim(context, 3) : 1;
  const std::size_t centre = height / 2 * width + width / 2;
  for (std::size_t row = 0; row < dim(context, 0); ++row) {
    for (std::size_t column = 0; column < in; ++column) {
      values[(row * in + column) * height * width + centre] =
          static_cast<Scalar>(zero_entry(out, in, row % out, column));
    }
  }
}

std::optional<double> variance_of_zero(const InitChoice&, const TensorContext& context) {
  if (is_bias(context)) return 0.0;
  return std::nullopt;
}

// looks_linear

/// c if phi(z) - phi(-z) = c z for all z, which holds for relu (c = 1) and its leaky variants, and
/// also for z times a function s with s(z) + s(-z) = 1, such as gelu and silu.
std::optional<double> odd_slope(const Activation& activation) {
  const ActivationRow& row = activation_row(activation.kind);
  const auto slope_at = [&](double z) {
    return (row.value(z, activation.parameter) - row.value(-z, activation.parameter)) / z;
  };
  const double slope = to_ten_digits(slope_at(1));
  for (const double z : std::array{0.01, 0.3, 2.0, 5.0, 20.0}) {
    if (!(std::fabs(slope_at(z) - slope) <= 1e-9 * std::fabs(slope))) return std::nullopt;
  }
  if (std::fabs(slope) < 1 / kLargest) return std::nullopt;
  return slope;
}

std::string activations_with_odd_slope() {
  std::vector<std::string_view> names;
  for (const ActivationRow& row : activation_table()) {
    if (odd_slope({.kind = row.kind, .parameter = row.default_parameter}))
      names.push_back(row.name);
  }
  return listed(names, "or");
}

/// How a weight's rows and columns pair: column (outer * channels + c) * inner + i belongs to input
/// channel c. Channels come slowest in a kernel's row, and fastest when a dense layer flattens an
/// image.
struct Mirror {
  bool of_outputs;  // the upper half of the rows is repeated below with the other sign
  bool of_inputs;   // so is that of the input channels
  std::size_t out;
  std::size_t channels;
  std::size_t inner;
  std::size_t columns;
};

Mirror mirror_of(const TensorContext& context) {
  const bool flattens = !is_kernel(context) && context.input.is_image;
  return {.of_outputs = !context.position.is_last,
          .of_inputs = !context.position.reads_input,
          .out = dim(context, 0),
          .channels = flattens ? static_cast<std::size_t>(context.input.channels) : dim(context, 1),
          .inner = is_kernel(context) ? dim(context, 2) * dim(context, 3) : 1,
          .columns = static_cast<std::size_t>(context.parameter.size) / dim(context, 0)};
}

std::string looks_linear_misfit(const InitChoice&, const TensorContext& context) {
  constexpr std::string_view kInstead = "; use orthogonal";
  const Mirror mirror = mirror_of(context);
  const auto because = [&](const std::string& reason) {
    return "looks_linear needs " + reason + std::string(kInstead);
  };
  const std::string own(activation_row(context.activation.kind).name);
  if (context.position.blocks > 0) return because("a network without residual blocks");
  if (context.parameter.groups > 1) return because("a convolution without groups");
  if (mirror.of_inputs && mirror.channels % 2 != 0) {
    return because("an even number of inputs or input channels, not " +
                   std::to_string(mirror.channels));
  }
  if (!mirror.of_outputs) {
    if (context.activation.kind == ActivationKind::linear) return "";
    return because("a last layer without activation, not " + own);
  }
  if (mirror.out % 2 != 0) {
    return because("an even number of units or channels, not " + std::to_string(mirror.out));
  }
  if (odd_slope(context.activation)) return "";
  return because("an activation with phi(z) - phi(-z) = c z, c != 0 (" +
                 activations_with_odd_slope() + "), not " + own);
}

// Outputs come in pairs phi(z), phi(-z), whose difference is c z; the next layer takes differences.
// M / c makes of each layer an orthogonal map. values (out, columns): [M; -M], [M, -M; -M, M] or
// [M, -M] by the layer's place.
void fill_looks_linear(const InitChoice&, const TensorContext& context, Rng& rng,
                       std::span<Scalar> values) {
  const Mirror mirror = mirror_of(context);
  const double slope = mirror.of_outputs ? odd_slope(context.activation).value() : 1;
  const std::size_t rows = mirror.of_outputs ? mirror.out / 2 : mirror.out;
  const std::size_t channels = mirror.of_inputs ? mirror.channels / 2 : mirror.channels;
  const std::size_t columns = mirror.columns / mirror.channels * channels;
  const std::vector<double> m = random_orthogonal(rows, columns, rng);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t row = i / mirror.columns;
    const std::size_t column = i % mirror.columns;
    const std::size_t channel = column / mirror.inner % mirror.channels;
    const std::size_t outer = column / (mirror.inner * mirror.channels);
    const std::size_t place =
        (outer * channels + channel % channels) * mirror.inner + column % mirror.inner;
    const bool minus = (row >= rows) != (channel >= channels);
    const double entry = m[row % rows * columns + place] / slope;
    values[i] = static_cast<Scalar>(minus ? -entry : entry);
  }
}

}  // namespace

std::vector<Scheme> structured_rows() {
  return {
      {.name = "zero",
       .aliases = {"ZerO"},
       .summary = "Zeros and ones up to a factor, without randomness: a partial identity, or for "
                  "more outputs than inputs a part of a Hadamard matrix; at a kernel's centre "
                  "k / 2; biases zero",
       .formula = "w[i][j] = 1 if i = j, else 0 (out <= in); H[i][j] / 2^(c/2), c = "
                  "ceil(log2(out)), H of size 2^c (out > in)",
       .source = "Zhao, Schaefer & Anandkumar 2022, arXiv:2110.12661, algorithms 1 and 2",
       .for_biases = true,
       .brings_biases = true,
       .fill = fill_zero,
       .variance = variance_of_zero},
      {.name = "looks_linear",
       .aliases = {},
       .scheme_class = SchemeClass::architecture_aware,
       .summary =
           "Mirrored blocks of a random orthogonal M, by which a chain of layers is a linear "
           "map at the start, as long as pools are averages and there are no norms",
       .formula = "w = [M; -M] first, [M, -M; -M, M] between, [M, -M] last, over units or "
                  "channels; M / c for phi(z) - phi(-z) = c z",
       .source = "Balduzzi et al. 2017, arXiv:1702.08591 (relu, c = 1)",
       .misfit = looks_linear_misfit,
       .fill = fill_looks_linear},
  };
}

}  // namespace initbench
