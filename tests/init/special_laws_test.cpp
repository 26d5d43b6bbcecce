// Schemes made for one activation: what they promise of networks that have it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/math/special_functions/digamma.hpp>
#include <cmath>

#include "base/moments.h"
#include "init/network_cases.h"
#include "init/tensor_cases.h"

namespace initbench {
namespace {

using testing::dense;
using ::testing::HasSubstr;
using testing::normal_matrix;
using testing::output;

TestTensor with(TestTensor tensor, ActivationKind kind) {
  tensor.activation.kind = kind;
  return tensor;
}

// rai

/// The share of ReLU networks of 10 layers of 2 units on one input whose last layer is 0 for every
/// input in [-sqrt(3), sqrt(3)].
double share_born_dead(const InitChoice& choice) {
  ModelSpec model;
  for (int i = 1; i <= 10; ++i) {
    model.push_back(dense("dense" + std::to_string(i), 2, ActivationKind::relu));
  }
  model.push_back(output());
  const Matrix x = Vector::LinSpaced(41, -1.7320508F, 1.7320508F).transpose();
  int dead = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Network network = testing::initialized(model, Shape::flat(1), 1, choice, seed);
    const Matrix a = testing::value_at(network, network.layers()[9].activated, x);
    dead += a.isZero(0) ? 1 : 0;
  }
  return dead / 400.0;
}

// Lu et al. 2019: symmetric laws are born dead at least as often as 1 - (1 - 2^-2)^9 for width 2.
TEST(Rai, LeavesFarFewerReluNetworksBornDead) {
  const double kaiming = share_born_dead(choose("kaiming_normal"));
  const double rai = share_born_dead(choose("rai"));
  EXPECT_GT(kaiming, 0.9);
  EXPECT_LT(rai, 0.6);
}

// random_walk

double random_walk_gain(Index width, ActivationKind kind) {
  const InitChoice choice = choose("random_walk");
  const TestTensor tensor = with(dense_weight(width, width), kind);
  const double variance = choice.scheme->variance(choice, tensor.context()).value();
  return std::sqrt(variance * static_cast<double>(width));
}

// E[log chi^2_n] = digamma(n / 2) + log 2, and log |a_l|^2 is that of the width more per layer.
TEST(RandomWalk, HasTheGainThatKeepsTheMeanLogarithmInALinearLayer) {
  for (const Index width : {20, 50, 100, 300}) {
    const double half = static_cast<double>(width) / 2;
    const double exact = std::exp((std::log(half) - boost::math::digamma(half)) / 2);
    EXPECT_NEAR(random_walk_gain(width, ActivationKind::linear) / exact, 1, 5e-4) << width;
  }
}

// After a ReLU a binomial number of units is alive; of those there is at least one.
TEST(RandomWalk, HasTheGainThatKeepsTheMeanLogarithmInAReluLayer) {
  for (const int width : {20, 50, 100, 300}) {
    double mean = 0;
    double total = 0;
    for (int alive = 1; alive <= width; ++alive) {
      const double p = std::exp(std::lgamma(width + 1) - std::lgamma(alive + 1) -
                                std::lgamma(width - alive + 1) - width * std::log(2.0));
      mean += p * (boost::math::digamma(alive / 2.0) + std::log(2.0));
      total += p;
    }
    const double exact = std::exp((std::log(width) - mean / total) / 2);
    EXPECT_NEAR(random_walk_gain(width, ActivationKind::relu) / exact, 1, 1e-3) << width;
  }
}

/// The mean over networks of log(|a_30|^2 / |a_0|^2), width 30, and its standard error.
std::pair<double, double> drift(std::string_view scheme, ActivationKind kind) {
  ModelSpec model;
  for (int i = 1; i <= 30; ++i) model.push_back(dense("dense" + std::to_string(i), 30, kind));
  model.push_back(output());
  constexpr int kNetworks = 400;
  std::vector<Scalar> logs;
  for (std::uint64_t seed = 0; seed < kNetworks; ++seed) {
    const Network network = testing::initialized(model, Shape::flat(30), 3, choose(scheme), seed);
    const Matrix x = normal_matrix(30, 1, seed);
    const Matrix a = testing::value_at(network, network.layers()[29].activated, x);
    logs.push_back(std::log(a.squaredNorm() / x.squaredNorm()));
  }
  const Moments moments = moments_of(logs);
  return {moments.mean, std::sqrt(moments.variance / kNetworks)};
}

TEST(RandomWalk, KeepsTheMeanLogarithmOfLengthsOverThirtyLayers) {
  for (const ActivationKind kind : {ActivationKind::linear, ActivationKind::relu}) {
    const auto [mean, error] = drift("random_walk", kind);
    EXPECT_NEAR(mean, 0, 4 * error);
    EXPECT_LT(error, 0.15);
  }
}

// The first layer reads normal inputs instead of ReLU's: what is lost is 29 or 30 times
// log chi^2 of 30 alive by halves, about 5 / (2 * 30) a layer.
TEST(RandomWalk, IsNeededBecauseKaimingsTypicalNetworkDecays) {
  const auto [mean, error] = drift("kaiming_normal", ActivationKind::relu);
  EXPECT_LT(mean, -1.5);
}

TEST(RandomWalk, RefusesActivationsThatItHasNoGainFor) {
  EXPECT_EQ(
      misfit_of(choose("random_walk"), with(dense_weight(4, 4), ActivationKind::tanh).context()),
      "random_walk has gains for linear and relu layers alone, not for tanh; use "
      "kaiming_normal with nonlinearity second_moment");
}

// siren

// With pre-activations spread over many periods, E[sin^2] = 1/2; then q = 1 - exp(-2 q): 1, .8647,
// .8226, .8070 (biases would add omega0^2 / (3 fan_in)).
TEST(Siren, HasTheSecondMomentsOfItsTheory) {
  const Activation sine{.kind = ActivationKind::sin, .parameter = 30};
  ModelSpec model;
  for (int i = 1; i <= 4; ++i) {
    LayerSpec layer = dense("dense" + std::to_string(i), 1024, ActivationKind::sin);
    std::get<DenseSpec>(layer.kind).activation = sine;
    model.push_back(layer);
  }
  model.push_back(output());
  Network network(model, Shape::flat(2), 1);
  auto inits = testing::inits_of(network, choose("siren"));
  for (LayerInit& init : inits) init.bias = choose("zeros");
  initialize(network, inits, 0);
  Matrix x = normal_matrix(2, 64, 1);
  const std::vector<double> expected{1, .8647, .8226, .8070};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Matrix a = testing::value_at(network, network.layers()[i].activated, x);
    EXPECT_NEAR(2 * a.squaredNorm() / static_cast<double>(a.size()), expected[i], 0.02) << i;
  }
}

TEST(Siren, NotesLayersWithAnotherActivation) {
  const ModelSpec model{dense("dense1", 4, ActivationKind::relu), output()};
  Network network(model, Shape::flat(2), 1);
  const InitReport report = initialize(network, testing::inits_of(network, choose("siren")), 0);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_THAT(report.notes[0], HasSubstr("do not have: dense1"));
}

TEST(Siren, NotesNothingWhenTheFrequencyIsItsOwn) {
  LayerSpec layer = dense("dense1", 4, ActivationKind::sin);
  std::get<DenseSpec>(layer.kind).activation.parameter = 30;
  Network network({layer, output()}, Shape::flat(2), 1);
  EXPECT_TRUE(initialize(network, testing::inits_of(network, choose("siren")), 0).notes.empty());
}

}  // namespace
}  // namespace initbench
