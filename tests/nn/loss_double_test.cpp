#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "nn/loss.h"

namespace initbench {
namespace {

Matrix waves(Index rows, Index columns, double frequency) {
  Matrix m(rows, columns);
  for (Index i = 0; i < m.size(); ++i) m(i) = 2 * std::sin(frequency * static_cast<double>(i + 1));
  return m;
}

/// loss(outputs, gradient) against central differences by every output.
void check_gradient(Matrix outputs, const auto& loss) {
  Matrix gradient(outputs.rows(), outputs.cols());
  const auto view = [](Matrix& m) { return MatrixView(m.data(), m.rows(), m.cols()); };
  const auto const_view = [](const Matrix& m) {
    return ConstMatrixView(m.data(), m.rows(), m.cols());
  };
  loss(const_view(outputs), view(gradient));
  constexpr double kStep = 1e-5;
  for (Index i = 0; i < outputs.size(); ++i) {
    const double kept = outputs(i);
    outputs(i) = kept + kStep;
    const double up = loss(const_view(outputs), MatrixView(nullptr, 0, 0)).loss;
    outputs(i) = kept - kStep;
    const double down = loss(const_view(outputs), MatrixView(nullptr, 0, 0)).loss;
    outputs(i) = kept;
    const double numeric = (up - down) / (2 * kStep);
    ASSERT_NEAR(gradient(i), numeric, 1e-6 * std::max(std::abs(numeric), 1e-4)) << i;
  }
}

TEST(CrossEntropy, GradientMatchesCentralDifferences) {
  for (const Index classes : {2, 3, 10, 32, 33, 71}) {
    for (const Index batch : {1, 5}) {
      std::vector<std::int32_t> labels(static_cast<std::size_t>(batch));
      for (Index i = 0; i < batch; ++i) {
        labels[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(7 * i % classes);
      }
      check_gradient(waves(classes, batch, 12.9898), [&](ConstMatrixView z, MatrixView gradient) {
        return cross_entropy(z, labels, gradient);
      });
    }
  }
}

TEST(MeanSquaredError, GradientMatchesCentralDifferences) {
  for (const Index targets : {1, 3}) {
    for (const Index batch : {1, 7}) {
      const Matrix wanted = waves(targets, batch, 1.7);
      const ConstMatrixView view(wanted.data(), targets, batch);
      check_gradient(waves(targets, batch, 12.9898), [&](ConstMatrixView p, MatrixView gradient) {
        return mean_squared_error(p, view, gradient);
      });
    }
  }
}

}  // namespace
}  // namespace initbench
