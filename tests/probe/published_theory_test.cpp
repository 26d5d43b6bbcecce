/// Mean-field results of Poole et al. 2016, Schoenholz et al. 2017 and a published log of SELU,
/// against drawn networks.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "probe/ladder_cases.h"
#include "theory/mean_field.h"

namespace initbench {
namespace {

using testing::at_initialization;

InitChoice mean_field(double sigma_w2, double sigma_b2) {
  const std::vector<NamedArgument> arguments{{"sigma_w", std::sqrt(sigma_w2)},
                                             {"sigma_b", std::sqrt(sigma_b2)}};
  return choose("gaussian_mean_field", arguments);
}

// ---- Poole et al. 2016, figure 1: lengths of tanh networks reach q* ----

struct LengthRow {
  double sigma_w2, sigma_b2, q_star;  // fixed points by quadrature
};

void expect_lengths_of_theory(const LengthRow& row, Index width, int seeds) {
  SCOPED_TRACE("sigma_w^2 = " + std::to_string(row.sigma_w2));
  const InitChoice law = mean_field(row.sigma_w2, row.sigma_b2);
  std::vector<double> measured(20);
  for (int seed = 0; seed < seeds; ++seed) {
    const auto layers = at_initialization({.depth = 20,
                                           .width = width,
                                           .activation = ActivationKind::tanh,
                                           .weight = law,
                                           .bias = law},
                                          4, static_cast<std::uint64_t>(seed));
    for (std::size_t l = 0; l < layers.size(); ++l) measured[l] += layers[l].pre_m2 / seeds;
  }
  const double tolerance = 3 * std::sqrt(2.0 / static_cast<double>(width * seeds));
  double q = row.sigma_w2 + row.sigma_b2;  // of the first layer, for inputs of second moment 1
  for (const double length : measured) {
    EXPECT_NEAR(length / q, 1, tolerance);
    q = next_length({ActivationKind::tanh, 0}, {row.sigma_w2, row.sigma_b2}, q);
  }
  EXPECT_NEAR(measured.back() / row.q_star, 1, tolerance);
  const Phase phase = phase_of({ActivationKind::tanh, 0}, {row.sigma_w2, row.sigma_b2});
  EXPECT_NEAR(phase.length.q / row.q_star, 1, 2e-5);
}

TEST(LengthMap, OfWideTanhNetworksIsThatOfTheory) {
  for (const LengthRow& row : {LengthRow{1.0, .05, .19359}, LengthRow{2.0, .05, .72176},
                               LengthRow{4.0, .05, 2.19549}, LengthRow{1.94765, .09, .76347}}) {
    expect_lengths_of_theory(row, 500, 2);
  }
}

TEST(LengthMapAtFullSize, OfTanhNetworksOfAThousandUnitsIsThatOfTheory) {
  for (const LengthRow& row :
       {LengthRow{1.3 * 1.3, .09, .60704679}, LengthRow{2.5 * 2.5, .09, 4.0791239},
        LengthRow{4.0 * 4.0, .09, 12.604149}}) {
    expect_lengths_of_theory(row, 1000, 2);
  }
}

// ---- Schoenholz et al. 2017, section 4: ln ||delta||^2 falls by -ln chi_1 per layer ----

struct SlopeRow {
  double sigma_w2, log_chi;
};
constexpr SlopeRow kSlopes[] = {{1.0, -.2757}, {1.5, -.0633}, {2.5, .1253}, {4.0, .2945}};

/// Least squares of ln ||delta_l||^2 against the distance from the end, mean over seeds.
double gradient_slope(double sigma_w2, Index width, int seeds) {
  constexpr std::size_t kSettled = 10;  // lengths have forgotten the input's
  const InitChoice law = mean_field(sigma_w2, .05);
  double slope = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    const auto layers = at_initialization({.depth = 50,
                                           .width = width,
                                           .activation = ActivationKind::tanh,
                                           .weight = law,
                                           .bias = law},
                                          8, static_cast<std::uint64_t>(seed));
    const auto count = static_cast<double>(layers.size() - kSettled);
    double covariance = 0;
    for (std::size_t l = kSettled; l < layers.size(); ++l) {
      const double distance = (count - 1) / 2 - static_cast<double>(l - kSettled);
      covariance += distance * 2 * std::log(layers[l].delta_norm);
    }
    slope += covariance / (count * (count * count - 1) / 12) / seeds;
  }
  return slope;
}

TEST(GradientSlope, IsTheLogarithmOfChi) {
  for (const SlopeRow& row : kSlopes) {
    EXPECT_NEAR(gradient_slope(row.sigma_w2, 300, 3), row.log_chi, .02) << row.sigma_w2;
  }
}

TEST(GradientSlopeAtFullSize, IsTheLogarithmOfChi) {
  for (const SlopeRow& row : kSlopes) {
    EXPECT_NEAR(gradient_slope(row.sigma_w2, 500, 10), row.log_chi, .02) << row.sigma_w2;
  }
}

// ---- PyTorch pull request 50664: SELU with gain 3/4, a hundred layers ----

struct SeluRow {
  std::size_t layer;
  double published, predicted;  // standard deviations; predicted by quadrature, 0: not tabulated
};
constexpr SeluRow kSelu[] = {{1, .7968, .7967},  {11, .3127, .3092}, {21, .2404, .2381},
                             {31, .2062, .2154}, {41, .2056, 0},     {51, .2044, .2026},
                             {61, .2005, 0},     {71, .2042, 0},     {81, .1944, 0},
                             {91, .2085, .1997}};

/// Of each layer's activations, mean over seeds.
std::vector<double> selu_deviations(Index width, int seeds) {
  std::vector<double> deviation(100);
  for (int seed = 0; seed < seeds; ++seed) {
    const auto layers = at_initialization(
        {.depth = 100,
         .width = width,
         .activation = ActivationKind::selu,
         .weight = choose("xavier_normal", std::vector<NamedArgument>{{"gain", .75}})},
        50, static_cast<std::uint64_t>(seed));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      deviation[l] += std::sqrt(layers[l].act_var) / seeds;
    }
  }
  return deviation;
}

