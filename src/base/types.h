/// Scalar, matrix and index aliases of the whole program.
///
/// A batch is a column-major matrix with one sample per column; an image lies channels-fastest
/// (HWC) down its column. The test suite builds the same sources once more with INITBENCH_DOUBLE,
/// to compare gradients with central differences in double precision.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>

namespace initbench {

#ifdef INITBENCH_DOUBLE
using Scalar = double;
#else
using Scalar = float;
#endif

using Index = Eigen::Index;
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
using MatrixView = Eigen::Map<Matrix>;
using ConstMatrixView = Eigen::Map<const Matrix>;
using VectorView = Eigen::Map<Vector>;
using ConstVectorView = Eigen::Map<const Vector>;

/// The entries of a matrix or vector that lie next to each other, in their order in memory.
template <class Derived>
std::span<const Scalar> entries(const Eigen::PlainObjectBase<Derived>& dense) {
  return {dense.data(), static_cast<std::size_t>(dense.size())};
}
template <class Plain>
std::span<const Scalar> entries(const Eigen::Map<Plain>& view) {
  return {view.data(), static_cast<std::size_t>(view.size())};
}

}  // namespace initbench
