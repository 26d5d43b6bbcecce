/// Schemes whose distribution is given directly, whatever the layer's size.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/exact_math.h"
#include "init/draws.h"
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

/// N(0, 1) conditioned on |z| < c has variance 1 - 2 c pdf(c) / (2 cdf(c) - 1).
std::optional<double> truncated_variance(const InitChoice& choice, const TensorContext&) {
  const TruncatedNormal law = truncated_law(choice);
  if (law.mean != 0 || law.low != -law.high) return std::nullopt;  // the mean is not 0
  const double c = law.high / law.std;
  if (c >= kFarthestTail) return law.std * law.std;
  if (c < 1e-3) return law.high * law.high / 3;  // uniform; the difference below would cancel
  const double pdf = exact::exp(-c * c / 2) / std::sqrt(2 * std::numbers::pi);
  return law.std * law.std * (1 - 2 * c * pdf / (1 - 2 * exact::normal_cdf(-c)));
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

SchemeParameter positive_std_parameter() {
  return {.name = "std",
          .summary = "standard deviation before truncation",
          .default_value = 1.0,
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
  return {
      {.name = "uniform",
       .aliases = {},
       .summary = "Uniform between two bounds; one-sided at PyTorch's defaults 0 and 1",
       .formula = "w ~ U(a, b)",
       .source = "torch.nn.init.uniform_",
       .parameters = {bound("a", "lower bound", 0), bound("b", "upper bound", 1)},
       .for_biases = true,
       .conflict = uniform_conflict,
       .fill = fill_uniform,
       .variance = uniform_variance},
      {.name = "normal",
       .aliases = {},
       .summary = "Normal with the given mean and standard deviation, whatever the layer's size",
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
       .parameters = {bound("mean", "mean before truncation", 0), positive_std_parameter(),
                      bound("a", "lower bound", -2), bound("b", "upper bound", 2)},
       .conflict = truncation_conflict,
       .fill = fill_truncated,
       .variance = truncated_variance},
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
  };
}

}  // namespace initbench
