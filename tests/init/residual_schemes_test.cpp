// Schemes that depend on residual blocks and on being the last layer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "base/moments.h"
#include "init/architecture_cases.h"
#include "nn/loss.h"
#include "nn/tape.h"

namespace initbench {
namespace {

using testing::announced_variance;
using ::testing::HasSubstr;
using testing::layer_of;
using testing::prepare;
using testing::Prepared;
using testing::residual_model;

constexpr ActivationKind kRelu = ActivationKind::relu;

Prepared relu_blocks(Index blocks, Index branch, const InitChoice& choice) {
  return prepare(residual_model(blocks, branch, 32, kRelu), Shape::flat(16), 10, choice);
}

/// The network's outputs for standard normal inputs (outputs x 8).
Matrix outputs_of(const Network& network) {
  Tape tape(network, 8);
  Rng rng({.seed = 1, .purpose = Purpose::probe, .name = "inputs"});
  for (Scalar& value : tape.value(0).reshaped()) value = static_cast<Scalar>(rng.normal());
  forward(network, {}, tape);
  return tape.value(network.output());
}

double initial_loss(const Network& network) {
  const Matrix outputs = outputs_of(network);
  const std::vector<std::int32_t> labels{0, 1, 2, 3, 4, 5, 6, 7};
  const ConstMatrixView view(outputs.data(), outputs.rows(), outputs.cols());
  return cross_entropy(view, labels, MatrixView(nullptr, 0, 0)).loss;
}

double variance_of(const Network& network, std::string_view layer) {
  const ConstVectorView w = network.values_of(layer_of(network, layer).weight);
  return w.cast<double>().squaredNorm() / static_cast<double>(w.size());
}

// Zhang et al. 2019, rule 2: L^(-1 / (2m - 2)) on the standard deviation.
TEST(Fixup, ScalesTheInnerLayersOfABranchByItsLengthAndTheNumberOfBlocks) {
  const InitChoice fixup = choose("fixup");
  const Prepared two = relu_blocks(9, 2, fixup);
  EXPECT_NEAR(announced_variance(two.network, "residual4.dense1", fixup), 2.0 / 32 / 9, 1e-10);
  EXPECT_NEAR(variance_of(two.network, "residual4.dense1"), 2.0 / 32 / 9, 2.0 / 32 / 9 * .2);
  const Prepared three = relu_blocks(16, 3, fixup);
  EXPECT_NEAR(announced_variance(three.network, "residual1.dense2", fixup), 2.0 / 32 / 4, 1e-10);
}

TEST(Fixup, LeavesTheStemAsHeHasIt) {
  const InitChoice fixup = choose("fixup");
  const Prepared made = relu_blocks(9, 2, fixup);
  EXPECT_NEAR(announced_variance(made.network, "dense1", fixup), 2.0 / 16, 1e-12);
  const InitChoice by_out = choose("fixup", {{{"mode", "fan_out"}}});
  EXPECT_NEAR(announced_variance(made.network, "dense1", by_out), 2.0 / 32, 1e-12);
}

TEST(Fixup, StartsBranchEndsAndTheOutputAtZero) {
  const Prepared made = relu_blocks(3, 2, choose("fixup"));
  EXPECT_TRUE(
      (made.network.values_of(layer_of(made.network, "residual2.dense2").weight).array() == 0)
          .all());
  EXPECT_TRUE((made.network.values_of(layer_of(made.network, "output").weight).array() == 0).all());
}

TEST(Fixup, GivesEveryBranchAFactorOfOneAndScalarBiasesOfZero) {
  const Prepared made = relu_blocks(3, 2, choose("fixup"));
  Index factors = 0;
  Index scalars = 0;
  for (const Parameter& parameter : made.network.parameters()) {
    const Scalar value = made.network.values()(parameter.offset);
    if (parameter.role == ParameterRole::residual_scale) {
      ++factors;
      EXPECT_EQ(value, 1) << parameter.name;
    }
    if (parameter.role == ParameterRole::scalar_bias) {
      ++scalars;
      EXPECT_EQ(value, 0) << parameter.name;
      EXPECT_EQ(parameter.size, 1);
    }
  }
  EXPECT_EQ(factors, 3);
  EXPECT_EQ(scalars, 9);  // before two linear maps and one activation of each of three branches
}

TEST(Fixup, RefusesBiasesOfALayerThatHasScalarsInstead) {
  const Network plain(residual_model(2, 2, 8, kRelu), Shape::flat(4), 3);
  std::vector<LayerInit> inits = testing::inits_of(plain, choose("fixup"));
  for (LayerInit& init : inits) init.bias = choose("constant", {{{"value", 0.5}}});
  const auto reshaped = reshaped_model(residual_model(2, 2, 8, kRelu), plain, inits);
  const Network network(reshaped.value(), Shape::flat(4), 3);
  try {
    check_schemes(network, inits);
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    ASSERT_EQ(error.issues().size(),
              4U);  // the layers of the branches; stem and output have biases
    EXPECT_EQ(error.issues()[0].place, "place of residual1.dense1");
    EXPECT_EQ(error.issues()[0].message,
              "layer 'residual1.dense1', bias_init: its block has scalar biases, which start at 0 "
              "and stand in for its biases, so constant has none to fill; give this layer "
              "\"bias_init\": \"zeros\"");
  }
}

TEST(InitialLoss, IsLnOfTheClassesUnderFixupAndZeroLast) {
  EXPECT_NEAR(initial_loss(relu_blocks(4, 2, choose("fixup")).network), std::log(10.0), 1e-6);
  EXPECT_NEAR(initial_loss(relu_blocks(4, 2, choose("zero_last")).network), std::log(10.0), 1e-6);
}

// ReZero starts as its shortcuts; with the output at 0 besides, the loss is ln C.
TEST(InitialLoss, IsLnOfTheClassesUnderRezeroWithAZeroOutput) {
  const Network plain(residual_model(4, 2, 32, kRelu), Shape::flat(16), 10);
  std::vector<LayerInit> inits = testing::inits_of(plain, choose("rezero"));
  inits.back().weight = choose("zeros");
  const auto reshaped = reshaped_model(residual_model(4, 2, 32, kRelu), plain, inits);
  Network network(reshaped.value(), Shape::flat(16), 10);
  initialize(network, inits, 0);
  EXPECT_NEAR(initial_loss(network), std::log(10.0), 1e-6);
}

TEST(Rezero, StartsAsTheNetworkWithoutItsBranches) {
  const Prepared made = relu_blocks(5, 2, choose("rezero"));
  ModelSpec stem{testing::dense("dense1", 32, kRelu), testing::output()};
  const Prepared without =
      prepare(stem, Shape::flat(16), 10, choose("kaiming_normal", {{{"nonlinearity", "auto"}}}));
  EXPECT_EQ(outputs_of(made.network), outputs_of(without.network));
}

TEST(Rezero, IsSkipInitToo) { EXPECT_EQ(choose("skipinit").scheme, choose("rezero").scheme); }

TEST(Rezero, StartsItsFactorAtAlpha) {
  const Prepared made = relu_blocks(2, 2, choose("rezero", {{{"alpha", 0.25}}}));
  for (const Parameter& parameter : made.network.parameters()) {
    if (parameter.role != ParameterRole::residual_scale) continue;
    EXPECT_EQ(made.network.values()(parameter.offset), Scalar{0.25});
  }
}

TEST(DepthScaledResidual, DividesBranchesByTheRootOfTheirNumber) {
  const Prepared made = relu_blocks(16, 2, choose("depth_scaled_residual"));
  Index sums = 0;
  for (const Node& node : made.network.nodes()) {
    const auto* sum = std::get_if<AddOp>(&node.operation);
    if (sum == nullptr) continue;
    ++sums;
    EXPECT_EQ(sum->scale, 0.25);
    EXPECT_FALSE(sum->learned_scale.has_value());
  }
  EXPECT_EQ(sums, 16);
}

// Radford et al. 2019: 0.02, divided by sqrt(N) at the N ends of residual branches.
TEST(Gpt2, DividesTheEndsOfBranchesByTheRootOfTheirNumber) {
  const InitChoice gpt2 = choose("gpt2");
  const Prepared made = relu_blocks(4, 2, gpt2);
  EXPECT_NEAR(announced_variance(made.network, "residual2.dense1", gpt2), 4e-4, 1e-15);
  EXPECT_NEAR(announced_variance(made.network, "residual2.dense2", gpt2), 1e-4, 1e-15);
  EXPECT_NEAR(announced_variance(made.network, "output", gpt2), 4e-4, 1e-15);
}

TEST(ZeroLast, MayStartBranchesAtZeroToo) {
  const InitChoice both = choose("zero_last", {{{"where", "output_and_branches"}}});
  const Prepared made = relu_blocks(4, 2, both);
  EXPECT_EQ(announced_variance(made.network, "residual1.dense2", both), 0);
  EXPECT_GT(announced_variance(made.network, "residual1.dense2", choose("zero_last")), 0);
}

TEST(HaninRolnick, NotesTheSumOfInverseWidths) {
  const ModelSpec model{testing::dense("dense1", 50, kRelu), testing::dense("dense2", 100, kRelu),
                        testing::output()};
  Network network(model, Shape::flat(16), 10);
  const InitReport report =
      initialize(network, testing::inits_of(network, choose("hanin_rolnick")), 0);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_THAT(report.notes[0], HasSubstr("sum of 1/fan_out is 0.03;"));
}

TEST(ResidualSchemes, RefuseANetworkWithoutBlocks) {
  const ModelSpec model{testing::dense("dense1", 8, kRelu), testing::output()};
  for (const char* scheme : {"fixup", "rezero", "depth_scaled_residual", "gpt2"}) {
    try {
      prepare(model, Shape::flat(4), 3, choose(scheme));
      ADD_FAILURE() << scheme;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.issues()[0].message,
                  HasSubstr("layer 'dense1', init: " + std::string(scheme) +
                            " is for networks with residual layers, and this one has none"));
    }
  }
}

std::string reshaping_error(ModelSpec model, const auto& change_inits) {
  const Network plain(model, Shape::flat(16), 10);
  std::vector<LayerInit> inits = testing::inits_of(plain, choose("rezero"));
  change_inits(inits);
  try {
    reshaped_model(model, plain, inits);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReshapedModel, RefusesTwoSchemesThatBothSetABlock) {
  const std::string message =
      reshaping_error(residual_model(1, 2, 16, kRelu),
                      [](std::vector<LayerInit>& inits) { inits[2].weight = choose("fixup"); });
  EXPECT_THAT(message, HasSubstr("residual1: fixup and rezero both set this block"));
}

TEST(ReshapedModel, RefusesOneSchemeWithTwoParametersInABlock) {
  const std::string message =
      reshaping_error(residual_model(1, 2, 16, kRelu), [](std::vector<LayerInit>& inits) {
        inits[2].weight = choose("rezero", {{{"alpha", 0.5}}});
      });
  EXPECT_THAT(message, HasSubstr("residual1: rezero would set this block with other parameters"));
}

TEST(ReshapedModel, RefusesAScaleOfTheUsersOwn) {
  ModelSpec model = residual_model(1, 2, 16, kRelu);
  std::get<ResidualSpec>(model[1].kind).scale = 0.5;
  EXPECT_THAT(reshaping_error(model, [](std::vector<LayerInit>&) {}),
              HasSubstr("residual1: rezero sets this block's scale itself; remove \"scale\""));
}

TEST(ReshapedModel, IsNothingForSchemesThatChangeValuesAlone) {
  const ModelSpec model = residual_model(2, 2, 16, kRelu);
  const Network plain(model, Shape::flat(16), 10);
  EXPECT_FALSE(
      reshaped_model(model, plain, testing::inits_of(plain, choose("orthogonal"))).has_value());
}

}  // namespace
}  // namespace initbench
