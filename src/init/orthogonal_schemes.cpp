/// Schemes with orthonormal rows or columns.
#include <algorithm>

#include "init/fan_laws.h"
#include "init/gain.h"
#include "init/orthonormal.h"
#include "init/rows.h"

namespace initbench {
namespace {

/// A weight seen as a matrix (out, everything else).
struct Flattened {
  std::size_t rows;
  std::size_t columns;
};

Flattened flattened(const Parameter& parameter) {
  const Index rows = parameter.dims[0];
  return {.rows = static_cast<std::size_t>(rows),
          .columns = static_cast<std::size_t>(parameter.size / rows)};
}

// values (rows, columns): orthonormal rows when wide, orthonormal columns when tall
void fill_orthogonal(const InitChoice& choice, const TensorContext& context, Rng& rng,
                     std::span<Scalar> values) {
  const auto [rows, columns] = flattened(context.parameter);
  const double gain = own_gain(choice, context).value();
  const std::vector<double> matrix = random_orthogonal(rows, columns, rng);
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    values[i] = static_cast<Scalar>(gain * matrix[i]);
  }
}

/// Rows and columns of a Haar matrix of size n have length 1, by symmetry 1 / n per squared entry.
std::optional<double> orthogonal_variance(const InitChoice& choice, const TensorContext& context) {
  const std::optional<double> gain = own_gain(choice, context);
  if (!gain) return std::nullopt;
  const auto [rows, columns] = flattened(context.parameter);
  return *gain * *gain / static_cast<double>(std::max(rows, columns));
}

}  // namespace

std::vector<Scheme> orthogonal_rows() {
  return {
      {.name = "orthogonal",
       .aliases = {"Orthogonal"},
       .summary = "Uniformly random among the matrices with orthonormal rows (or columns, if there "
                  "are more rows); a kernel is flattened to (out, in/groups * kh * kw)",
       .formula = "w w^T = gain^2 * I (out <= the rest) or w^T w = gain^2 * I",
       .source = "torch.nn.init.orthogonal_; Saxe et al. 2014, arXiv:1312.6120",
       .parameters = {gain_parameter()},
       .misfit = own_gain_misfit,
       .fill = fill_orthogonal,
       .variance = orthogonal_variance,
       .orthogonal = true},
  };
}

}  // namespace initbench
