#include "nn/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace initbench {
namespace {

constexpr auto kNan = std::numeric_limits<Scalar>::quiet_NaN();

ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
MatrixView view(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

struct MaxPooled {
  Matrix y;
  std::vector<std::int32_t> argmax;
};

MaxPooled max_pool(const PoolingGeometry& geometry, const Matrix& x) {
  MaxPooled result{Matrix(geometry.out.features(), x.cols()), {}};
  max_pool_forward(geometry, view(x), view(result.y), result.argmax);
  return result;
}

Matrix average_pool(const PoolingGeometry& geometry, const Matrix& x) {
  Matrix y(geometry.out.features(), x.cols());
  average_pool_forward(geometry, view(x), view(y));
  return y;
}

/// One channel, one window.
PoolingGeometry one_window(Index height, Index width) {
  return {.in = Shape::image(height, width, 1),
          .out = Shape::image(1, 1, 1),
          .size = {height, width},
          .stride = {height, width}};
}

// Windows of 3 x 2 at stride 1 x 2 over 4 x 5 (the last column is dropped), two channels.
const PoolingGeometry kOverlapping{
    .in = Shape::image(4, 5, 2), .out = Shape::image(2, 2, 2), .size = {3, 2}, .stride = {1, 2}};

/// The image on which torch.nn.functional.max_pool2d and avg_pool2d gave the expected numbers.
Matrix reference_image() {
  Matrix x(40, 1);
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 5; ++column) {
      for (int channel = 0; channel < 2; ++channel) {
        const int hash =
            (7 * row * row + 3 * column * column + 5 * row * column + 11 * channel) % 17;
        x((row * 5 + column) * 2 + channel) = static_cast<Scalar>(hash) / 2 - 3;
      }
    }
  }
  return x;
}

TEST(MaxPool, GivesPyTorchsValuesAndIndices) {
  const MaxPooled pooled = max_pool(kOverlapping, reference_image());
  const Matrix expected = Matrix{{4.5, 4.0, 4.5, 2.5, 4.5, 1.5, 5.0, 4.0}}.transpose();
  EXPECT_TRUE(pooled.y == expected) << pooled.y.transpose();
  // PyTorch's index of the position, times two channels, plus the channel.
  const std::vector<std::int32_t> winners{12, 3, 16, 27, 12, 13, 36, 35};
  EXPECT_EQ(pooled.argmax, winners);
}

TEST(AveragePool, GivesPyTorchsValues) {
  const Matrix y = average_pool(kOverlapping, reference_image());
  const Eigen::VectorXd expected{{0.5833333333333334, 0.4166666666666667, 1.8333333333333333, 0.25,
                                  2.4166666666666665, -0.5833333333333334, 1.5833333333333333,
                                  1.4166666666666667}};
  EXPECT_TRUE(y.cast<double>().isApprox(expected, 1e-6)) << y.transpose();
}

TEST(MaxPool, GivesTiesToTheFirstInRowMajorOrder) {
  const MaxPooled pooled = max_pool(one_window(2, 2), Matrix{{1, 3, 3, 3}}.transpose());
  EXPECT_EQ(pooled.argmax[0], 1);
}

TEST(MaxPool, LetsANanWinWhereverItIs) {
  for (Index place = 0; place < 4; ++place) {
    Matrix x{{1}, {5}, {-2}, {3}};
    x(place) = kNan;
    const MaxPooled pooled = max_pool(one_window(2, 2), x);
    EXPECT_TRUE(std::isnan(pooled.y(0))) << place;
    EXPECT_EQ(pooled.argmax[0], place);
  }
}

TEST(MaxPool, GivesSeveralNansToTheLastAsPyTorch) {
  const MaxPooled pooled = max_pool(one_window(2, 2), Matrix{{1}, {kNan}, {5}, {kNan}});
  EXPECT_EQ(pooled.argmax[0], 3);
}

