#include "nn/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace initbench {
namespace {

constexpr Scalar kInfinity = std::numeric_limits<Scalar>::infinity();
constexpr Scalar kNan = std::numeric_limits<Scalar>::quiet_NaN();

using Labels = std::vector<std::int32_t>;

ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
MatrixView view(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
MatrixView none() { return {nullptr, 0, 0}; }

// torch.nn.functional.cross_entropy in double precision.
TEST(CrossEntropy, IsPyTorchsValueAndGradient) {
  const Matrix logits =
      Matrix{{1, 2, 0.5F}, {-1, 0, 3}, {1000, -1000, 0}, {0.1F, 0.1F, 0.1F}}.transpose();
  Matrix gradient(3, 4);
  const BatchLoss result = cross_entropy(view(logits), Labels{1, 0, 0, 2}, view(gradient));
  EXPECT_NEAR(result.loss, 1.407216244133371, 1e-7);
  const Eigen::MatrixXd expected = Eigen::MatrixXd{
      {0.05780597440553726, -0.09286707019705939, 0.03506109579152212},
      {-0.2457130436136199, 0.011653155644493473, 0.23405988796912644},
      {0, 0, 0},
      {0.08333333333333333, 0.08333333333333333,
       -0.16666666666666669}}.transpose();
  for (Index i = 0; i < expected.size(); ++i) EXPECT_NEAR(gradient(i), expected(i), 1e-7) << i;
}

TEST(CrossEntropy, OfEqualLogitsIsTheLogarithmOfTheClasses) {
  for (const Index classes : {1, 2, 10, 31, 32, 33, 1000}) {
    const Matrix logits = Matrix::Constant(classes, 3, Scalar{-7.25});
    const auto last = static_cast<std::int32_t>(classes - 1);
    Matrix gradient(classes, 3);
    const BatchLoss result = cross_entropy(view(logits), Labels{0, last, 0}, view(gradient));
    EXPECT_DOUBLE_EQ(result.loss, std::log(static_cast<double>(classes)));
    const double share = 1.0 / static_cast<double>(classes);
    EXPECT_NEAR(gradient(last, 1), (share - 1) / 3, 1e-7);
    EXPECT_NEAR(gradient.cast<double>().sum(), 0, 1e-6);
  }
}

TEST(CrossEntropy, IsTheSameWithoutAGradient) {
  std::srand(4);
  const Matrix logits = 5 * Matrix::Random(77, 5);
  const Labels labels{3, 76, 0, 40, 64};
  Matrix gradient(77, 5);
  const BatchLoss with = cross_entropy(view(logits), labels, view(gradient));
  const BatchLoss without = cross_entropy(view(logits), labels, none());
  EXPECT_EQ(with.loss, without.loss);
  EXPECT_EQ(with.correct, without.correct);
}

TEST(CrossEntropy, KeepsSmallGradientsOfSureLabels) {
  const Matrix logits{{12}, {0}};
  const double other = 1 / (1 + std::exp(12.0));  // 6e-6: 1 - p in float has an error of 1 %
  Matrix gradient(2, 1);
  cross_entropy(view(logits), Labels{0}, view(gradient));
  EXPECT_NEAR(gradient(0), -other, 1e-6 * other);
  EXPECT_NEAR(gradient(1), other, 1e-6 * other);
}

TEST(CrossEntropy, StaysFiniteForHugeLogits) {
  const Matrix logits{{3e38F, -3e38F}, {-3e38F, 3e38F}};
  Matrix gradient(2, 2);
  const BatchLoss result = cross_entropy(view(logits), Labels{0, 0}, view(gradient));
  EXPECT_NEAR(result.loss, 3e38, 1e32);
  EXPECT_TRUE(gradient.allFinite());
}

TEST(CrossEntropy, CountsTheFirstOfEqualLogitsAsThePrediction) {
  const Matrix logits = Matrix{{1, 5, 5}, {5, 5, 1}, {7, 7, 7}, {0, -1, 2}}.transpose();
  EXPECT_EQ(cross_entropy(view(logits), Labels{1, 0, 0, 2}, none()).correct, 4);
  EXPECT_EQ(cross_entropy(view(logits), Labels{2, 1, 1, 0}, none()).correct, 0);
}

TEST(CrossEntropy, OfANanOrAnInfinityIsNanAndNeverCorrect) {
  for (const Scalar bad : {kNan, kInfinity}) {
    for (const Index place : {0, 1, 2}) {
      Matrix logits{{1}, {2}, {3}};
      logits(place) = bad;
      Matrix gradient(3, 1);
      const auto label = static_cast<std::int32_t>(place);
      const BatchLoss result =
          cross_entropy(view(std::as_const(logits)), Labels{label}, view(gradient));
      EXPECT_TRUE(std::isnan(result.loss)) << bad << " at " << place;
      EXPECT_FALSE(gradient.allFinite());
      if (std::isnan(bad)) {
        EXPECT_EQ(result.correct, 0);
      }
    }
  }
}

TEST(CrossEntropy, RefusesALabelThatIsNoClass) {
  const Matrix logits = Matrix::Zero(3, 1);
  EXPECT_THROW(cross_entropy(view(logits), Labels{3}, none()), std::logic_error);
  EXPECT_THROW(cross_entropy(view(logits), Labels{-1}, none()), std::logic_error);
}

// torch.nn.functional.mse_loss in double precision.
TEST(MeanSquaredError, IsPyTorchsValueAndGradient) {
  const Matrix predictions = Matrix{{1, 2}, {-1, 0.5F}, {3, 0}}.transpose();
  const Matrix targets = Matrix{{0, 1}, {1, 1}, {2.5F, -0.5F}}.transpose();
  Matrix gradient(2, 3);
  const BatchLoss result = mean_squared_error(view(predictions), view(targets), view(gradient));
  EXPECT_DOUBLE_EQ(result.loss, 1.125);
  EXPECT_EQ(result.correct, 0);
  const Eigen::MatrixXd expected = Eigen::MatrixXd{
      {0.3333333333333333, 0.3333333333333333},
      {-0.6666666666666666, -0.16666666666666666},
      {0.16666666666666666,
       0.16666666666666666}}.transpose();
  for (Index i = 0; i < expected.size(); ++i) EXPECT_NEAR(gradient(i), expected(i), 1e-7) << i;
  EXPECT_EQ(mean_squared_error(view(predictions), view(targets), none()).loss, result.loss);
}

}  // namespace
}  // namespace initbench
