#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "nn/normalization.h"

namespace initbench {
namespace {

ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
MatrixView view(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
ConstVectorView view(const Vector& v) { return {v.data(), v.size()}; }
VectorView view(Vector& v) { return {v.data(), v.size()}; }

struct Case {
  Shape shape;
  Index batch;
};

/// Flat and image, a batch of 1, one channel, fewer and more channels than are handled at once.
const std::array<Case, 6> kCases{{{Shape::flat(5), 4},
                                  {Shape::flat(67), 3},
                                  {Shape::image(3, 3, 1), 2},
                                  {Shape::image(5, 3, 3), 1},
                                  {Shape::image(3, 7, 6), 2},
                                  {Shape::image(2, 1, 70), 2}}};

Matrix waves(Index rows, Index columns, double frequency) {
  Matrix m(rows, columns);
  for (Index i = 0; i < m.size(); ++i)
    m(i) = 0.3 + std::sin(frequency * static_cast<double>(i + 1));
  return m;
}

enum class Norm { batch, layer };

struct Problem {
  Norm norm;
  Shape shape;
  Matrix x;
  Vector scale;
  Vector shift;
  Matrix weights;  // loss = sum(weights * y)
  NormStatistics statistics;

  double loss() {
    Matrix y(x.rows(), x.cols());
    const auto forward = norm == Norm::batch ? batch_norm_forward : layer_norm_forward;
    forward(shape, view(std::as_const(scale)), view(std::as_const(shift)), view(std::as_const(x)),
            view(y), statistics);
    return weights.cwiseProduct(y).sum();
  }
};

struct Gradients {
  Matrix x;
  Vector scale;
  Vector shift;
};

Gradients gradients(Problem& problem, Accumulate accumulate, double before) {
  problem.loss();
  Gradients d{Matrix::Constant(problem.x.rows(), problem.x.cols(), before),
              Vector(problem.scale.size()), Vector(problem.scale.size())};
  const auto backward = problem.norm == Norm::batch ? batch_norm_backward : layer_norm_backward;
  backward(problem.shape, view(std::as_const(problem.scale)), problem.statistics,
           view(std::as_const(problem.x)), view(std::as_const(problem.weights)), view(d.x),
           view(d.scale), view(d.shift), accumulate);
  return d;
}

void expect_slopes(Problem& problem, double* values, const double* gradient, Index size,
                   const char* what) {
  constexpr double kStep = 1e-5;
  for (Index i = 0; i < size; ++i) {
    const double kept = values[i];
    values[i] = kept + kStep;
    const double up = problem.loss();
    values[i] = kept - kStep;
    const double down = problem.loss();
    values[i] = kept;
    const double numeric = (up - down) / (2 * kStep);
    ASSERT_NEAR(gradient[i], numeric, 1e-6 * std::max(std::abs(numeric), 1e-2))
        << what << " " << i << " of " << to_string(problem.shape);
  }
}

TEST(Norms, GradientsMatchCentralDifferences) {
  for (const Norm norm : {Norm::batch, Norm::layer}) {
    for (const Case& tested : kCases) {
      const Index channels = tested.shape.channels;
      const Index features = tested.shape.features();
      Problem problem{norm,
                      tested.shape,
                      waves(features, tested.batch, 12.9898),
                      waves(channels, 1, 0.9),
                      waves(channels, 1, 2.3),
                      waves(features, tested.batch, 1.7),
                      {}};
      const Gradients d = gradients(problem, Accumulate::no, 7);
      expect_slopes(problem, problem.x.data(), d.x.data(), problem.x.size(), "x");
      expect_slopes(problem, problem.scale.data(), d.scale.data(), channels, "scale");
      expect_slopes(problem, problem.shift.data(), d.shift.data(), channels, "shift");

      const Gradients added = gradients(problem, Accumulate::yes, 7);
      EXPECT_TRUE(added.x.isApprox((d.x.array() + 7).matrix(), 1e-13));
      EXPECT_TRUE(added.scale == d.scale);
    }
  }
}

}  // namespace
}  // namespace initbench
