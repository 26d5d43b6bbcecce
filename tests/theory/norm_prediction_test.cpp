#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "theory/batch_spectrum.h"
#include "theory/prediction.h"
#include "theory/prediction_cases.h"

namespace initbench {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): small networks and laws

// Yang et al. 2019 (arXiv:1902.08129): the gradient of a batch normalized relu network explodes by
// pi / (pi - 1) per layer.
TEST(NormPrediction, OfBatchNormExplodesGradientsAsPublished) {
  const Network network(chain(6, 200, kRelu, Norm::batch), Shape::flat(200), 200);
  const auto found = predict(network, laws_with(network, .37), {.gap = 1});
  EXPECT_NEAR(found.layers[3].delta_ratio.value(), std::numbers::pi / (std::numbers::pi - 1), 1e-3);
  EXPECT_NEAR(found.layers[3].pre_second_moment.value(), 1, 1e-3);
}

// Samples of lengths 1 and 4 times 1.5: E[tanh'^2] / E[tanh^2] is .84322 and .30491 by Simpson's
// rule in Python; the product of the means would be .5423. Of 200 dimensions two are lost.
TEST(NormPrediction, OfLayerNormKnowsThatLongSamplesHaveFlatSlopes) {
  const Network network({dense("dense1", 200, kTanh), dense("dense2", 200, kLinear, Norm::layer)},
                        Shape::flat(200), 200);
  ValueMoments input{.second_moment = Eigen::ArrayXXd{{1.0, 4.0}}};
  const auto found = predict(network, laws_with(network, 1.5), input);
  EXPECT_NEAR(found.layers[0].delta_ratio.value(), .574066 * 198 / 200, 1e-4);
}

// The variance of a unit that sums n white inputs is that of n squares: E[1 / chi^2_n] n is
// n / (n - 2), and rows of equal length, of 200 numbers, 198/200 of it.
TEST(NormPrediction, OfBatchNormDividesEachUnitByItsOwnVariance) {
  const Network network(chain(2, 200, kRelu, Norm::batch), Shape::flat(8), 200);
  ValueMoments input{.gap = 1};
  input.batch_spectrum = Eigen::ArrayXd::Zero(999);
  input.batch_spectrum.head(8) = 1.0 / 8;
  std::vector<LayerLaw> laws = laws_with(network, 37);
  EXPECT_NEAR(predict(network, laws, input).layers[0].chi.value(), .5 * 8 / 6, 1e-5);
  laws[0] = {.weight_variance = 37.0 / 200, .orthogonal = true};
  EXPECT_NEAR(predict(network, laws, input).layers[0].chi.value(), .5 * 8 / 6 * 198 / 200, 1e-4);
}

// relu at independent samples: 1 - kappa(c) has the slope 1/2 there, on 1 - 1/pi.
TEST(NormPrediction, OfBatchNormForgetsWhatSamplesHaveInCommonBehindRelu) {
  const Network network(chain(2, 200, kRelu, Norm::batch), Shape::flat(8), 200);
  ValueMoments input{.gap = 1};
  input.batch_spectrum = Eigen::ArrayXd::Zero(200);
  input.batch_spectrum.head(4) = 1.0 / 4;
  const double kept = .5 / (1 - 1 / std::numbers::pi);
  const double mean = (1 - kept) / 200;
  Eigen::ArrayXd second = Eigen::ArrayXd::Constant(200, mean);
  second.head(4) += kept / 4;
  const double chi = predict(network, laws_with(network, 2), input).layers[1].chi.value();
  EXPECT_NEAR(chi, 1 / (1 - 1 / std::numbers::pi) * inverse_moments(second, 0).mean, 1e-4);
}

TEST(NormPrediction, OfLayerNormKeepsReluGradientsWhateverTheScale) {
  const Network network(chain(6, 200, kRelu, Norm::layer), Shape::flat(200), 200);
  const auto found = predict(network, laws_with(network, 37), {.gap = .5});
  // Of 200 dimensions the gradient loses that of constants and that of the values themselves.
  EXPECT_NEAR(found.layers[3].delta_ratio.value(), 198.0 / 200, 1e-5);
  EXPECT_NEAR(found.layers[3].chi.value(), 1, 1e-5);  // 37 E[phi'^2] / (37 E[phi^2])
  EXPECT_NEAR(found.layers[3].pre_second_moment.value(), 1, 1e-5);
}

// Samples of lengths 1 and 2: squared gradients are divided by 1 and 4, and angles are what is
// left.
TEST(NormPrediction, OfLayerNormDividesEachSampleByItsOwnVariance) {
  const Network network(chain(2, 200, kRelu, Norm::layer), Shape::flat(200), 200);
  ValueMoments input{.second_moment = Eigen::ArrayXXd{{1.0, 4.0}}};
  input.gap = 1 - .5 * (9.0 / 4.0) / (5.0 / 2.0);  // of a cosine of 1/2
  const auto found = predict(network, laws_with(network, 37), input);
  EXPECT_NEAR(found.layers[0].chi.value(), 37 * .5 * (1 + 1.0 / 4) / 2 / 37, 1e-5);
  EXPECT_NEAR(found.layers[0].pre_cosine.value(), .5, 1e-6);
}

}  // namespace
}  // namespace initbench
