/// Random matrices with orthonormal rows, uniformly distributed (Haar).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/random.h"

namespace initbench {

/// Orthonormalizes `count` vectors of `length` entries each, one after the other in `vectors`, in
/// order; count <= length. The result is Q of the QR factorization whose R has a positive
/// diagonal: of independent normal entries it is Haar-distributed (Mezzadri 2007,
/// arXiv:math-ph/0609050), which LAPACK's QR is only after multiplying by the signs of R's
/// diagonal.
void orthonormalize(std::span<double> vectors, std::size_t count, std::size_t length);

/// A matrix (rows, columns), row after row, with orthonormal rows, or columns if there are more
/// rows than columns. Takes one normal draw per entry, in that order.
std::vector<double> random_orthogonal(std::size_t rows, std::size_t columns, Rng& rng);

}  // namespace initbench
