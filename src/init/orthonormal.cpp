#include "init/orthonormal.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/errors.h"

namespace initbench {
namespace {

// Partial sums that a compiler may keep in vector registers without changing the order of any sum.
constexpr std::size_t kLanes = 16;

double dot(const double* a, const double* b, std::size_t length) {
  std::array<double, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= length; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  double total = 0;
  for (const double sum : sums) total += sum;
  for (; i < length; ++i) total += a[i] * b[i];
  return total;
}

}  // namespace

// Modified Gram-Schmidt. A pass that removes more than half of a vector's squared length leaves
// rounding errors of the removed part behind, so it is done once more: "twice is enough"
// (Parlett 1998, The Symmetric Eigenvalue Problem, 6.9).
void orthonormalize(std::span<double> vectors, std::size_t count, std::size_t length) {
  expects(count <= length && vectors.size() == count * length, "at most `length` vectors");
  for (std::size_t j = 0; j < count; ++j) {
    double* const v = &vectors[j * length];
    double before = dot(v, v, length);
    double after = before;
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t k = 0; k < j; ++k) {
        const double* const q = &vectors[k * length];
        const double along = dot(q, v, length);
        for (std::size_t i = 0; i < length; ++i) v[i] -= along * q[i];
      }
      after = dot(v, v, length);
      if (after > 0.5 * before) break;
      before = after;
    }
    expects(after > 0, "the vectors are linearly independent");
    const double inverse = 1 / std::sqrt(after);
    for (std::size_t i = 0; i < length; ++i) v[i] *= inverse;
  }
}

std::vector<double> random_orthogonal(std::size_t rows, std::size_t columns, Rng& rng) {
  const bool tall = rows > columns;
  const std::size_t count = std::min(rows, columns);
  const std::size_t length = std::max(rows, columns);
  // Where entry (row, column) lies among the vectors to orthonormalize.
  const auto place = [&](std::size_t row, std::size_t column) {
    return tall ? column * length + row : row * length + column;
  };
  std::vector<double> vectors(count * length);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      vectors[place(row, column)] = rng.normal();
    }
  }
  orthonormalize(vectors, count, length);
  if (!tall) return vectors;
  std::vector<double> matrix(vectors.size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      matrix[row * columns + column] = vectors[place(row, column)];
    }
  }
  return matrix;
}

}  // namespace initbench