TEST(Selu, WithTorchsGainKeepsThePublishedDeviations) {
  const std::vector<double> measured = selu_deviations(300, 3);
  // One published network and three narrower ones of ours: beyond layer 31 chi is so near 1 that
  // fluctuations of all layers add up.
  for (const SeluRow& row : kSelu) {
    const double found = measured[row.layer - 1];
    EXPECT_NEAR(found / row.published, 1, row.layer <= 31 ? .05 : .13) << "layer " << row.layer;
    if (row.predicted == 0) continue;
    EXPECT_NEAR(found / row.predicted, 1, row.layer <= 31 ? .05 : .1) << "layer " << row.layer;
  }
}

TEST(SeluAtFullSize, WithTorchsGainKeepsThePublishedDeviations) {
  const std::vector<double> measured = selu_deviations(1000, 10);
  for (const SeluRow& row : kSelu) {
    const double found = measured[row.layer - 1];
    std::printf("layer %zu: published %.4f, measured %.4f\n", row.layer, row.published, found);
    EXPECT_NEAR(found / row.published, 1, .05) << "layer " << row.layer;
    if (row.predicted == 0) continue;
    EXPECT_NEAR(found / row.predicted, 1, .05) << "layer " << row.layer;
  }
}

TEST(Selu, WithTorchsGainIsOnTheEdgeOfChaos) {
  const Phase gain_of_torch = phase_of({ActivationKind::selu, 0}, {.sigma_w2 = .5625});
  EXPECT_NEAR(gain_of_torch.length.q, .02303, 5.1e-6);
  EXPECT_NEAR(gain_of_torch.length.chi, 1.0037, 5.1e-5);
  EXPECT_NEAR(phase_of({ActivationKind::selu, 0}, {.sigma_w2 = 1}).length.chi, 1.0716, 5.1e-5);
}

}  // namespace
}  // namespace initbench
