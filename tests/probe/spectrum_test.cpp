/// Jacobian spectra of drawn networks against the laws of Pennington et al. 2017: of squared
/// singular values, mean 1 and variance L (Gaussian linear), 0 (orthogonal linear), 2 L (He, relu).
#include "probe/spectrum.h"

#include <gtest/gtest.h>

#include <Eigen/SVD>

#include "base/random.h"
#include "init/initialize.h"
#include "theory/prediction_cases.h"

namespace initbench {
namespace {

using testing::chain;
using testing::conv;
using testing::dense;
using testing::kLinear;
using testing::kRelu;

Network drawn(const ModelSpec& spec, const Shape& input, Index outputs, const InitChoice& weight,
              std::uint64_t seed) {
  Network network(spec, input, outputs);
  std::vector<LayerInit> inits;
  for (const Layer& layer : network.layers()) {
    inits.push_back({.layer = layer.name, .weight = weight, .bias = choose("zeros"), .place = ""});
  }
  initialize(network, inits, seed);
  return network;
}

Matrix sample(Index features) {
  Rng rng({.seed = 3, .purpose = Purpose::probe, .name = "sample", .tensor = "x"});
  Matrix x(features, 1);
  for (Scalar& value : x.reshaped()) value = static_cast<Scalar>(rng.normal());
  return x;
}

std::vector<LayerSpectrum> spectra(const Network& network, const Matrix& x) {
  return jacobian_spectra(network, ConstMatrixView(x.data(), x.rows(), x.cols()), 7);
}

/// The input-output spectrum of a square chain, means over seeds.
LayerSpectrum mean_spectrum(int depth, Index width, const Activation& activation,
                            const InitChoice& weight, int seeds) {
  LayerSpectrum mean;
  for (int seed = 0; seed < seeds; ++seed) {
    const Network network = drawn(chain(depth, width, activation), Shape::flat(width), width,
                                  weight, static_cast<std::uint64_t>(seed));
    const LayerSpectrum found = spectra(network, sample(width)).front();
    mean.mean += found.mean / seeds;
    mean.variance += found.variance / seeds;
  }
  return mean;
}

TEST(Spectrum, OfOrthogonalLinearLayersIsOne) {
  const LayerSpectrum found = mean_spectrum(16, 64, kLinear, choose("orthogonal"), 1);
  EXPECT_NEAR(found.mean, 1, 1e-5);
  EXPECT_LT(found.variance, 1e-10);
}

TEST(Spectrum, OfGaussianLinearLayersHasTheirNumberAsVariance) {
  for (const int depth : {2, 4, 8}) {
    const LayerSpectrum found = mean_spectrum(depth, 128, kLinear, choose("lecun_normal"), 4);
    EXPECT_NEAR(found.variance, depth, .25 * depth);
    EXPECT_NEAR(found.mean, 1, .1);
  }
}

TEST(Spectrum, OfReluLayersHasTwiceTheirNumberAsVariance) {
  const LayerSpectrum found = mean_spectrum(4, 128, kRelu, choose("kaiming_normal"), 8);
  EXPECT_NEAR(found.variance, 8, .5 * 8);
  EXPECT_NEAR(found.mean, 1, .2);
}

// Of a linear network the Jacobian is the product of its weights.
TEST(Spectrum, IsEstimatedWithoutBiasFromProductsWithRandomVectors) {
  constexpr Index kOutputs = kExactOutputs + 1;
  constexpr int kSeeds = 8;
  using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  double mean = 0;
  double variance = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Network network =
        drawn({dense("dense1", 64, kLinear), dense("dense2", kOutputs, kLinear)}, Shape::flat(64),
              kOutputs, choose("lecun_normal"), static_cast<std::uint64_t>(seed));
    const LayerSpectrum estimate = spectra(network, sample(64)).front();
    EXPECT_FALSE(estimate.exact);
    const auto weight = [&](std::size_t layer, Index rows) {
      const ConstVectorView values = network.values_of(network.layers()[layer].weight);
      return Eigen::MatrixXd(Eigen::Map<const RowMajor>(values.data(), rows, 64).cast<double>());
    };
    const Eigen::MatrixXd jacobian = weight(1, kOutputs) * weight(0, 64);
    const Eigen::ArrayXd squares =
        Eigen::JacobiSVD<Eigen::MatrixXd>(jacobian).singularValues().array().square();
    mean += estimate.mean / squares.mean() / kSeeds;
    variance += estimate.variance / (squares - squares.mean()).square().mean() / kSeeds;
  }
  EXPECT_NEAR(mean, 1, .05);
  EXPECT_NEAR(variance, 1, .2);
}

TEST(Spectrum, OfALastLayerIsThatOfItsWeights) {
  const Network network =
      drawn(chain(3, 20, kLinear), Shape::flat(20), 20, choose("orthogonal"), 1);
  const auto found = spectra(network, sample(20));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.back().layer, "dense3");
  EXPECT_NEAR(found.back().largest.value(), 1, 1e-5);
  EXPECT_NEAR(found.back().smallest.value(), 1, 1e-5);
}

TEST(Spectrum, OfAConvolutionIsThatOfItsLinearMap) {
  // One output per position of a circular convolution by the delta kernel: a permutation's.
  const ModelSpec spec{conv("conv1", 3, PaddingMode::circular, kLinear)};
  const Network network = drawn(spec, Shape::image(4, 4, 3), 48, choose("dirac"), 1);
  const auto found = spectra(network, sample(48));
  EXPECT_NEAR(found.front().largest.value(), 1, 1e-6);
  EXPECT_NEAR(found.front().smallest.value(), 1, 1e-6);
  EXPECT_EQ(found.front().inputs, 48);
}

TEST(Spectrum, CountsTheZerosOfAWideJacobian) {
  const Network network = drawn(chain(1, 5, kLinear), Shape::flat(20), 5, choose("orthogonal"), 1);
  const LayerSpectrum found = spectra(network, sample(20)).front();
  EXPECT_NEAR(found.mean, 5.0 / 20, 1e-6);
  EXPECT_NEAR(found.variance, .25 * .75, 1e-6);
}

TEST(Spectrum, IsNotDefinedWithBatchNorms) {
  EXPECT_FALSE(has_jacobian(Network(chain(2, 8, kRelu, Norm::batch), Shape::flat(8), 8)));
  EXPECT_TRUE(has_jacobian(Network(chain(2, 8, kRelu, Norm::layer), Shape::flat(8), 8)));
}

}  // namespace
}  // namespace initbench
