// Gains against torch.nn.init.calculate_gain (its published table) and against E[phi^2],
// Var phi and E[phi'^2] at q = 1 by a fine trapezoidal rule elsewhere.
#include "init/gain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace initbench {
namespace {

Activation activation(std::string_view name) {
  const ActivationRow* row = find_activation(name);
  return {.kind = row->kind, .parameter = row->default_parameter};
}

double own_gain(std::string_view principle, std::string_view name) {
  return gain_of(std::string(principle), activation(name)).value();
}

TEST(Gain, OfANameIsPyTorchsWhereItHasOne) {
  const auto gain = [](const char* name) { return gain_of(name, activation("sin")).value(); };
  EXPECT_EQ(gain("linear"), 1);
  EXPECT_EQ(gain("sigmoid"), 1);
  EXPECT_NEAR(gain("tanh"), 5.0 / 3, 1e-15);
  EXPECT_NEAR(gain("relu"), std::sqrt(2.0), 1e-15);
  EXPECT_NEAR(gain("leaky_relu"), std::sqrt(2 / (1 + 1e-4)), 1e-15);
  EXPECT_EQ(gain("selu"), 0.75);
}

TEST(Gain, OfANameThatPyTorchLacksKeepsTheSecondMoment) {
  EXPECT_NEAR(gain_of("gelu", {}).value(), 1.533530, 5e-7);
  EXPECT_NEAR(gain_of("silu", {}).value(), 1.676532, 5e-7);
  EXPECT_NEAR(gain_of("elu", {}).value(), 1.245198, 5e-7);
}

TEST(Gain, AutoIsThatOfTheLayersOwnActivation) {
  EXPECT_NEAR(own_gain("auto", "tanh"), 5.0 / 3, 1e-15);
  EXPECT_NEAR(own_gain("auto", "gelu"), 1.533530, 5e-7);
  EXPECT_NEAR(gain_of("auto", {.kind = ActivationKind::leaky_relu, .parameter = 0.2}).value(),
              1.386750, 5e-7);
}

TEST(Gain, SecondMomentIsOneOverTheRootOfTheMeanSquare) {
  EXPECT_NEAR(own_gain("second_moment", "relu"), 1.414214, 5e-7);
  EXPECT_NEAR(own_gain("second_moment", "tanh"), 1.592537, 5e-7);
  EXPECT_NEAR(own_gain("second_moment", "selu"), 1.000000, 5e-7);
  EXPECT_NEAR(own_gain("second_moment", "sin"), 1 / std::sqrt((1 - std::exp(-2.0)) / 2), 1e-9);
  EXPECT_NEAR(own_gain("second_moment", "hardtanh"), 1.392036, 5e-7);
}

TEST(Gain, VarianceIsOneOverTheStandardDeviation) {
  EXPECT_NEAR(own_gain("variance", "relu"), 1.7129, 5e-5);
  EXPECT_NEAR(own_gain("variance", "sigmoid"), 4.80131, 5e-6);
  EXPECT_NEAR(own_gain("variance", "elu"), 1.27084, 5e-6);
}

// 1 / sqrt(E[phi'^2]).
TEST(Gain, CriticalKeepsGradients) {
  EXPECT_NEAR(own_gain("critical", "relu"), std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(own_gain("critical", "tanh"), 1 / std::sqrt(.464403), 2e-6);
  EXPECT_NEAR(own_gain("critical", "gelu"), 1 / std::sqrt(.455851), 2e-6);
}

TEST(Gain, OfEveryActivationExistsByEveryPrincipleOfOurs) {
  for (const ActivationRow& row : activation_table()) {
    for (const char* principle : {"auto", "second_moment", "variance", "critical"}) {
      EXPECT_GT(own_gain(principle, row.name), 0) << row.name << " " << principle;
    }
  }
}

TEST(Gain, TorchIsRefusedForAnActivationThatPyTorchLacks) {
  EXPECT_FALSE(gain_of("torch", activation("gelu")).has_value());
  EXPECT_THAT(gain_misfit("gain", "torch", activation("gelu")),
              testing::HasSubstr("PyTorch has no gain for the layer's own activation gelu; use "
                                 "second_moment, auto or one of those that have (linear, relu"));
  EXPECT_EQ(gain_misfit("gain", "torch", activation("tanh")), "");
}

TEST(Gain, IsRefusedWhereItIsNotFinite) {
  const Activation flat{.kind = ActivationKind::sin, .parameter = 0};  // sin(0 z) = 0
  EXPECT_THAT(gain_misfit("gain", "second_moment", flat), testing::HasSubstr("is not finite"));
}

TEST(Gain, FromQuadratureHasTenDigits) {
  EXPECT_EQ(to_ten_digits(1.23456789012345), 1.234567890);
  EXPECT_EQ(to_ten_digits(123456.7890123456), 123456.7890);
  EXPECT_EQ(to_ten_digits(0.0), 0);
}

}  // namespace
}  // namespace initbench
