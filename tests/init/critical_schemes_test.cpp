// The edge of chaos as a scheme. Critical points: closed forms, and those that the public code of
// Xiao et al. 2018 prints for tanh.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "init/tensor_cases.h"

namespace initbench {
namespace {

using testing::HasSubstr;

TestTensor with(TestTensor tensor, ActivationKind kind) {
  tensor.activation = {.kind = kind};
  return tensor;
}

double variance(const InitChoice& choice, const TestTensor& tensor) {
  return choice.scheme->variance(choice, tensor.context()).value();
}

/// sigma_w^2 and sigma_b^2 that the scheme uses for a layer with this activation.
std::pair<double, double> scale(const InitChoice& choice, ActivationKind kind) {
  return {100 * variance(choice, with(dense_weight(100, 100), kind)),
          variance(choice, with(bias(100, 100), kind))};
}

TEST(Critical, IsTwoAndZeroForRelu) {
  const auto [sigma_w2, sigma_b2] = scale(choose("critical"), ActivationKind::relu);
  EXPECT_NEAR(sigma_w2, 2, 1e-9);
  EXPECT_EQ(sigma_b2, 0);
}

TEST(Critical, IsThatOfThePublishedCodeForTanhAtASixteenth) {
  const auto [sigma_w2, sigma_b2] =
      scale(choose("critical", {{{"q", 1.0 / 16}}}), ActivationKind::tanh);
  EXPECT_NEAR(sigma_w2, 1.115381, 5e-7);
  EXPECT_NEAR(sigma_b2, 2.369e-4, 5e-8);
}

// erf's critical line has a closed form: sigma_w^2 = pi / 4 sqrt(1 + 4 q).
TEST(Critical, LiesOnTheClosedLineOfErf) {
  for (const double q : {0.01, 0.5, 1.0, 7.0}) {
    const auto [sigma_w2, sigma_b2] = scale(choose("critical", {{{"q", q}}}), ActivationKind::erf);
    EXPECT_NEAR(sigma_w2, M_PI / 4 * std::sqrt(1 + 4 * q), 1e-9 * sigma_w2) << q;
  }
}

// Schoenholz et al. 2017: sigma_b^2 = 0.05 has its critical sigma_w^2 at 1.76.
TEST(Critical, FindsTheLengthThatBelongsToAGivenBias) {
  const auto [sigma_w2, sigma_b2] =
      scale(choose("critical", {{{"sigma_b", std::sqrt(0.05)}}}), ActivationKind::tanh);
  EXPECT_NEAR(sigma_w2, 1.76, 0.005);
  EXPECT_NEAR(sigma_b2, 0.05, 1e-9);
}

TEST(Critical, LeavesALinearLayerNeutral) {
  const auto [sigma_w2, sigma_b2] =
      scale(choose("critical", {{{"sigma_b", 0.3}}}), ActivationKind::linear);
  EXPECT_EQ(sigma_w2, 1);
  EXPECT_EQ(sigma_b2, 0);
}

TEST(Critical, SaysThatSigmoidHasNoPointThere) {
  const std::string reason =
      misfit_of(choose("critical"), with(dense_weight(4, 4), ActivationKind::sigmoid).context());
  EXPECT_THAT(reason, HasSubstr("no critical point exists for sigmoid"));
  EXPECT_THAT(reason, HasSubstr("use another q or sigma_b"));
}

TEST(Critical, SaysThatReluHasNoPointWithBiases) {
  EXPECT_THAT(misfit_of(choose("critical", {{{"sigma_b", 0.1}}}),
                        with(dense_weight(4, 4), ActivationKind::relu).context()),
              HasSubstr("no critical point of relu has sigma_b^2 > 0"));
}

TEST(OrthogonalCritical, MultipliesOrthonormalRowsBySigmaW) {
  const TestTensor tensor = with(dense_weight(20, 50), ActivationKind::relu);
  const std::vector<Scalar> w = filled(choose("orthogonal_critical"), tensor);
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 20; ++j) {
      double product = 0;
      for (std::size_t k = 0; k < 50; ++k) product += w[i * 50 + k] * w[j * 50 + k];
      EXPECT_NEAR(product, i == j ? 2 : 0, 1e-5);
    }
  }
}

// A tall matrix spreads a vector's length over more outputs.
TEST(OrthogonalCritical, KeepsSecondMomentsWhenOutputsOutnumberInputs) {
  const InitChoice choice = choose("orthogonal_critical");
  const TestTensor tall = with(dense_weight(80, 20), ActivationKind::relu);
  EXPECT_NEAR(variance(choice, tall), 2.0 / 20, 1e-10);
  double sum = 0;
  for (const Scalar w : filled(choice, tall)) sum += static_cast<double>(w) * w;
  EXPECT_NEAR(sum, 80 * 2.0, 1e-3);
}

TEST(OrthogonalCritical, PutsAnOrthogonalMatrixAtAKernelsCentre) {
  const TestTensor kernel =
      with(convolution_weight({.out = 6, .in = 4, .height = 3, .width = 3}), ActivationKind::tanh);
  const std::vector<Scalar> w = filled(choose("orthogonal_critical"), kernel);
  for (std::size_t i = 0; i < w.size(); ++i) EXPECT_EQ(w[i] != 0, i % 9 == 4) << i;
}

TEST(OrthogonalCritical, RefusesAKernelWithFewerOutputsThanInputs) {
  const TestTensor kernel =
      with(convolution_weight({.out = 3, .in = 5, .height = 3, .width = 3}), ActivationKind::tanh);
  EXPECT_NE(misfit_of(choose("orthogonal_critical"), kernel.context()), "");
}

}  // namespace
}  // namespace initbench
