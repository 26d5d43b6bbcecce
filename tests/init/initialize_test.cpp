#include "init/initialize.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/errors.h"

namespace initbench {
namespace {

/// conv1 (8 channels, 3x3, relu), residual1 with dense1 and a projection, output; on 6 x 6 x 2.
ModelSpec small_model() {
  const Activation relu{.kind = ActivationKind::relu};
  Conv2dSpec conv;
  conv.channels = 8;
  conv.kernel = {3, 3};
  conv.activation = relu;
  DenseSpec dense;
  dense.units = 16;
  dense.activation = {.kind = ActivationKind::gelu};
  dense.norm = Norm::layer;
  ResidualSpec residual;
  residual.layers = {
      {.name = "residual1.dense1", .place = "model.layers.1.layers.0", .kind = dense}};
  residual.shortcut = Shortcut::projection;
  DenseSpec output;
  output.is_output = true;
  return {{.name = "conv1", .place = "model.layers.0", .kind = conv},
          {.name = "residual1", .place = "model.layers.1", .kind = residual},
          {.name = "output", .place = "model.layers.2", .kind = output}};
}

Network small_network() { return {small_model(), Shape::image(6, 6, 2), 3}; }

std::vector<LayerInit> same_for_all(const Network& network, std::string_view weight,
                                    std::string_view bias) {
  std::vector<LayerInit> inits;
  for (const Layer& layer : network.layers()) {
    inits.push_back({.layer = layer.name,
                     .weight = choose(weight),
                     .bias = choose(bias),
                     .place = "place of " + layer.name});
  }
  return inits;
}

LayerInit& init_of(std::vector<LayerInit>& inits, std::string_view layer) {
  return *std::find_if(inits.begin(), inits.end(),
                       [&](const LayerInit& init) { return init.layer == layer; });
}

Vector initialized(const std::vector<LayerInit>& inits, std::uint64_t seed = 0) {
  Network network = small_network();
  initialize(network, inits, seed);
  return network.values();
}

TEST(Initialize, FillsWeightsAndBiasesAndLeavesNormsAlone) {
  Network network = small_network();
  initialize(network, same_for_all(network, "kaiming_normal", "torch_default"), 0);
  for (const Parameter& parameter : network.parameters()) {
    const Vector values = network.values().segment(parameter.offset, parameter.size);
    if (parameter.role == ParameterRole::norm_scale) {
      EXPECT_EQ(values, Vector::Ones(parameter.size)) << parameter.name;
    } else if (parameter.role == ParameterRole::norm_shift) {
      EXPECT_EQ(values, Vector::Zero(parameter.size)) << parameter.name;
    } else {
      EXPECT_TRUE((values.array() != 0).all()) << parameter.name;
    }
  }
}

TEST(Initialize, DrawsFromTheStreamOfLayerAndTensor) {
  Network network = small_network();
  initialize(network, same_for_all(network, "normal", "normal"), 5);
  for (const Layer& layer : network.layers()) {
    const Parameter& weight = network.parameter(layer.weight);
    Rng rng(
        {.seed = 5, .purpose = Purpose::weights, .name = weight.layer, .tensor = weight.tensor});
    EXPECT_EQ(network.values_of(layer.weight)[0], static_cast<Scalar>(rng.normal())) << layer.name;
    if (!layer.bias) continue;
    Rng bias_rng({.seed = 5, .purpose = Purpose::weights, .name = layer.name, .tensor = "bias"});
    EXPECT_EQ(network.values_of(*layer.bias)[0], static_cast<Scalar>(bias_rng.normal()));
  }
}

TEST(Initialize, GivesTheSameBitsForTheSameSeedAndOthersForAnother) {
  const auto inits = same_for_all(small_network(), "kaiming_uniform", "zeros");
  EXPECT_EQ(initialized(inits, 3), initialized(inits, 3));
  EXPECT_NE(initialized(inits, 3), initialized(inits, 4));
}

TEST(Initialize, ChangesNoOtherLayerWhenOneLayersSchemeChanges) {
  const Network network = small_network();
  auto inits = same_for_all(network, "kaiming_uniform", "torch_default");
  const Vector before = initialized(inits);
  init_of(inits, "conv1").weight = choose("orthogonal");
  const Vector after = initialized(inits);
  for (const Parameter& parameter : network.parameters()) {
    const bool changed = before.segment(parameter.offset, parameter.size) !=
                         after.segment(parameter.offset, parameter.size);
    EXPECT_EQ(changed, parameter.name == "conv1.weight") << parameter.name;
  }
}

TEST(CheckSchemes, ReportsEveryMisfitWithItsPlaceAndLayer) {
  const Network network = small_network();
  auto inits = same_for_all(network, "kaiming_uniform", "zeros");
  EXPECT_NO_THROW(check_schemes(network, inits));
  init_of(inits, "conv1").weight = choose("eye");
  init_of(inits, "residual1.dense1").weight = choose("orthogonal", {{{"gain", "torch"}}});
  init_of(inits, "output").bias = choose("orthogonal");
  try {
    check_schemes(network, inits);
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    ASSERT_EQ(error.issues().size(), 3U);
    EXPECT_EQ(error.issues()[0].place, "place of conv1");
    EXPECT_EQ(error.issues()[0].message,
              "layer 'conv1', init: eye needs a dense layer; for convolutions use dirac");
    EXPECT_EQ(error.issues()[1].place, "place of residual1.dense1");
    EXPECT_EQ(error.issues()[2].message,
              "layer 'output', bias_init: orthogonal is for weights only; for biases use zeros, "
              "constant, uniform or normal");
  }
}

TEST(Initialize, TouchesNothingWhenASchemeDoesNotFit) {
  Network network = small_network();
  auto inits = same_for_all(network, "kaiming_uniform", "zeros");
  const Vector before = network.values();
  inits.back().weight = choose("dirac");
  EXPECT_THROW(initialize(network, inits, 0), ConfigError);
  EXPECT_EQ(network.values(), before);
}

// A residual block's projection of an image is a 1 x 1 convolution.
TEST(CheckSchemes, LetsDiracServeAProjectionThatIsAConvolution) {
  Conv2dSpec conv;
  conv.channels = 4;
  conv.kernel = {3, 3};
  conv.padding.mode = PaddingMode::same;
  ResidualSpec residual;
  residual.layers = {{.name = "residual1.conv1", .place = "", .kind = conv}};
  residual.shortcut = Shortcut::projection;
  DenseSpec output;
  output.is_output = true;
  const Network network({{.name = "residual1", .place = "", .kind = residual},
                         {.name = "output", .place = "", .kind = output}},
                        Shape::image(5, 5, 2), 4);
  auto inits = same_for_all(network, "dirac", "zeros");
  init_of(inits, "output").weight = choose("eye");
  ASSERT_EQ(network.layers().size(), 3U);
  EXPECT_NO_THROW(check_schemes(network, inits));
}

}  // namespace
}  // namespace initbench
