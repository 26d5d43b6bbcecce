#include "theory/jacobian.h"

#include <gtest/gtest.h>

#include <Eigen/QR>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "theory/critical.h"
#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

constexpr Activation kLinear{ActivationKind::linear, 0};
constexpr Activation kRelu{ActivationKind::relu, 0};
constexpr Activation kTanh{ActivationKind::tanh, 0};
constexpr Activation kHardtanh{ActivationKind::hardtanh, 0};

/// `depth` equal square layers at the length q.
JacobianSpectrum of_chain(const Activation& activation, double sigma_w2, double q, int depth,
                          WeightEnsemble ensemble) {
  const GaussianMoments moments = gaussian_moments(activation, q);
  const JacobianFactor layer{.inputs = 100,
                             .outputs = 100,
                             .weight_variance = sigma_w2 / 100,
                             .ensemble = ensemble,
                             .slope_second_moment = moments.slope_second_moment,
                             .slope_spread = moments.slope_spread};
  return jacobian_spectrum(std::vector<JacobianFactor>(static_cast<std::size_t>(depth), layer));
}

double relative_variance(const Activation& activation, double q, int depth,
                         WeightEnsemble ensemble) {
  return of_chain(activation, 1, q, depth, ensemble).relative_variance;
}

TEST(JacobianSpectrum, OfLinearAndReluNetworksGrowsWithDepthAsPublished) {
  for (const int depth : {1, 2, 10, 50}) {
    EXPECT_NEAR(relative_variance(kLinear, 1, depth, WeightEnsemble::gaussian), depth, 1e-9);
    EXPECT_NEAR(relative_variance(kLinear, 1, depth, WeightEnsemble::orthogonal), 0, 1e-9);
    EXPECT_NEAR(relative_variance(kRelu, 1, depth, WeightEnsemble::gaussian), 2 * depth, 1e-9);
    EXPECT_NEAR(relative_variance(kRelu, 1, depth, WeightEnsemble::orthogonal), depth, 1e-9);
  }
}

TEST(JacobianSpectrum, OfHardtanhFollowsTheShareOfItsLinearPart) {
  const double p = std::erf(1 / std::sqrt(2 * .5));
  EXPECT_NEAR(relative_variance(kHardtanh, .5, 8, WeightEnsemble::gaussian), 8 / p, 1e-8);
  EXPECT_NEAR(relative_variance(kHardtanh, .5, 8, WeightEnsemble::orthogonal), 8 * (1 - p) / p,
              1e-8);
}

TEST(JacobianSpectrum, OfOrthogonalTanhIsNarrowForSmallLengths) {
  const auto per_layer = [](double q) {
    return relative_variance(kTanh, q, 1, WeightEnsemble::orthogonal);
  };
  EXPECT_NEAR(per_layer(.01), 7.3e-4, 5e-6);
  EXPECT_NEAR(per_layer(1.0 / 64), 1.69e-3, 5e-6);
  EXPECT_NEAR(per_layer(.025921), 4.27e-3, 5e-6);  // at q* = .0259 it would be 4.26e-3
  EXPECT_NEAR(per_layer(.1), .0397, 5e-5);
  EXPECT_NEAR(per_layer(.5), .299, 5e-4);
  EXPECT_NEAR(1 / per_layer(.025921), 234, 1);  // the depth at which the variance reaches 1
}

// Marchenko & Pastur 1967: of W^T W, W of n rows and n_0 columns, the relative variance is n_0 / n.
TEST(JacobianSpectrum, OfALayerThatNarrowsIsMarchenkoPasturs) {
  const std::vector<JacobianFactor> layer{
      {.inputs = 100, .outputs = 50, .weight_variance = 1.0 / 100}};
  const JacobianSpectrum spectrum = jacobian_spectrum(layer);
  EXPECT_NEAR(spectrum.mean, .5, 1e-12);
  EXPECT_NEAR(spectrum.relative_variance, 2, 1e-12);
}

TEST(JacobianSpectrum, HasMeanOneAtCriticality) {
  const CriticalPoint point = critical_at_length(kTanh, .1).point.value();
  const auto spectrum =
      of_chain(kTanh, point.scale.sigma_w2, point.q, 100, WeightEnsemble::orthogonal);
  EXPECT_NEAR(spectrum.mean, 1, 1e-11);
}

Eigen::MatrixXd normal_matrix(Eigen::Index rows, Eigen::Index columns, std::mt19937& engine) {
  std::normal_distribution<double> law;
  Eigen::MatrixXd matrix(rows, columns);
  for (double& value : matrix.reshaped()) value = law(engine);
  return matrix;
}

/// Orthonormal rows or columns, whichever are fewer.
Eigen::MatrixXd orthogonal_matrix(Eigen::Index rows, Eigen::Index columns, std::mt19937& engine) {
  const bool tall = rows >= columns;
  const Eigen::MatrixXd normal =
      normal_matrix(std::max(rows, columns), std::min(rows, columns), engine);
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(normal);
  const Eigen::MatrixXd q =
      qr.householderQ() * Eigen::MatrixXd::Identity(normal.rows(), normal.cols());
  return tall ? q : q.transpose();
}

TEST(JacobianSpectrum, OfUnequalWidthsIsThatOfSimulatedProducts) {
  std::mt19937 engine(1);
  std::bernoulli_distribution alive(.5);
  const std::vector<Eigen::Index> widths{200, 320, 120, 240};
  for (const WeightEnsemble ensemble : {WeightEnsemble::gaussian, WeightEnsemble::orthogonal}) {
    Eigen::MatrixXd product = Eigen::MatrixXd::Identity(widths[0], widths[0]);
    std::vector<JacobianFactor> factors;
    for (std::size_t l = 1; l < widths.size(); ++l) {
      const Eigen::Index in = widths[l - 1];
      const Eigen::Index out = widths[l];
      const bool orthogonal = ensemble == WeightEnsemble::orthogonal;
      Eigen::MatrixXd w =
          orthogonal ? orthogonal_matrix(out, in, engine) : normal_matrix(out, in, engine);
      for (Eigen::Index unit = 0; unit < out; ++unit) w.row(unit) *= alive(engine) ? 1 : 0;
      product = w * product;
      factors.push_back(
          {.inputs = static_cast<double>(in),
           .outputs = static_cast<double>(out),
           .weight_variance = orthogonal ? 1 / static_cast<double>(std::max(in, out)) : 1.0,
           .ensemble = ensemble,
           .slope_second_moment = .5,
           .slope_spread = 1});
    }
    const auto first = static_cast<double>(widths[0]);
    const Eigen::MatrixXd square = product.transpose() * product;
    const double mean = square.trace() / first;
    const double relative = square.squaredNorm() / first / (mean * mean) - 1;
    const JacobianSpectrum spectrum = jacobian_spectrum(factors);
    EXPECT_NEAR(mean / spectrum.mean, 1, .15);
    EXPECT_NEAR(relative / spectrum.relative_variance, 1, .15);
  }
}

}  // namespace
}  // namespace initbench
