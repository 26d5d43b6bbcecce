#include <gtest/gtest.h>

#include <cmath>

#include "nn/pooling.h"

namespace initbench {
namespace {

ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
MatrixView view(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

struct Case {
  PoolingGeometry geometry;
  Index batch;
};

/// Odd sizes, strides other than the size, windows that do not fit, a batch of 1, many channels.
const std::array<Case, 5> kCases{{
    {{Shape::image(4, 4, 3), Shape::image(2, 2, 3), {2, 2}, {2, 2}}, 2},
    {{Shape::image(7, 5, 3), Shape::image(3, 2, 3), {3, 2}, {2, 3}}, 1},
    {{Shape::image(5, 6, 1), Shape::image(4, 5, 1), {2, 2}, {1, 1}}, 3},
    {{Shape::image(9, 9, 35), Shape::image(2, 2, 35), {2, 3}, {5, 5}}, 2},
    {{Shape::image(3, 5, 2), Shape::image(1, 1, 2), {3, 5}, {3, 5}}, 1},
}};

Matrix waves(Index rows, Index columns, double frequency) {
  Matrix m(rows, columns);
  for (Index i = 0; i < m.size(); ++i) m(i) = std::sin(frequency * static_cast<double>(i + 1));
  return m;
}

/// Compares dx of the loss sum(weights * forward(x)) with central differences, then its
/// accumulation.
void check_gradient(const Case& tested, const auto& forward, const auto& backward) {
  const PoolingGeometry& geometry = tested.geometry;
  Matrix x = waves(geometry.in.features(), tested.batch, 12.9898);
  const Matrix weights = waves(geometry.out.features(), tested.batch, 1.7);
  const auto loss = [&] { return weights.cwiseProduct(forward(geometry, x)).sum(); };
  forward(geometry, x);
  Matrix dx = Matrix::Constant(x.rows(), x.cols(), 7.0);
  backward(geometry, weights, dx, Accumulate::no);
  constexpr double kStep = 1e-6;
  for (Index i = 0; i < x.size(); ++i) {
    const double kept = x(i);
    x(i) = kept + kStep;
    const double up = loss();
    x(i) = kept - kStep;
    const double down = loss();
    x(i) = kept;
    const double numeric = (up - down) / (2 * kStep);
    ASSERT_NEAR(dx(i), numeric, 1e-6 * std::max(std::abs(numeric), 1e-2)) << "feature " << i;
  }
  forward(geometry, x);
  Matrix twice = dx;
  backward(geometry, weights, twice, Accumulate::yes);
  EXPECT_TRUE(twice.isApprox(2 * dx, 1e-14));
}

TEST(MaxPoolBackward, MatchesCentralDifferences) {
  std::vector<std::int32_t> argmax;
  for (const Case& tested : kCases) {
    check_gradient(
        tested,
        [&](const PoolingGeometry& geometry, const Matrix& x) {
          Matrix y(geometry.out.features(), x.cols());
          max_pool_forward(geometry, view(x), view(y), argmax);
          return y;
        },
        [&](const PoolingGeometry& geometry, const Matrix& dy, Matrix& dx, Accumulate accumulate) {
          max_pool_backward(geometry, argmax, view(dy), view(dx), accumulate);
        });
  }
}

TEST(AveragePoolBackward, MatchesCentralDifferences) {
  for (const Case& tested : kCases) {
    check_gradient(
        tested,
        [&](const PoolingGeometry& geometry, const Matrix& x) {
          Matrix y(geometry.out.features(), x.cols());
          average_pool_forward(geometry, view(x), view(y));
          return y;
        },
        [&](const PoolingGeometry& geometry, const Matrix& dy, Matrix& dx, Accumulate accumulate) {
          average_pool_backward(geometry, view(dy), view(dx), accumulate);
        });
  }
}

}  // namespace
}  // namespace initbench
