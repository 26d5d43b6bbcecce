#include "nn/normalization.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace initbench {
namespace {

ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
MatrixView view(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
ConstVectorView view(const Vector& v) { return {v.data(), v.size()}; }
VectorView view(Vector& v) { return {v.data(), v.size()}; }

// Two samples of 1 x 3 pixels and two channels; the expected numbers below are PyTorch 1.13's, in
// double precision, for torch.nn.BatchNorm1d(2) and torch.nn.GroupNorm(1, 2) on them.
const Shape kImage = Shape::image(1, 3, 2);
Matrix input() {
  return Matrix{{1.0F, -1.0F, 2.0F, 0.5F, 4.0F, 3.0F}, {0.0F, 2.0F, -2.0F, 2.5F, 1.5F, -3.0F}}
      .transpose();
}
Matrix upstream() {
  return Matrix{{0.5F, 1.0F, -1.0F, 0.0F, 2.0F, -0.5F}, {-0.25F, 2.0F, 0.75F, -1.5F, 1.0F, 0.5F}}
      .transpose();
}
Vector scale() { return Vector{{1.5F, -0.5F}}; }
Vector shift() { return Vector{{0.25F, 1.0F}}; }

void expect_near(const Matrix& actual, const Eigen::MatrixXd& expected, double tolerance = 2e-6) {
  ASSERT_EQ(actual.size(), expected.size());
  for (Index i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual(i), expected(i), tolerance * std::max(1.0, std::abs(expected(i)))) << i;
  }
}

struct Gradients {
  Matrix x;
  Vector scale;
  Vector shift;
};

TEST(BatchNorm, IsPyTorchsForwardAndBackward) {
  NormStatistics statistics;
  Matrix y(6, 2);
  batch_norm_forward(kImage, view(scale()), view(shift()), view(input()), view(y), statistics);
  expect_near(y, Eigen::MatrixXd{{0.18188860973576648, 1.394054762561677, 0.9992252929065691,
                                  1.0394054762561677, 2.6338986592481746, 0.4483233324136522},
                                 {-0.6354480734350362, 0.6847561899506585, -2.2701214397766414,
                                  0.5665397611821553, 0.5905569513211678, 1.8669204776356894}}
                     .transpose());
  Gradients d{Matrix(6, 2), Vector(2), Vector(2)};
  batch_norm_backward(kImage, view(scale()), statistics, view(input()), view(upstream()), view(d.x),
                      view(d.scale), view(d.shift), Accumulate::no);
  expect_near(d.x, Eigen::MatrixXd{{0.010953964261652946, -0.10756976351765449, -1.3464986316343865,
                                    0.06608370234776156, 0.8426162755983506, 0.07966781166361443},
                                   {-0.4706009769766136, -0.46956140439784094, 0.60963084847386,
                                    0.3370271330911506, 0.35389852027713653, 0.09435252081296878}}
                       .transpose());
  expect_near(d.scale, Eigen::VectorXd{{1.770896146870073, -2.2461121466015586}});
  expect_near(d.shift, Eigen::VectorXd{{3.0, 1.5}});
}

TEST(BatchNorm, MovesAndUsesRunningStatisticsAsPyTorch) {
  NormStatistics statistics;
  Matrix y(6, 2);
  batch_norm_forward(kImage, view(scale()), view(shift()), view(input()), view(y), statistics);
  Vector mean = Vector::Zero(2);
  Vector variance = Vector::Ones(2);
  update_running_statistics(statistics, 6, view(mean), view(variance));
  expect_near(mean, Eigen::VectorXd{{0.10833333333333334, 0.06666666666666667}});
  expect_near(variance, Eigen::VectorXd{{1.3041666666666667, 1.4366666666666665}});

  const NormStatistics running{mean.cast<double>(), variance.cast<double>()};
  batch_norm_apply(kImage, view(scale()), view(shift()), running, view(input()), view(y));
  expect_near(y, Eigen::MatrixXd{{1.4211852056272891, 1.444958193948413, 2.7346639409102305,
                                  0.8192357337084573, 5.361621411476112, -0.22363503335813573},
                                 {0.10770647034434803, 0.19351327346850145, -2.519251000221534,
                                  -0.01506087994481714, 2.07792457326876, 2.279254807601687}}
                     .transpose());
}

TEST(BatchNorm, OfOneValueIsTheShiftAndKeepsAFiniteVariance) {
  const Matrix x{{3}, {-5}};
  Matrix y(2, 1);
  NormStatistics statistics;
  batch_norm_forward(Shape::flat(2), view(scale()), view(shift()), view(x), view(y), statistics);
  EXPECT_EQ(y(0), Scalar{0.25});
  EXPECT_EQ(y(1), Scalar{1});
  Vector mean = Vector::Zero(2);
  Vector variance = Vector::Ones(2);
  update_running_statistics(statistics, 1, view(mean), view(variance));
  EXPECT_FLOAT_EQ(static_cast<float>(variance(0)), 0.9F);
}

TEST(BatchNorm, KeepsTheVarianceOfNumbersFarFromZero) {
  // 4096 and 4096 + 1/1024, alternating: in float, E[x^2] - mean^2 would be 0 or noise of 1.
  for (const Index channels : {1, 5, 64, 130}) {
    Matrix x(channels, 1000);
    for (Index i = 0; i < x.size(); ++i) {
      x(i) = Scalar{4096} + (i / channels % 2 == 0 ? Scalar{0} : Scalar{0.0009765625});
    }
    Matrix y(channels, 1000);
    NormStatistics statistics;
    const Vector ones = Vector::Ones(channels);
    const Vector zeros = Vector::Zero(channels);
    batch_norm_forward(Shape::flat(channels), view(ones), view(zeros), view(std::as_const(x)),
                       view(y), statistics);
    for (Index c = 0; c < channels; ++c) {
      ASSERT_DOUBLE_EQ(statistics.mean(c), 4096 + 0.00048828125);
      ASSERT_DOUBLE_EQ(statistics.variance(c), 0.00048828125 * 0.00048828125);
    }
  }
}

TEST(BatchNorm, NormalizesEveryChannelWhateverTheirNumber) {
  for (const Index channels : {1, 3, 6, 63, 64, 65, 200}) {
    const Shape shape = Shape::image(3, 5, channels);
    std::srand(3);
    const Matrix x = Matrix::Random(shape.features(), 7);
    Matrix y(shape.features(), 7);
    NormStatistics statistics;
    const Vector ones = Vector::Ones(channels);
    const Vector zeros = Vector::Zero(channels);
    batch_norm_forward(shape, view(ones), view(zeros), view(x), view(y), statistics);
    const Eigen::MatrixXd by_channel = ConstMatrixView(y.data(), channels, 15 * 7).cast<double>();
    EXPECT_LT(by_channel.rowwise().mean().cwiseAbs().maxCoeff(), 1e-6) << channels;
    const Eigen::VectorXd second = by_channel.array().square().rowwise().mean();
    EXPECT_LT((second.array() - 1).abs().maxCoeff(), 1e-4) << channels;  // epsilon / 0.33
  }
}

TEST(LayerNorm, IsPyTorchsGroupNormOfOneGroupOnImages) {
  NormStatistics statistics;
  Matrix y(6, 2);
  layer_norm_forward(kImage, view(scale()), view(shift()), view(input()), view(y), statistics);
  expect_near(y, Eigen::MatrixXd{{-0.28237014752870637, 1.7858797415899947, 0.6302643910919328,
                                  1.3295624722796753, 2.4555334683332113, 0.5690336900958093},
                                 {0.12833407822990794, 0.5538916201763294, -1.3316569830111957,
                                  0.4322256984062375, 1.2233273741607358, 1.7705508378772492}}
                     .transpose());
  Gradients d{Matrix(6, 2), Vector(2), Vector(2)};
  layer_norm_backward(kImage, view(scale()), statistics, view(input()), view(upstream()), view(d.x),
                      view(d.scale), view(d.shift), Accumulate::no);
  expect_near(d.x, Eigen::MatrixXd{{0.4250352448581884, 0.25259440826369284, -1.2379605358674555,
                                    0.11573996194521141, 0.9118551344050916, -0.4672642136047284},
                                   {-0.3233752156534502, -0.6403469288802215, 0.4194272237686433,
                                    0.2081127963100369, 0.5795140160210837, -0.24333189156609195}}
                       .transpose());
  expect_near(d.scale, Eigen::VectorXd{{2.3880790594366657, -2.6921660164480348}});
  expect_near(d.shift, Eigen::VectorXd{{3.0, 1.5}});
}

// torch.nn.LayerNorm(4); the second sample is constant, so its gradient is divided by sqrt(1e-5).
TEST(LayerNorm, IsPyTorchsOnFlatVectors) {
  const Shape shape = Shape::flat(4);
  const Matrix x = Matrix{{1, 2, 4, -1}, {0.5F, 0.5F, 0.5F, 0.5F}}.transpose();
  const Matrix dy = Matrix{{1, -2, 0.5F, 3}, {1, 1, 2, -1}}.transpose();
  const Vector gamma{{1, 2, -1, 0.5F}};
  const Vector beta{{0, 0.1F, 0.2F, 0.3F}};
  NormStatistics statistics;
  Matrix y(4, 2);
  layer_norm_forward(shape, view(gamma), view(beta), view(x), view(y), statistics);
  expect_near(y, Eigen::MatrixXd{{-0.2773496714211404, 0.6546993428422815, -1.1867483571057031,
                                  -0.39337417855285134},
                                 {0.0, 0.1, 0.2, 0.3}}
                     .transpose());
  Gradients d{Matrix(4, 2), Vector(4), Vector(4)};
  layer_norm_backward(shape, view(gamma), statistics, view(x), view(dy), view(d.x), view(d.scale),
                      view(d.shift), Accumulate::no);
  expect_near(d.x,
              Eigen::MatrixXd{
                  {0.672040080778713, -1.7814387664632754, 0.8000446674235442, 0.30935401826101844},
                  {276.69929526473317, 592.927061281571, -671.9840027857806, -197.6423537605237}}
                  .transpose());
  expect_near(d.scale, Eigen::VectorXd{{-0.2773496714211404, -0.5546993428422815,
                                        0.6933741785528515, -4.160245071317108}});
  expect_near(d.shift, Eigen::VectorXd{{2.0, -1.0, 2.5, 2.0}});
}

TEST(Norms, PassANanOn) {
  Matrix x = input();
  x(0) = std::numeric_limits<Scalar>::quiet_NaN();
  Matrix y(6, 2);
  NormStatistics statistics;
  batch_norm_forward(kImage, view(scale()), view(shift()), view(std::as_const(x)), view(y),
                     statistics);
  EXPECT_TRUE(std::isnan(y(2, 1)));   // the same channel elsewhere
  EXPECT_FALSE(std::isnan(y(1, 0)));  // another channel
  layer_norm_forward(kImage, view(scale()), view(shift()), view(std::as_const(x)), view(y),
                     statistics);
  EXPECT_TRUE(y.col(0).array().isNaN().all());
  EXPECT_TRUE(y.col(1).allFinite());
}

TEST(Norms, KeepTheirStatisticsMemory) {
  Matrix y(6, 2);
  NormStatistics statistics;
  batch_norm_forward(kImage, view(scale()), view(shift()), view(input()), view(y), statistics);
  const double* before = statistics.mean.data();
  batch_norm_forward(kImage, view(scale()), view(shift()), view(input()), view(y), statistics);
  EXPECT_EQ(statistics.mean.data(), before);
}

}  // namespace
}  // namespace initbench
