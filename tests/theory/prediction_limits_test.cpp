/// Where theory ends: reasons instead of numbers, and going on from measured moments.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "theory/prediction.h"
#include "theory/prediction_cases.h"

namespace initbench {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): small networks and laws

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

LayerSpec max_pool() {
  return {.name = "pool", .place = "pool", .kind = PoolSpec{.kind = PoolKind::max}};
}

ModelSpec pooled() {
  return {conv("conv1", 8, PaddingMode::circular, kRelu), max_pool(), dense("dense1", 50, kRelu),
          dense("output", 10, kLinear)};
}

TEST(PredictionLimits, StopAtPoolingWithAReason) {
  const Network network(pooled(), Shape::image(8, 8, 1), 10);
  const auto found = predict(network, laws_with(network, 2), {});
  EXPECT_TRUE(found.layers[0].act_second_moment.has_value());
  EXPECT_FALSE(found.layers[1].pre_second_moment.has_value());
  EXPECT_TRUE(contains(found.layers[1].reason, "max pooling"));
  EXPECT_TRUE(contains(found.layers[0].delta_reason, "pooling"));
  EXPECT_FALSE(found.finite_width_factor.has_value());
  EXPECT_FALSE(found.jacobian_mean.has_value());
  EXPECT_FALSE(found.jacobian_reason.empty());
}

TEST(PredictionLimits, AreOvercomeByMeasuredMoments) {
  const Network network(pooled(), Shape::image(8, 8, 1), 10);
  const NodeId after_pool = network.layers()[1].input;
  const std::vector<MeasuredNode> measured{
      {after_pool, {.second_moment = Eigen::ArrayXXd::Constant(1, 1, 3.0), .gap = .5}}};
  const auto found = predict(network, laws_with(network, 2), {}, measured);
  EXPECT_NEAR(found.layers[1].pre_second_moment.value(), 6, 1e-12);
  EXPECT_NEAR(found.layers[2].pre_second_moment.value(), 6, 1e-9);
  EXPECT_NEAR(found.layers[1].pre_gap.value(), .5, 1e-12);
  EXPECT_TRUE(found.layers[1].measured_start);
  EXPECT_FALSE(found.layers[0].measured_start);
  EXPECT_NEAR(found.layers[1].delta_share.value(), 1, 1e-12);
}

TEST(PredictionLimits, StopAtDropoutUnlessItsRateIsZero) {
  for (const double rate : {0.0, 0.5}) {
    const LayerSpec dropout{
        .name = "dropout1", .place = "dropout1", .kind = DropoutSpec{.rate = rate}};
    const Network network({dense("dense1", 20, kRelu), dropout, dense("dense2", 20, kRelu)},
                          Shape::flat(20), 20);
    const auto found = predict(network, laws_with(network, 2), {});
    EXPECT_EQ(found.layers[1].pre_second_moment.has_value(), rate == 0);
    EXPECT_EQ(contains(found.layers[1].reason, "dropout1"), rate > 0);
    EXPECT_EQ(found.layers[0].delta_share.has_value(), rate == 0);
  }
}

TEST(PredictionLimits, StopAtLayersThatSumTooFewInputs) {
  const Network network({dense("dense1", 4, kTanh), dense("dense2", 20, kTanh)}, Shape::flat(20),
                        20);
  const auto found = predict(network, laws_with(network, 1), {});
  EXPECT_TRUE(found.layers[0].act_second_moment.has_value());
  EXPECT_TRUE(contains(found.layers[1].reason, "dense2 sums only 4 inputs"));
}

TEST(PredictionLimits, AllowFewInputsUnderNormalWeights) {
  const Network network(chain(1, 20, kTanh), Shape::flat(2), 20);
  std::vector<LayerLaw> laws = laws_with(network, 1);
  EXPECT_TRUE(predict(network, laws, {}).layers[0].act_second_moment.has_value());
  laws[0].gaussian = false;
  const LayerPrediction uniform = predict(network, laws, {}).layers[0];
  EXPECT_TRUE(uniform.pre_second_moment.has_value());  // holds for any law
  EXPECT_FALSE(uniform.act_second_moment.has_value());
  EXPECT_TRUE(contains(uniform.reason, "not normal"));
}

TEST(PredictionLimits, StopAtAnActivationOfTheInput) {
  const LayerSpec first{.name = "relu", .place = "relu", .kind = ActivationSpec{kRelu}};
  const Network network({first, dense("dense1", 20, kRelu)}, Shape::flat(20), 20);
  EXPECT_TRUE(contains(predict(network, laws_with(network, 2), {}).layers[0].reason, "not normal"));
}

