/// Schemes whose distribution is given directly, whatever the layer's size.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/exact_math.h"
#include "init/draws.h"
#include "init/fan_laws.h"
#include "init/rows.h"
#include "init/wording.h"

namespace initbench {
namespace {

std::string uniform_conflict(const InitChoice& choice) {
  if (choice.number("a") <= choice.number("b")) return "";
  return "'a' must not be above 'b': " + number_text(choice.number("a")) + " > " +
         number_text(choice.number("b"));
}

void fill_uniform(const InitChoice& choice, const TensorContext&, Rng& rng,
                  std::span<Scalar> values) {
  draw_uniform(choice.number("a"), choice.number("b"), rng, values);
}

std::optional<double> uniform_variance(const InitChoice& choice, const TensorContext&) {
  const double b = choice.number("b");
  if (choice.number("a") != -b) return std::nullopt;  // the mean is not 0
  return b * b / 3;
}

void fill_normal(const InitChoice& choice, const TensorContext&, Rng& rng,
                 std::span<Scalar> values) {
  draw_normal(choice.number("mean"), choice.number("std"), rng, values);
}

std::optional<double> normal_variance(const InitChoice& choice, const TensorContext&) {
  if (choice.number("mean") != 0) return std::nullopt;
  return choice.number("std") * choice.number("std");
}

TruncatedNormal truncated_law(const InitChoice& choice) {
  return {.mean = choice.number("mean"),
          .std = choice.number("std"),
          .low = choice.number("a"),
          .high = choice.number("b")};
}

std::string truncation_conflict(const InitChoice& choice) {
  const TruncatedNormal law = truncated_law(choice);
  if (law.low >= law.high) {
    return "'a' must be below 'b': " + number_text(law.low) + " >= " + number_text(law.high);
  }
  const double nearest = std::max(law.low - law.mean, law.mean - law.high) / law.std;
  if (nearest < kFarthestTail) return "";
  return "the interval from 'a' to 'b' begins " + number_text(nearest) +
         " standard deviations from 'mean' and has no probability left; a and b are absolute "
         "values, not multiples of std";
}

void fill_truncated(const InitChoice& choice, const TensorContext&, Rng& rng,
                    std::span<Scalar> values) {
  draw_truncated_normal(truncated_law(choice), rng, values);
}

/// Of N(0, 1) conditioned on |z| < c: 1 - 2 c pdf(c) / (2 cdf(c) - 1).
double variance_within(double c) {
  if (c >= kFarthestTail) return 1;
  if (c < 1e-3) return c * c / 3;  // uniform; the difference below would cancel
  const double pdf = exact::exp(-c * c / 2) / std::sqrt(2 * std::numbers::pi);
  return 1 - 2 * c * pdf / (1 - 2 * exact::normal_cdf(-c));
}

std::optional<double> truncated_variance(const InitChoice& choice, const TensorContext&) {
  const TruncatedNormal law = truncated_law(choice);
  if (law.mean != 0 || law.low != -law.high) return std::nullopt;  // the mean is not 0
  return law.std * law.std * variance_within(law.high / law.std);
}

std::string unit_truncation_conflict(const InitChoice& choice) {
  const double lower = choice.number("lower");
  const double upper = choice.number("upper");
  if (lower >= upper) {
    return "'lower' must be below 'upper': " + number_text(lower) + " >= " + number_text(upper);
  }
  const double nearest = std::max(lower, -upper);
  if (nearest < kFarthestTail) return "";
  return "the interval from 'lower' to 'upper' begins " + number_text(nearest) +
         " standard deviations from the mean and has no probability left; lower and upper are "
         "multiples of std";
}

// Truncated before it is scaled: a small std and a large mean would leave no digits for the bounds.
void fill_truncated_in_units(const InitChoice& choice, const TensorContext&, Rng& rng,
                             std::span<Scalar> values) {
  draw_truncated_normal({.low = choice.number("lower"), .high = choice.number("upper")}, rng,
                        values);
  const double mean = choice.number("mean");
  const double std = choice.number("std");
  for (Scalar& value : values) {
    value = static_cast<Scalar>(mean + std * static_cast<double>(value));
  }
}

std::optional<double> variance_in_units(const InitChoice& choice, const TensorContext&) {
  const double upper = choice.number("upper");
  if (choice.number("mean") != 0 || choice.number("lower") != -upper) return std::nullopt;
  return choice.number("std") * choice.number("std") * variance_within(upper);
}

std::size_t zeros_per_column(const InitChoice& choice, const TensorContext& context) {
  const auto rows = static_cast<double>(context.parameter.dims[0]);
  return static_cast<std::size_t>(std::ceil(choice.number("sparsity") * rows));
}

// values (rows, columns): in each column the rows with the smallest draws of a second round of
// draws become 0, so that this choice too depends on a weight's index in the stream alone.
void fill_sparse(const InitChoice& choice, const TensorContext& context, Rng& rng,
                 std::span<Scalar> values) {
  const auto rows = static_cast<std::size_t>(context.parameter.dims[0]);
  const auto columns = static_cast<std::size_t>(context.parameter.dims[1]);
  const std::size_t zeros = zeros_per_column(choice, context);
  draw_normal(0, choice.number("std"), rng, values);
  std::vector<std::uint64_t> keys(values.size());
  for (std::uint64_t& key : keys) key = rng.bits();
  std::vector<std::pair<std::uint64_t, std::size_t>> order(rows);
  for (std::size_t column = 0; column < columns; ++column) {
    for (std::size_t row = 0; row < rows; ++row) order[row] = {keys[row * columns + column], row};
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < zeros; ++i) values[order[i].second * columns + column] = 0;
  }
}

std::optional<double> sparse_variance(const InitChoice& choice, const TensorContext& context) {
  const auto rows = static_cast<double>(context.parameter.dims[0]);
  const double kept = 1 - static_cast<double>(zeros_per_column(choice, context)) / rows;
  return kept * choice.number("std") * choice.number("std");
}

std::size_t connections(const InitChoice& choice, const TensorContext& context) {
  return static_cast<std::size_t>(std::min(choice.number("k"), fan_in(context)));
}

// values (rows, columns): in each row the columns with the smallest draws of a second round keep
// theirs.
void fill_sparse_martens(const InitChoice& choice, const TensorContext& context, Rng& rng,
                         std::span<Scalar> values) {
  const auto columns = static_cast<std::size_t>(context.parameter.dims[1]);
  const std::size_t kept = connections(choice, context);
  draw_normal(0, choice.number("std"), rng, values);
  std::vector<std::pair<std::uint64_t, std::size_t>> order(columns);
  for (std::size_t start = 0; start < values.size(); start += columns) {
    for (std::size_t column = 0; column < columns; ++column) order[column] = {rng.bits(), column};
    std::sort(order.begin(), order.end());
    for (std::size_t i = kept; i < columns; ++i) values[start + order[i].second] = 0;
  }
}

std::optional<double> sparse_martens_variance(const InitChoice& choice,
                                              const TensorContext& context) {
  const double kept = static_cast<double>(connections(choice, context)) / fan_in(context);
  return kept * choice.number("std") * choice.number("std");
}

SchemeParameter bound(std::string_view name, std::string_view summary, double default_value) {
  return {.name = name,
          .summary = summary,
          .default_value = default_value,
          .minimum = -kLargest,
          .maximum = kLargest};
}

SchemeParameter std_parameter(double default_value) {
  return {.name = "std",
          .summary = "standard deviation",
          .default_value = default_value,
          .minimum = 0,
          .maximum = kLargest,
          .aliases = {"stddev"}};
}

SchemeParameter positive_std_parameter(std::string_view summary, double default_value) {
  return {.name = "std",
          .summary = summary,
          .default_value = default_value,
          .minimum = 0,
          .maximum = kLargest,
          .exclusive_minimum = true,
          .aliases = {"stddev"}};
}

}  // namespace