TEST(MaxPool, TakesMinusInfinityWhenThereIsNothingElse) {
  constexpr Scalar kLow = -std::numeric_limits<Scalar>::infinity();
  const MaxPooled pooled = max_pool(one_window(1, 3), Matrix::Constant(3, 1, kLow));
  EXPECT_EQ(pooled.y(0), kLow);
  EXPECT_EQ(pooled.argmax[0], 0);
}

TEST(MaxPool, IsTheLargestOfEachWindowForAnyNumberOfChannels) {
  for (const Index channels : {1, 2, 6, 31, 32, 33, 70}) {
    const PoolingGeometry geometry{.in = Shape::image(5, 7, channels),
                                   .out = Shape::image(2, 3, channels),
                                   .size = {2, 2},
                                   .stride = {2, 2}};
    std::srand(1);
    const Matrix x = Matrix::Random(geometry.in.features(), 3);
    const MaxPooled pooled = max_pool(geometry, x);
    const auto at = [&](Index sample, Index row, Index column, Index channel) {
      return x((row * 7 + column) * channels + channel, sample);
    };
    for (Index i = 0; i < pooled.y.size(); ++i) {
      const Index sample = i / pooled.y.rows();
      const Index feature = i % pooled.y.rows();
      const Index channel = feature % channels;
      const Index row = feature / channels / 3 * 2;
      const Index column = feature / channels % 3 * 2;
      const Scalar expected = std::max(
          std::max(at(sample, row, column, channel), at(sample, row, column + 1, channel)),
          std::max(at(sample, row + 1, column, channel), at(sample, row + 1, column + 1, channel)));
      ASSERT_EQ(pooled.y(feature, sample), expected) << channels << " channels";
      ASSERT_EQ(x(pooled.argmax[static_cast<std::size_t>(i)], sample), expected);
    }
  }
}

TEST(AveragePool, OfTheWholeImageIsEachChannelsMean) {
  const Index channels = 37;
  const PoolingGeometry geometry{.in = Shape::image(3, 5, channels),
                                 .out = Shape::image(1, 1, channels),
                                 .size = {3, 5},
                                 .stride = {3, 5}};
  std::srand(2);
  const Matrix x = Matrix::Random(geometry.in.features(), 2);
  const Matrix y = average_pool(geometry, x);
  for (Index sample = 0; sample < 2; ++sample) {
    const ConstMatrixView image(x.col(sample).data(), channels, 15);
    EXPECT_TRUE(y.col(sample).isApprox(image.rowwise().mean(), 1e-5F));
  }
}

TEST(MaxPoolBackward, AddsEachGradientToItsWinner) {
  const MaxPooled pooled = max_pool(kOverlapping, reference_image());
  const Matrix dy = Matrix{{1, 2, 3, 4, 5, 6, 7, 8}}.transpose();
  Matrix dx = Matrix::Constant(40, 1, Scalar{9});
  max_pool_backward(kOverlapping, pooled.argmax, view(dy), view(dx), Accumulate::no);
  Matrix expected = Matrix::Zero(40, 1);
  expected(12) = 1 + 5;  // one winner of two windows
  expected(3) = 2;
  expected(16) = 3;
  expected(27) = 4;
  expected(13) = 6;
  expected(36) = 7;
  expected(35) = 8;
  EXPECT_TRUE(dx == expected) << dx.transpose();
  max_pool_backward(kOverlapping, pooled.argmax, view(dy), view(dx), Accumulate::yes);
  EXPECT_TRUE(dx == 2 * expected) << dx.transpose();
}

TEST(MaxPool, KeepsItsMemoryForTheSameBatch) {
  Matrix x = reference_image();
  Matrix y(8, 1);
  std::vector<std::int32_t> argmax;
  max_pool_forward(kOverlapping, view(std::as_const(x)), view(y), argmax);
  const std::int32_t* before = argmax.data();
  max_pool_forward(kOverlapping, view(std::as_const(x)), view(y), argmax);
  EXPECT_EQ(argmax.data(), before);
}

}  // namespace
}  // namespace initbench
