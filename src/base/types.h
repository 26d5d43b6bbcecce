/// Scalar, matrix and index aliases of the whole program.
///
/// A batch is a column-major matrix with one sample per column; an image lies channels-fastest
/// (HWC) down its column. The test suite builds the same sources once more with INITBENCH_DOUBLE,
/// to compare gradients with central differences in double precision.
#pragma once

#include <Eigen/Core>

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

}  // namespace initbench