TEST(PredictionLimits, StopWhereFloatsEnd) {
  const Network network(chain(100, 64, kRelu), Shape::flat(64), 64);
  const auto growing = predict(network, laws_with(network, 64), {});
  EXPECT_TRUE(growing.layers[40].pre_second_moment.has_value());
  EXPECT_TRUE(contains(growing.layers[99].reason, "beyond the range of float"));
  const auto shrinking = predict(network, laws_with(network, .01), {});
  EXPECT_TRUE(contains(shrinking.layers[99].reason, "below the range of float"));
}

TEST(PredictionLimits, KnowTheZerosOfAZeroOutputLayer) {
  const Network network({dense("dense1", 20, kRelu), dense("output", 10, kLinear)}, Shape::flat(20),
                        10);
  std::vector<LayerLaw> laws = laws_with(network, 2);
  laws[1].weight_variance = 0;
  const auto found = predict(network, laws, {.gap = .5});
  EXPECT_EQ(found.layers[1].pre_second_moment, 0);
  EXPECT_FALSE(found.layers[1].pre_gap.has_value());
  EXPECT_EQ(found.layers[0].delta_share, 0);
}

TEST(MeasuredInput, SortsSamplesByNormAndComparesPairs) {
  const Network network(chain(1, 20, kRelu), Shape::flat(6), 20);
  Matrix x = Matrix::Zero(6, 4);
  x.topRows(2) << 1, 0, 3, 0,  //
      0, 1, 0, 3;
  const ValueMoments moments = measure_input(network, ConstMatrixView(x.data(), 6, 4), 2);
  ASSERT_EQ(moments.second_moment.cols(), 2);
  EXPECT_NEAR(moments.second_moment(0, 0), 1. / 6, 1e-12);
  EXPECT_NEAR(moments.second_moment(0, 1), 9. / 6, 1e-12);
  EXPECT_NEAR(moments.mean, 1. / 3, 1e-12);
  EXPECT_EQ(moments.batch, 4);
  // Of the 6 pairs, 2 have the product 3 over 6 features: mean 1/6; mean square 5/6.
  EXPECT_NEAR(moments.gap.value(), 1 - .5 / 2.5, 1e-12);
}

// Of numbers that are +-1 half of the pairs are alike: relu maps these cosines to 1 and 0.
TEST(Prediction, OfOneFeatureKeepsAnglesApart) {
  const Network network(chain(2, 50, kRelu), Shape::flat(1), 50);
  Matrix x(1, 64);
  for (Index j = 0; j < 64; ++j) x(0, j) = j % 2 == 0 ? 1 : -1;
  const auto found = predict(network, laws_with(network, 2),
                             measure_input(network, ConstMatrixView(x.data(), 1, 64)));
  const double alike = 2 * 32 * 31 / 2 / (64 * 63 / 2.);
  EXPECT_NEAR(found.layers[0].pre_cosine.value(), 2 * alike - 1, .02);
  EXPECT_NEAR(found.layers[1].pre_cosine.value(), alike, .02);
}

TEST(PredictionLimits, StopGradientsAtBatchNormsOfFewValues) {
  const Network network(chain(3, 50, kRelu, Norm::batch), Shape::flat(20), 50);
  ValueMoments input{.gap = 1};
  input.batch = 4;
  const auto found = predict(network, laws_with(network, 2), input);
  EXPECT_FALSE(found.layers[0].delta_ratio.has_value());
  EXPECT_TRUE(contains(found.layers[0].delta_reason, "too few samples"));
}

TEST(PredictionLimits, StopAtKernelsThatReadFewChannels) {
  const Network network({conv("conv1", 1, PaddingMode::same, kRelu),
                         conv("conv2", 8, PaddingMode::same, kRelu), dense("output", 10, kLinear)},
                        Shape::image(6, 6, 1), 10);
  const auto found = predict(network, laws_with(network, 2), {});
  EXPECT_TRUE(found.layers[0].pre_second_moment.has_value());
  EXPECT_TRUE(contains(found.layers[1].reason, "conv2 sums only 1 channel,"));
}

// The first norm does not know its variance, and the second one not that of pairs.
TEST(PredictionLimits, ForgetPairsBehindABatchNormOfUnknownVariance) {
  ModelSpec spec{conv("conv1", 8, PaddingMode::same, kRelu),
                 conv("conv2", 8, PaddingMode::same, kRelu),
                 conv("conv3", 8, PaddingMode::same, kRelu), dense("output", 10, kLinear)};
  std::get<Conv2dSpec>(spec[0].kind).norm = Norm::layer;
  std::get<Conv2dSpec>(spec[1].kind).norm = Norm::batch;
  const Network network(spec, Shape::image(4, 4, 1), 10);
  Matrix x(16, 5);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<Scalar>(i % 7);
  const auto found = predict(network, laws_with(network, 2),
                             measure_input(network, ConstMatrixView(x.data(), 16, 5)));
  EXPECT_TRUE(found.layers[2].pre_second_moment.has_value());
  EXPECT_FALSE(found.layers[2].pre_cosine.has_value());
}

