// muP against table 8 of Yang et al. 2022 and the rules of its public package; NTK against the
// function that it shares with the standard parametrization.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "init/architecture_cases.h"
#include "nn/tape.h"

namespace initbench {
namespace {

using testing::announced_variance;
using testing::dense;
using testing::layer_of;
using testing::prepare;
using testing::Prepared;

ModelSpec chain(Index width) {
  return {dense("dense1", width, ActivationKind::relu),
          dense("dense2", width, ActivationKind::relu),
          dense("dense3", 2 * width, ActivationKind::relu), testing::output()};
}

/// Width 256, 512 in dense3; base width 64: factors 4 and 8.
Prepared wide() { return prepare(chain(256), Shape::flat(20), 10, choose("mup")); }

RateFactors rates(const Prepared& made, std::string_view parameter) {
  const std::vector<RateFactors> all = rate_factors(made.network, made.inits);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (made.network.parameters()[i].name == parameter) return all[i];
  }
  throw std::out_of_range("no such parameter");
}

TEST(Mup, DrawsHiddenWeightsWithVarianceOverFanIn) {
  EXPECT_NEAR(announced_variance(wide().network, "dense2", choose("mup")), 2.0 / 256, 1e-12);
}

TEST(Mup, DrawsTheReadoutAsAtBaseWidthAndDividesItsOutputs) {
  const Prepared made = wide();
  EXPECT_NEAR(announced_variance(made.network, "output", choose("mup")), 1.0 / 64, 1e-12);
  const NodeId linear = layer_of(made.network, "output").linear;
  const auto& scale = std::get<ScaleOp>(made.network.node(linear - 1).operation);
  EXPECT_EQ(scale.factor, 1.0 / 8);
}

TEST(Mup, DividesAdamsRateOfHiddenMatricesAlone) {
  const Prepared made = wide();
  EXPECT_EQ(rates(made, "dense1.weight").adaptive, 1);
  EXPECT_EQ(rates(made, "dense2.weight").adaptive, 1.0 / 4);
  EXPECT_EQ(rates(made, "dense3.weight").adaptive, 1.0 / 4);
  EXPECT_EQ(rates(made, "output.weight").adaptive, 1);
  EXPECT_EQ(rates(made, "dense2.bias").adaptive, 1);
}

TEST(Mup, MultipliesSgdsRateOfVectorsByTheirWidth) {
  const Prepared made = wide();
  EXPECT_EQ(rates(made, "dense1.weight").sgd, 4);
  EXPECT_EQ(rates(made, "dense2.weight").sgd, 1);
  EXPECT_EQ(rates(made, "dense3.weight").sgd, 2);  // 512 outputs, 256 inputs
  EXPECT_EQ(rates(made, "output.weight").sgd, 8);
  EXPECT_EQ(rates(made, "dense3.bias").sgd, 8);
  EXPECT_EQ(rates(made, "output.bias").sgd, 1);
}

TEST(Mup, IsTheStandardParametrizationAtItsBaseWidth) {
  const ModelSpec model{dense("dense1", 64, ActivationKind::relu),
                        dense("dense2", 64, ActivationKind::relu), testing::output()};
  const Prepared mup = prepare(model, Shape::flat(20), 10, choose("mup"));
  const Prepared standard =
      prepare(model, Shape::flat(20), 10, choose("kaiming_normal", {{{"nonlinearity", "auto"}}}));
  EXPECT_EQ(mup.network.values(), standard.network.values());
  EXPECT_EQ(mup.network.nodes().size(), standard.network.nodes().size());
  for (const RateFactors& factors : rate_factors(mup.network, mup.inits)) {
    EXPECT_EQ(factors.sgd, 1);
    EXPECT_EQ(factors.adaptive, 1);
  }
}

TEST(Mup, CountsChannelsAndNotPixelsAsWidth) {
  const ModelSpec model{
      {.name = "conv1", .place = "", .kind = Conv2dSpec{.channels = 128, .kernel = {3, 3}}},
      {.name = "conv2", .place = "", .kind = Conv2dSpec{.channels = 128, .kernel = {3, 3}}},
      testing::output()};
  const Prepared made = prepare(model, Shape::image(7, 7, 3), 10, choose("mup"));
  EXPECT_EQ(rates(made, "conv2.weight").adaptive, 0.5);
  const NodeId linear = layer_of(made.network, "output").linear;
  EXPECT_EQ(std::get<ScaleOp>(made.network.node(linear - 1).operation).factor, 0.5);
}

TEST(Mup, MayStartTheReadoutAtZero) {
  const InitChoice zero = choose("mup", {{{"readout", "zero"}}});
  const Prepared made = prepare(chain(32), Shape::flat(20), 10, zero);
  EXPECT_TRUE((made.network.values_of(layer_of(made.network, "output").weight).array() == 0).all());
}

// z = sigma_w / sqrt(n) W x + sigma_b b with W, b ~ N(0, 1): what is stored is not what it does.
TEST(Ntk, StoresStandardNormalsAndMultipliesInTheNetwork) {
  const InitChoice ntk = choose("ntk", {{{"sigma_w", 1.5}, {"sigma_b", 0.2}}});
  const ModelSpec model{{.name = "output", .place = "", .kind = DenseSpec{.is_output = true}}};
  const Prepared made = prepare(model, Shape::flat(16), 3, ntk);
  const Layer& layer = made.network.layers()[0];
  Tape tape(made.network, 1);
  tape.value(0).setConstant(2);
  forward(made.network, {}, tape);
  const ConstVectorView w = made.network.values_of(layer.weight);
  const ConstVectorView b = made.network.values_of(layer.bias.value());
  for (Index i = 0; i < 3; ++i) {
    const double expected = 1.5 / 4 * 2 * w.segment(16 * i, 16).sum() + 0.2 * b(i);
    EXPECT_NEAR(tape.value(made.network.output())(i), expected, 1e-5);
  }
  const double mean_square = made.network.values().squaredNorm() / 51;
  EXPECT_NEAR(mean_square, 1, 0.8);
}

TEST(Ntk, MakesTheGradientOfStoredWeightsSmallerByItsFactor) {
  const ModelSpec model{{.name = "output", .place = "", .kind = DenseSpec{.is_output = true}}};
  const Prepared made =
      prepare(model, Shape::flat(25), 1, choose("ntk", {{{"sigma_w", 1.0}, {"sigma_b", 0.5}}}));
  Tape tape(made.network, 1);
  tape.value(0).setConstant(3);
  forward(made.network, {}, tape);
  tape.gradient(made.network.output()).setOnes();
  Vector gradient;
  backward(made.network, tape, gradient);
  EXPECT_NEAR(gradient(0), 3.0 / 5, 1e-6);
  EXPECT_NEAR(gradient(25), 0.5, 1e-6);
}

// sigma_b is a factor in the network, which another scheme's weights do not bring.
TEST(Ntk, IsRefusedForBiasesOfOtherWeights) {
  const ModelSpec model{dense("dense1", 8, ActivationKind::relu), testing::output()};
  const Network network(model, Shape::flat(4), 3);
  std::vector<LayerInit> inits = testing::inits_of(network, choose("ntk"));
  for (LayerInit& init : inits) init.bias = init.weight;
  EXPECT_NO_THROW(check_schemes(network, inits));
  const auto message = [&] {
    try {
      check_schemes(network, inits);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  for (const InitChoice& other : {choose("kaiming_normal"), choose("ntk", {{{"sigma_b", 0.5}}})}) {
    inits[0].weight = other;
    EXPECT_THAT(message(), ::testing::HasSubstr("layer 'dense1', bias_init: ntk multiplies biases"))
        << other.scheme->name;
  }
}

TEST(Ntk, ServesAProjectionToo) {
  ResidualSpec block{.layers = {dense("residual1.dense1", 8, ActivationKind::linear)},
                     .shortcut = Shortcut::projection};
  const ModelSpec model{{.name = "residual1", .place = "", .kind = block}, testing::output()};
  const Prepared made = prepare(model, Shape::flat(4), 3, choose("ntk"));
  const NodeId linear = layer_of(made.network, "residual1.shortcut").linear;
  EXPECT_EQ(std::get<ScaleOp>(made.network.node(linear - 1).operation).factor, 0.5);
}

}  // namespace
}  // namespace initbench
