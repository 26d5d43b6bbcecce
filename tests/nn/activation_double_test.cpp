#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "nn/activation.h"

namespace initbench {
namespace {

/// -9.9 to 9.9 in steps of 0.05, every point at least 0.02 from the kinks at -1, 0, 1 and 6.
Matrix grid() {
  Matrix z(397, 1);
  for (Index i = 0; i < z.size(); ++i) z(i) = -9.92 + 0.05 * static_cast<double>(i);
  return z;
}

Activation some_parameter(const ActivationRow& row) {
  return {.kind = row.kind, .parameter = row.parameter.empty() ? 0 : 0.7};
}

Matrix forward(const Activation& activation, const Matrix& z) {
  Matrix a(z.rows(), 1);
  activation_forward(activation, ConstMatrixView(z.data(), z.rows(), 1),
                     MatrixView(a.data(), z.rows(), 1));
  return a;
}

TEST(ActivationBackward, MatchesCentralDifferences) {
  const Matrix z = grid();
  const Matrix da = Matrix::Constant(z.rows(), 1, 1.25);
  constexpr double kStep = 1e-5;
  for (const ActivationRow& row : activation_table()) {
    const Activation activation = some_parameter(row);
    const Matrix a = forward(activation, z);
    Matrix dz(z.rows(), 1);
    activation_backward(
        activation, ConstMatrixView(z.data(), z.rows(), 1), ConstMatrixView(a.data(), z.rows(), 1),
        ConstMatrixView(da.data(), z.rows(), 1), MatrixView(dz.data(), z.rows(), 1));
    const Matrix up = forward(activation, z.array() + kStep);
    const Matrix down = forward(activation, z.array() - kStep);
    for (Index i = 0; i < z.size(); ++i) {
      const double numeric = 1.25 * (up(i) - down(i)) / (2 * kStep);
      EXPECT_NEAR(dz(i), numeric, 1e-6 * std::max(std::abs(numeric), 1e-3))
          << row.name << " at " << z(i);
    }
  }
}

TEST(ActivationForward, IsTheTablesFunctionInDoublePrecision) {
  const Matrix z = grid();
  for (const ActivationRow& row : activation_table()) {
    const Activation activation = some_parameter(row);
    const Matrix a = forward(activation, z);
    for (Index i = 0; i < z.size(); ++i) {
      const double expected = row.value(z(i), activation.parameter);
      EXPECT_NEAR(a(i), expected, 4e-15 * std::max(1.0, std::abs(expected)))
          << row.name << " at " << z(i);
    }
  }
}

TEST(PreluSlopeGradient, MatchesCentralDifferences) {
  const Matrix z = grid();
  Matrix da(z.rows(), 1);
  for (Index i = 0; i < z.size(); ++i) da(i) = std::cos(static_cast<double>(i));
  const auto loss = [&](double slope) {
    return da.cwiseProduct(forward({.kind = ActivationKind::prelu, .parameter = slope}, z)).sum();
  };
  const double numeric = (loss(0.25 + 1e-4) - loss(0.25 - 1e-4)) / 2e-4;
  const double gradient = prelu_slope_gradient(ConstMatrixView(z.data(), z.rows(), 1),
                                               ConstMatrixView(da.data(), z.rows(), 1));
  EXPECT_NEAR(gradient, numeric, 1e-6 * std::abs(numeric));
}

}  // namespace
}  // namespace initbench
