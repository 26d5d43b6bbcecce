/// Mean-field results of Poole et al. 2016, Schoenholz et al. 2017, Pennington et al. 2017 and a
/// published log of SELU, against drawn networks.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "probe/ladder_cases.h"
#include "theory/critical.h"
#include "theory/gaussian_moments.h"
#include "theory/mean_field.h"

namespace initbench {
namespace {

using testing::at_initialization;
using testing::Ladder;
using testing::visit_initialization;

InitChoice mean_field(double sigma_w2, double sigma_b2) {
  const std::vector<NamedArgument> arguments{{"sigma_w", std::sqrt(sigma_w2)},
                                             {"sigma_b", std::sqrt(sigma_b2)}};
  return choose("gaussian_mean_field", arguments);
}

// ---- Poole et al. 2016, figure 1: lengths of tanh networks reach q* ----

TEST(LengthMap, OfWideTanhNetworksIsThatOfTheory) {
  constexpr Index kWidth = 500;
  constexpr int kSeeds = 2;
  struct Row {
    double sigma_w2, sigma_b2, q_star;
  };
  // Fixed points by quadrature.
  for (const Row& row : {Row{1.0, .05, .19359}, Row{2.0, .05, .72176}, Row{4.0, .05, 2.19549},
                         Row{1.94765, .09, .76347}}) {
    const InitChoice law = mean_field(row.sigma_w2, row.sigma_b2);
    std::vector<double> measured(20);
    for (int seed = 0; seed < kSeeds; ++seed) {
      const auto layers = at_initialization({.depth = 20,
                                             .width = kWidth,
                                             .activation = ActivationKind::tanh,
                                             .weight = law,
                                             .bias = law},
                                            4, static_cast<std::uint64_t>(seed));
      for (std::size_t l = 0; l < layers.size(); ++l) measured[l] += layers[l].pre_m2 / kSeeds;
    }
    const double tolerance = 3 * std::sqrt(2.0 / (kWidth * kSeeds));
    double q = row.sigma_w2 + row.sigma_b2;  // of the first layer, for inputs of second moment 1
    for (const double length : measured) {
      EXPECT_NEAR(length / q, 1, tolerance);
      q = next_length({ActivationKind::tanh, 0}, {row.sigma_w2, row.sigma_b2}, q);
    }
    EXPECT_NEAR(measured.back() / row.q_star, 1, tolerance);
  }
}

// ---- Schoenholz et al. 2017, section 4: ln ||delta||^2 falls by -ln chi_1 per layer ----

TEST(GradientSlope, IsTheLogarithmOfChi) {
  constexpr int kSeeds = 3;
  constexpr std::size_t kSettled = 10;  // lengths have forgotten the input's
  struct Row {
    double sigma_w2, log_chi;
  };
  for (const Row& row : {Row{1.0, -.2757}, Row{1.5, -.0633}, Row{2.5, .1253}, Row{4.0, .2945}}) {
    const InitChoice law = mean_field(row.sigma_w2, .05);
    double slope = 0;
    for (int seed = 0; seed < kSeeds; ++seed) {
      const auto layers = at_initialization({.depth = 50,
                                             .width = 300,
                                             .activation = ActivationKind::tanh,
                                             .weight = law,
                                             .bias = law},
                                            8, static_cast<std::uint64_t>(seed));
      // Least squares of ln ||delta_l||^2 against the distance from the end.
      const auto count = static_cast<double>(layers.size() - kSettled);
      double covariance = 0;
      for (std::size_t l = kSettled; l < layers.size(); ++l) {
        const double distance = (count - 1) / 2 - static_cast<double>(l - kSettled);
        covariance += distance * 2 * std::log(layers[l].delta_norm);
      }
      slope += covariance / (count * (count * count - 1) / 12) / kSeeds;
    }
    EXPECT_NEAR(slope, row.log_chi, .02) << "sigma_w^2 = " << row.sigma_w2;
  }
}

// ---- Pennington et al. 2017: squared singular values of d z_L / d z_0 ----

struct Spectrum {
  double mean = 0;
  double relative_variance = 0;
};

/// Of the Jacobian of the hidden layers at one input, by its products.
Spectrum measured_spectrum(const Ladder& ladder, std::uint64_t seed) {
  Spectrum spectrum;
  visit_initialization(
      ladder, 1, seed, [&](const Network& network, const Tape& tape, const Vector&) {
        Eigen::MatrixXd jacobian = Eigen::MatrixXd::Identity(ladder.width, ladder.width);
        for (const Layer& layer : network.layers()) {
          if (layer.name == "output") break;
          using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
          const Eigen::Map<const RowMajor> weight(network.values_of(layer.weight).data(),
                                                  ladder.width, ladder.width);
          const Eigen::MatrixXd product = weight.cast<double>() * jacobian;
          jacobian = product;
          const ActivationRow& row = activation_row(ladder.activation);
          for (Index i = 0; i < ladder.width; ++i) {
            jacobian.row(i) *= row.derivative(static_cast<double>(tape.value(layer.pre)(i, 0)), 0);
          }
        }
        const Eigen::MatrixXd squares = jacobian * jacobian.transpose();
        const auto width = static_cast<double>(ladder.width);
        spectrum.mean = squares.trace() / width;
        const double second = squares.squaredNorm() / width;
        spectrum.relative_variance = second / (spectrum.mean * spectrum.mean) - 1;
      });
  return spectrum;
}

/// Mean relative variance over seeds.
double relative_variance(Ladder ladder, Index depth, int seeds) {
  ladder.depth = depth;
  double mean = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    mean += measured_spectrum(ladder, static_cast<std::uint64_t>(seed)).relative_variance / seeds;
  }
  return mean;
}

TEST(MeasuredJacobian, OfLinearNetworksHasTheVarianceLUnderNormalWeights) {
  const Ladder linear{.depth = 0,
                      .width = 128,
                      .activation = ActivationKind::linear,
                      .weight = choose("lecun_normal")};
  for (const Index depth : {2, 4, 8, 16}) {
    const auto expected = static_cast<double>(depth);
    EXPECT_NEAR(relative_variance(linear, depth, 4) / expected, 1, .25) << depth;
  }
}

TEST(MeasuredJacobian, OfOrthogonalLinearNetworksHasNoVariance) {
  const Ladder linear{.depth = 0,
                      .width = 128,
                      .activation = ActivationKind::linear,
                      .weight = choose("orthogonal")};
  for (const Index depth : {2, 32}) EXPECT_LT(relative_variance(linear, depth, 1), 1e-10);
}

TEST(MeasuredJacobian, OfReluNetworksHasTheVariance2LUnderNormalWeightsAndLUnderOrthogonalOnes) {
  const auto relu = [](const InitChoice& weight) {
    return Ladder{.depth = 0, .width = 256, .activation = ActivationKind::relu, .weight = weight};
  };
  const InitChoice orthogonal =
      choose("orthogonal", std::vector<NamedArgument>{{"gain", std::string("relu")}});
  for (const Index depth : {2, 8}) {
    const auto length = static_cast<double>(depth);
    EXPECT_NEAR(relative_variance(relu(choose("kaiming_normal")), depth, 4) / (2 * length), 1, .5);
    EXPECT_NEAR(relative_variance(relu(orthogonal), depth, 4) / length, 1, .5);
  }
}

TEST(MeasuredJacobian, OfCriticalTanhNetworksIsNarrowUnderOrthogonalWeights) {
  const std::vector<NamedArgument> length{{"q", 1.0 / 64}};
  const Ladder tanh{.depth = 16,
                    .width = 128,
                    .activation = ActivationKind::tanh,
                    .weight = choose("orthogonal_critical", length),
                    .bias = choose("orthogonal_critical", length)};
  // Lengths come from 1 down to q*, so that each layer has a spread of slopes of its own.
  const CriticalPoint point = critical_at_length({ActivationKind::tanh, 0}, 1.0 / 64).point.value();
  double spread = 0;
  double q = point.scale.sigma_w2 + point.scale.sigma_b2;
  for (Index i = 0; i < tanh.depth; ++i) {
    spread += gaussian_moments({ActivationKind::tanh, 0}, q).slope_spread;
    q = next_length({ActivationKind::tanh, 0}, point.scale, q);
  }
  EXPECT_NEAR(relative_variance(tanh, tanh.depth, 4) / spread, 1, .25);
  Ladder gaussian = tanh;
  gaussian.weight = gaussian.bias = choose("critical", length);
  const double expected = static_cast<double>(tanh.depth) + spread;
  EXPECT_NEAR(relative_variance(gaussian, tanh.depth, 4) / expected, 1, .25);
}

// ---- PyTorch pull request 50664: SELU with gain 3/4, a hundred layers ----

TEST(Selu, WithTorchsGainKeepsThePublishedDeviations) {
  const double published[] = {.7968, .3127, .2404, .2062, .2056, .2044, .2005, .2042, .1944, .2085};
  constexpr int kSeeds = 3;
  std::vector<double> deviation(100);
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto layers = at_initialization(
        {.depth = 100,
         .width = 300,
         .activation = ActivationKind::selu,
         .weight = choose("xavier_normal", std::vector<NamedArgument>{{"gain", .75}})},
        50, static_cast<std::uint64_t>(seed));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      deviation[l] += std::sqrt(layers[l].act_var) / kSeeds;
    }
  }
  // One published network and three narrower ones of ours: beyond layer 31 chi is so near 1 that
  // fluctuations of all layers add up.
  for (std::size_t i = 0; i < std::size(published); ++i) {
    EXPECT_NEAR(deviation[10 * i] / published[i], 1, i <= 3 ? .05 : .13) << "layer " << 10 * i + 1;
  }
  // By quadrature: 1, 11, 21, 31, 51 and 91 layers deep.
  EXPECT_NEAR(deviation[0] / .7967, 1, .05);
  EXPECT_NEAR(deviation[10] / .3092, 1, .05);
  EXPECT_NEAR(deviation[20] / .2381, 1, .05);
  EXPECT_NEAR(deviation[30] / .2154, 1, .05);
  EXPECT_NEAR(deviation[50] / .2026, 1, .1);
  EXPECT_NEAR(deviation[90] / .1997, 1, .1);
}

TEST(Selu, WithTorchsGainIsOnTheEdgeOfChaos) {
  const Phase gain_of_torch = phase_of({ActivationKind::selu, 0}, {.sigma_w2 = .5625});
  EXPECT_NEAR(gain_of_torch.length.q, .02303, 5.1e-6);
  EXPECT_NEAR(gain_of_torch.length.chi, 1.0037, 5.1e-5);
  EXPECT_NEAR(phase_of({ActivationKind::selu, 0}, {.sigma_w2 = 1}).length.chi, 1.0716, 5.1e-5);
}

}  // namespace
}  // namespace initbench