TEST(MeasuredInput, OfAConvolutionIsByPosition) {
  const Network network({conv("conv1", 8, PaddingMode::same, kRelu), dense("output", 10, kLinear)},
                        Shape::image(1, 2, 2), 10);
  Matrix x(4, 1);
  x << 1, 3, 0, 2;  // channels fastest
  const ValueMoments moments = measure_input(network, ConstMatrixView(x.data(), 4, 1));
  ASSERT_EQ(moments.second_moment.rows(), 2);
  EXPECT_NEAR(moments.second_moment(0, 0), 5, 1e-12);
  EXPECT_NEAR(moments.second_moment(1, 0), 2, 1e-12);
  EXPECT_FALSE(moments.gap.has_value());
}

TEST(MeasuredInput, OfAConvolutionKeepsPicturesApart) {
  const Network network({conv("conv1", 8, PaddingMode::same, kRelu), dense("output", 10, kLinear)},
                        Shape::image(1, 2, 1), 10);
  Matrix x(2, 2);
  x << 3, 0,  // the first picture is bright on the left, the second, darker, on the right
      0, 1;
  const ValueMoments moments = measure_input(network, ConstMatrixView(x.data(), 2, 2));
  ASSERT_EQ(moments.second_moment.cols(), 2);
  EXPECT_NEAR(moments.second_moment(1, 0), 1, 1e-12);
  EXPECT_NEAR(moments.second_moment(0, 0), 0, 1e-12);
  EXPECT_NEAR(moments.second_moment(0, 1), 9, 1e-12);
}

// Two pictures that are bright at (0, 1) and at (1, 2) of four places: relu changes nothing where
// both are alike, and nothing where one is dark.
TEST(Prediction, OfPicturesComparesThemPlaceByPlace) {
  ModelSpec spec{conv("conv1", 50, PaddingMode::same, kRelu),
                 conv("conv2", 50, PaddingMode::same, kRelu), dense("output", 10, kLinear)};
  std::get<Conv2dSpec>(spec[0].kind).kernel = {1, 1};
  std::get<Conv2dSpec>(spec[1].kind).kernel = {1, 1};
  const Network network(spec, Shape::image(2, 2, 8), 10);
  Matrix x = Matrix::Zero(32, 2);
  x.block(0, 0, 16, 1).setOnes();
  x.block(8, 1, 16, 1).setOnes();
  const ValueMoments input = measure_input(network, ConstMatrixView(x.data(), 32, 2));
  const auto found = predict(network, laws_with(network, 2), input);
  EXPECT_NEAR(found.layers[0].pre_cosine.value(), .5, 1e-12);
  EXPECT_NEAR(found.layers[1].pre_cosine.value(), .5, 1e-12);
}

TEST(MeasuredInput, ComparesPairsThatHaveTheMeanAngleOfAll) {
  const Network network({conv("conv1", 8, PaddingMode::same, kRelu), dense("output", 10, kLinear)},
                        Shape::image(2, 2, 1), 10);
  Matrix x(4, 10);  // first coordinates: the angle; last one: a common part
  double expected = 0;
  for (Index j = 0; j < 10; ++j) {
    const double angle = .07 * static_cast<double>(j * j);
    x.col(j) << static_cast<Scalar>(std::cos(angle)), static_cast<Scalar>(std::sin(angle)), 1, 0;
    for (Index i = 0; i < j; ++i) {
      expected += (1 - std::cos(angle - .07 * static_cast<double>(i * i))) / 2 / 45;
    }
  }
  const ValueMoments found = measure_input(network, ConstMatrixView(x.data(), 4, 10));
  ASSERT_EQ(found.pairs.size(), 8U);
  // All are of length sqrt(2).
  EXPECT_NEAR(found.half_difference.colwise().mean().mean() / .5, expected, 1e-6);
}

// Each unit is N(0, q) of its own, whatever the biases' share of q: the mean of n squares.
TEST(Prediction, OfAFirstLayerFluctuatesByItsUnitsAlone) {
  const Network network(chain(1, 50, kLinear), Shape::flat(50), 50);
  EXPECT_NEAR(predict(network, laws_with(network, 1, .5), {}).layers[0].pre_spread, 2.0 / 50,
              1e-12);
}

}  // namespace
}  // namespace initbench