std::vector<Scheme> distribution_rows() {
  const SchemeParameter sparsity{.name = "sparsity",
                                 .summary =
                                     "share of zeros in each column, rounded up to whole "
                                     "entries (PyTorch has no default)",
                                 .default_value = 0.1,
                                 .minimum = 0,
                                 .maximum = 1};
  constexpr std::string_view kBeforeTruncation = "standard deviation before truncation";
  const SchemeParameter k{.name = "k",
                          .summary =
                              "incoming weights of each unit that are not 0, or "
                              "all if there are fewer",
                          .default_value = 15.0,
                          .minimum = 1,
                          .maximum = kLargest,
                          .integer = true};
  return {
      {.name = "uniform",
       .aliases = {},
       .summary =
           "Uniform between two bounds; one-sided at PyTorch's defaults 0 and 1 (Keras: -0.05 "
           "and 0.05, JAX: 0 and 0.01)",
       .formula = "w ~ U(a, b)",
       .source = "torch.nn.init.uniform_",
       .parameters = {bound("a", "lower bound", 0), bound("b", "upper bound", 1)},
       .for_biases = true,
       .conflict = uniform_conflict,
       .fill = fill_uniform,
       .variance = uniform_variance},
      {.name = "normal",
       .aliases = {},
       .summary =
           "Normal with the given mean and standard deviation, whatever the layer's size (at "
           "PyTorch's default std 1; Keras: 0.05, JAX: 0.01)",
       .formula = "w ~ N(mean, std^2)",
       .source = "torch.nn.init.normal_",
       .parameters = {bound("mean", "mean", 0), std_parameter(1)},
       .for_biases = true,
       .fill = fill_normal,
       .variance = normal_variance,
       .gaussian = always_gaussian},
      {.name = "trunc_normal",
       .aliases = {},
       .summary = "Normal truncated to [a, b], absolute values and not multiples of std; the "
                  "standard deviation is not corrected",
       .formula = "w ~ N(mean, std^2) given a <= w <= b",
       .source = "torch.nn.init.trunc_normal_",
       .parameters = {bound("mean", "mean before truncation", 0),
                      positive_std_parameter(kBeforeTruncation, 1), bound("a", "lower bound", -2),
                      bound("b", "upper bound", 2)},
       .conflict = truncation_conflict,
       .fill = fill_truncated,
       .variance = truncated_variance},
      {.name = "truncated_normal",
       .aliases = {"TruncatedNormal"},
       .summary = "Normal truncated at multiples of std, where PyTorch's trunc_normal takes "
                  "absolute values; the standard deviation is not corrected (Keras's default std; "
                  "JAX: 0.01)",
       .formula = "w = mean + std * z, z ~ N(0, 1) given lower <= z <= upper",
       .source = "keras.initializers.TruncatedNormal; jax.nn.initializers.truncated_normal",
       .parameters = {bound("mean", "mean before truncation", 0),
                      positive_std_parameter(kBeforeTruncation, 0.05),
                      bound("lower", "lower bound, in multiples of std from the mean", -2),
                      bound("upper", "upper bound, in multiples of std from the mean", 2)},
       .conflict = unit_truncation_conflict,
       .fill = fill_truncated_in_units,
       .variance = variance_in_units},
      {.name = "sparse",
       .aliases = {},
       .summary = "Normal, with the same number of zeros at random rows of each column, that is "
                  "among the outgoing weights of each input",
       .formula = "w ~ N(0, std^2), then ceil(sparsity * out) entries of each column = 0",
       .source = "torch.nn.init.sparse_; after Martens 2010, who keeps incoming weights instead",
       .parameters = {sparsity, std_parameter(0.01)},
       .weight_shape = WeightShape::matrix,
       .instead = "normal",
       .fill = fill_sparse,
       .variance = sparse_variance},
      {.name = "sparse_martens",
       .aliases = {},
       .summary =
           "Each unit has exactly k incoming weights that are not zero, however many inputs "
           "it has, so that units differ and do not saturate; for tanh std 0.25 and bias_init "
           "0.5, which stand for sigmoid units",
       .formula = "min(k, fan_in) random entries of each row ~ N(0, std^2), the others = 0",
       .source = "Martens 2010, ICML, section 5; Sutskever et al. 2013, ICML, section 3.1",
       .parameters = {k, positive_std_parameter("standard deviation", 1)},
       .weight_shape = WeightShape::matrix,
       .instead = "normal",
       .fill = fill_sparse_martens,
       .variance = sparse_martens_variance},
  };
}

}  // namespace initbench
