// The oneDNN convolution in float against the naive one in double.
#include "nn/convolution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "nn/convolution_cases.h"
#include "nn/convolution_naive.h"
#include "nn/threads.h"

namespace initbench::testing {
namespace {

Matrix random_matrix(Index rows, Index columns, unsigned seed) {
  std::mt19937 engine(seed);
  return Matrix::NullaryExpr(rows, columns, [&] {
    return static_cast<Scalar>(engine() % 2001U) / Scalar{1000} - Scalar{1};
  });
}

ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
MatrixView written(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
ConstVectorView view(const Vector& v) { return {v.data(), v.size()}; }
VectorView written(Vector& v) { return {v.data(), v.size()}; }

/// One convolution with its tensors, and the naive answers in double.
struct Problem {
  explicit Problem(const ConvolutionGeometry& g, Index batch, unsigned seed = 1)
      : geometry(g),
        weight(random_matrix(g.weight_size(), 1, seed)),
        bias(random_matrix(g.out.channels, 1, seed + 1)),
        x(random_matrix(g.in.features(), batch, seed + 2)),
        dy(random_matrix(g.out.features(), batch, seed + 3)) {}

  Eigen::MatrixXd expected_y(const Eigen::VectorXd& with_bias) const {
    Eigen::MatrixXd y(dy.rows(), dy.cols());
    naive::convolution_forward(geometry, weight.cast<double>(), with_bias, x.cast<double>(), y);
    return y;
  }
  Eigen::MatrixXd expected_dx() const {
    Eigen::MatrixXd dx(x.rows(), x.cols());
    naive::convolution_backward_data(geometry, weight.cast<double>(), dy.cast<double>(), dx,
                                     Accumulate::no);
    return dx;
  }
  std::pair<Eigen::VectorXd, Eigen::VectorXd> expected_dweight_and_dbias() const {
    Eigen::VectorXd dweight(weight.size());
    Eigen::VectorXd dbias(bias.size());
    naive::convolution_backward_weights(geometry, x.cast<double>(), dy.cast<double>(), dweight,
                                        dbias);
    return {dweight, dbias};
  }

  ConvolutionGeometry geometry;
  Vector weight;
  Vector bias;
  Matrix x;
  Matrix dy;
};

/// Results start as NaN, so an entry that is never written shows.
Matrix unwritten(Index rows, Index columns) {
  return Matrix::Constant(rows, columns, std::numeric_limits<Scalar>::quiet_NaN());
}

Matrix forward(const Problem& p, ConvolutionWorkspace& workspace) {
  Matrix y = unwritten(p.dy.rows(), p.dy.cols());
  convolution_forward(p.geometry, view(p.weight), view(p.bias), view(p.x), written(y), workspace);
  return y;
}

Matrix backward_data(const Problem& p, ConvolutionWorkspace& workspace) {
  Matrix dx = unwritten(p.x.rows(), p.x.cols());
  convolution_backward_data(p.geometry, view(p.weight), view(p.dy), written(dx), Accumulate::no,
                            workspace);
  return dx;
}

std::pair<Vector, Vector> backward_weights(const Problem& p, ConvolutionWorkspace& workspace) {
  Vector dweight = unwritten(p.weight.size(), 1);
  Vector dbias = unwritten(p.bias.size(), 1);
  convolution_backward_weights(p.geometry, view(p.x), view(p.dy), written(dweight), written(dbias),
                               workspace);
  return {dweight, dbias};
}

/// Float rounding over a sum of a few hundred products of numbers below 1.
void expect_near(const Matrix& actual, const Eigen::MatrixXd& expected) {
  ASSERT_EQ(actual.rows(), expected.rows());
  ASSERT_EQ(actual.cols(), expected.cols());
  const double scale = 1.0 + expected.cwiseAbs().maxCoeff();
  const Eigen::MatrixXd error = (actual.cast<double>() - expected).cwiseAbs();
  EXPECT_TRUE(error.allFinite());
  EXPECT_LT(error.maxCoeff(), 2e-6 * scale);
}

class Convolution : public ::testing::TestWithParam<ConvolutionCase> {
 protected:
  Problem problem_{GetParam().geometry, GetParam().batch};
  ConvolutionWorkspace workspace_;
};

TEST_P(Convolution, ForwardAgreesWithTheNaiveOneInDouble) {
  expect_near(forward(problem_, workspace_), problem_.expected_y(problem_.bias.cast<double>()));
}

TEST_P(Convolution, ForwardWithoutBiasAgreesWithTheNaiveOneInDouble) {
  problem_.bias.resize(0);
  expect_near(forward(problem_, workspace_), problem_.expected_y(Eigen::VectorXd()));
}

TEST_P(Convolution, BackwardDataAgreesWithTheNaiveOneInDouble) {
  expect_near(backward_data(problem_, workspace_), problem_.expected_dx());
}

TEST_P(Convolution, BackwardDataAddsWhenAccumulating) {
  Matrix dx = random_matrix(problem_.x.rows(), problem_.x.cols(), 99);
  const Eigen::MatrixXd expected = dx.cast<double>() + problem_.expected_dx();
  convolution_backward_data(problem_.geometry, view(problem_.weight), view(problem_.dy),
                            written(dx), Accumulate::yes, workspace_);
  expect_near(dx, expected);
}

TEST_P(Convolution, BackwardWeightsAgreesWithTheNaiveOneInDouble) {
  const auto [dweight, dbias] = backward_weights(problem_, workspace_);
  const auto [expected_dweight, expected_dbias] = problem_.expected_dweight_and_dbias();
  expect_near(dweight, expected_dweight);
  expect_near(dbias, expected_dbias);
}

TEST_P(Convolution, BackwardWeightsWithoutBiasIsTheSameForTheWeights) {
  problem_.bias.resize(0);
  const auto [dweight, dbias] = backward_weights(problem_, workspace_);
  EXPECT_EQ(dbias.size(), 0);
  expect_near(dweight, problem_.expected_dweight_and_dbias().first);
}

INSTANTIATE_TEST_SUITE_P(Geometries, Convolution, ::testing::ValuesIn(convolution_cases()),
                         [](const auto& test) { return test.param.name; });

const ConvolutionGeometry& same_3x3() {
  static const ConvolutionGeometry g =
      with_output(geometry(Shape::image(7, 5, 3), {3, 3}, {1, 1}, {1, 1}), 8);
  return g;
}

TEST(ConvolutionWorkspace, ServesChangingBatchSizes) {
  for (const bool wraps : {false, true}) {
    ConvolutionGeometry g = same_3x3();
    g.circular = wraps;
    ConvolutionWorkspace workspace;
    unsigned seed = 10;
    // More sizes than are kept, and one that comes back after being forgotten.
    for (const Index batch : {128, 37, 128, 1, 2, 3, 4, 5, 128}) {
      const Problem p(g, batch, seed++);
      expect_near(forward(p, workspace), p.expected_y(p.bias.cast<double>()));
      expect_near(backward_data(p, workspace), p.expected_dx());
      expect_near(backward_weights(p, workspace).first, p.expected_dweight_and_dbias().first);
    }
  }
}

TEST(ConvolutionWorkspace, ReadsWeightsAnewAtEachCall) {
  Problem p(same_3x3(), 4);
  ConvolutionWorkspace workspace;
  forward(p, workspace);
  backward_data(p, workspace);
  p.weight *= -2;  // the same address
  expect_near(forward(p, workspace), p.expected_y(p.bias.cast<double>()));
  expect_near(backward_data(p, workspace), p.expected_dx());
}

TEST(ConvolutionWorkspace, FollowsAChangeOfGeometry) {
  ConvolutionWorkspace workspace;
  for (const ConvolutionCase& c : convolution_cases()) {
    const Problem p(c.geometry, 2);
    expect_near(forward(p, workspace), p.expected_y(p.bias.cast<double>()));
    expect_near(backward_data(p, workspace), p.expected_dx());
  }
}

TEST(ConvolutionWorkspace, MovesToAnotherThread) {
  const Problem p(with_output(geometry(Shape::image(28, 28, 32), {3, 3}, {1, 1}, {1, 1}), 32), 2);
  ConvolutionWorkspace workspace;
  const Matrix y = forward(p, workspace);
  const Matrix dx = backward_data(p, workspace);
  const Vector dweight = backward_weights(p, workspace).first;
  std::thread([&, moved = std::move(workspace)]() mutable {
    EXPECT_EQ(forward(p, moved), y);
    EXPECT_EQ(backward_data(p, moved), dx);
    EXPECT_EQ(backward_weights(p, moved).first, dweight);
  }).join();
}

TEST(ConvolutionWorkspace, FollowsAChangeOfTheThreadCount) {
  const Problem p(same_3x3(), 16);
  ConvolutionWorkspace workspace;
  for (const int threads : {1, 2, 1, 3}) {
    set_compute_threads(threads);
    expect_near(forward(p, workspace), p.expected_y(p.bias.cast<double>()));
    expect_near(backward_data(p, workspace), p.expected_dx());
    expect_near(backward_weights(p, workspace).first, p.expected_dweight_and_dbias().first);
  }
  set_compute_threads(1);
}

TEST(ConvolutionPasses, GiveTheSameBitsAtEachCallAndInEachWorkspace) {
  const Problem p(with_output(geometry(Shape::image(14, 14, 17), {3, 3}, {1, 1}, {1, 1}), 33), 8);
  ConvolutionWorkspace first;
  ConvolutionWorkspace second;
  EXPECT_EQ(forward(p, first), forward(p, second));
  EXPECT_EQ(backward_data(p, first), backward_data(p, second));
  const auto [dweight, dbias] = backward_weights(p, first);
  for (auto* workspace : {&first, &second}) {
    const auto [dweight_again, dbias_again] = backward_weights(p, *workspace);
    EXPECT_EQ(dweight_again, dweight);
    EXPECT_EQ(dbias_again, dbias);
  }
}

TEST(ConvolutionPasses, RunInSeveralThreadsAtOnce) {
  const Problem p(same_3x3(), 16);
  ConvolutionWorkspace reference;
  const Matrix y = forward(p, reference);
  const Vector dweight = backward_weights(p, reference).first;
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::vector<int> wrong(4, 0);
  for (int& count : wrong) {
    threads.emplace_back([&p, &y, &dweight, &count] {
      ConvolutionWorkspace workspace;
      for (int i = 0; i < 50; ++i) {
        count += forward(p, workspace) != y;
        count += backward_weights(p, workspace).first != dweight;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(ConvolutionPasses, CarryNanAndInfinityOn) {
  for (const Scalar bad :
       {std::numeric_limits<Scalar>::quiet_NaN(), std::numeric_limits<Scalar>::infinity()}) {
    for (const ConvolutionGeometry& g : {same_3x3(), circular(same_3x3())}) {
      Problem p(g, 2);
      ConvolutionWorkspace workspace;
      const auto clean = [](const auto& m) { return m.allFinite(); };
      p.x(p.x.rows() / 2, 1) = bad;
      const Matrix y = forward(p, workspace);
      EXPECT_TRUE(clean(y.col(0)));
      // 3 x 3 neighbours in every output channel.
      EXPECT_EQ(y.col(1).unaryExpr([](Scalar v) { return Scalar(!std::isfinite(v)); }).sum(),
                9 * g.out.channels);
      EXPECT_FALSE(clean(backward_weights(p, workspace).first));
      p.dy(p.dy.rows() / 2, 0) = bad;
      const Matrix dx = backward_data(p, workspace);
      EXPECT_FALSE(clean(dx.col(0)));
      EXPECT_TRUE(clean(dx.col(1)));
    }
  }
}

TEST(ConvolutionPasses, OfAnEmptyBatchGiveZeroGradients) {
  const Problem p(same_3x3(), 0);
  ConvolutionWorkspace workspace;
  EXPECT_EQ(forward(p, workspace).size(), 0);
  EXPECT_EQ(backward_data(p, workspace).size(), 0);
  const auto [dweight, dbias] = backward_weights(p, workspace);
  EXPECT_TRUE(dweight.isZero(0));
  EXPECT_TRUE(dbias.isZero(0));
}

TEST(ConvolutionPasses, RefuseTensorsThatDoNotFit) {
  Problem p(same_3x3(), 2);
  ConvolutionWorkspace workspace;
  p.weight.conservativeResize(p.weight.size() - 1);
  EXPECT_THROW(forward(p, workspace), std::logic_error);
  EXPECT_THROW(backward_data(p, workspace), std::logic_error);
  EXPECT_THROW(backward_weights(p, workspace), std::logic_error);
}

}  // namespace
}  // namespace initbench::testing
