#include "experiment/weight_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "experiment/weight_files_fixture.h"
#include "nn/tape.h"

namespace initbench {
namespace {

using ::testing::Contains;
using testing::counted;
using testing::dense_content;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kDense;
using testing::WeightFilesTest;

/// Every kind of tensor that a network has: convolutions, a flattened image, norms, slopes, scales.
constexpr std::string_view kRichLayers = R"(
  {"type": "conv2d", "channels": 3, "kernel": 3, "norm": "batch"},
  {"type": "residual", "scale": {"learned": 0.5}, "layers": [
    {"type": "conv2d", "channels": 3, "kernel": 3, "padding": "same", "activation": "prelu"}]},
  {"type": "activation", "activation": "prelu"},
  {"type": "dense", "units": 6, "norm": "layer"}, {"type": "output"})";

TEST_F(WeightFilesTest, WeightsAndBiasesAreThoseOfTheFileByTheLayersNames) {
  write(dense_content());
  const Network network = initialized(read(config_text(kDense)));
  const SafetensorsContent again = content_of(network, 0);
  for (const auto& [name, tensor] : dense_content().tensors) {
    EXPECT_EQ(again.tensors.at(name).dims, tensor.dims) << name;
    EXPECT_EQ(again.tensors.at(name).values, tensor.values) << name;
  }
  // PyTorch's (out, in): the second row begins after three inputs.
  EXPECT_EQ(network.values_of(network.layers()[0].weight)[3], 4.0F / 16);
}

TEST_F(WeightFilesTest, ASequentialsTensorsAreTakenInTheLayersOrder) {
  SafetensorsContent content = dense_content();
  content.tensors = {{"10.weight", counted({2, 4})},
                     {"10.bias", counted({2})},
                     {"2.weight", counted({4, 3})},
                     {"2.bias", counted({4})},
                     {"5.weight", counted({7})}};  // of a norm: no matrix
  write(content);
  const Network network = initialized(read(config_text(kDense, R"(, "names": "sequential")")));
  EXPECT_EQ(content_of(network, 0).tensors.at("output.weight").values, counted({2, 4}).values);
  EXPECT_THAT(
      misfits(config_text(R"({"type": "dense", "units": 4, "repeat": 2}, {"type": "output"})",
                          R"(, "names": "sequential")")),
      HasSubstr("layer 'output', init: '" + file() + "' has 2 tensors N.weight"));
  EXPECT_THAT(
      misfits(config_text(R"({"type": "dense", "units": 4, "norm": "layer"}, {"type": "output"})",
                          R"(, "names": "sequential")")),
      HasSubstr("'dense1.norm.weight' cannot be found with \"names\": \"sequential\""));
}

// A dense layer's columns go from (channel, row, column) to (row, column, channel).
TEST_F(WeightFilesTest, ADenseLayerThatFlattensAnImageGetsPyTorchsOrder) {
  SafetensorsContent content;
  content.tensors = {{"conv1.weight", counted({2, 1, 7, 7})},
                     {"conv1.bias", counted({2})},
                     {"output.weight", counted({2, 8})},
                     {"output.bias", counted({2})}};
  write(content);
  const Network network = initialized(read(config_text(
      R"({"type": "conv2d", "channels": 2, "kernel": 7}, {"type": "output"})", "", "images")));
  const ConstVectorView own = network.values_of(network.layers()[1].weight);
  std::vector<int> sixteenths;
  for (Index i = 0; i < 8; ++i) sixteenths.push_back(static_cast<int>(own[i] * 16));
  EXPECT_THAT(sixteenths, ElementsAre(1, 5, 2, 6, 3, 7, 4, 8));
  EXPECT_EQ(content_of(network, 0).tensors.at("output.weight").values, counted({2, 8}).values);
}

TEST_F(WeightFilesTest, ATrainedNetworkOfEveryKindOfTensorComesBackToTheLastBit) {
  ExperimentConfig config = read(config_text(kRichLayers, "", "images"));
  for (LayerInit& init : config.inits) {
    init.weight = choose("kaiming_normal");
    init.bias = choose("torch_default");
  }
  const Network before = trained(config);
  write(content_of(before, 4));
  const Network after = initialized(read(config_text(kRichLayers, "", "images")));
  EXPECT_EQ(after.values(), before.values());
  EXPECT_EQ(after.running(), before.running());
  // Training has moved all of it, or this would show nothing.
  const Network fresh = initialized(config);
  for (std::size_t i = 0; i < fresh.parameters().size(); ++i) {
    const auto id = static_cast<ParameterId>(i);
    EXPECT_NE(fresh.values_of(id), before.values_of(id)) << fresh.parameter(id).name;
  }
  EXPECT_NE(fresh.running(), before.running());
}

// Fixup trains scalars beside the weights; whoever loads them says that the blocks have some.
TEST_F(WeightFilesTest, ANetworkThatFixupTrainedComesBackToTheLastBit) {
  const auto layers = [](const std::string& block) {
    return R"({"type": "dense", "units": 6}, {"type": "residual", "activation": "relu", )" + block +
           R"("layers": [{"type": "activation"}, {"type": "dense", "units": 6},
                         {"type": "dense", "units": 6, "activation": "linear"}]},
              {"type": "output"})";
  };
  ExperimentConfig config = read(config_text(layers("")));
  for (LayerInit& init : config.inits) {
    init.weight = choose("fixup");
    init.bias = choose("zeros");
  }
  const Network before = trained(config);
  write(content_of(before, 4));
  const Network after =
      initialized(read(config_text(layers(R"("scale": {"learned": 1}, "scalar_biases": true, )"))));
  EXPECT_EQ(after.values(), before.values());
  const WeightFile saved = content_of(before, 4).tensors;
  EXPECT_NE(saved.at("residual1.dense2.input_bias").values, std::vector<Scalar>{0});
  EXPECT_NE(saved.at("residual1.output_bias").values, std::vector<Scalar>{0});
}

// What NTK and muP multiply in the network is in the file's weights: PyTorch's layers, and `load`,
// know no such factors.
TEST_F(WeightFilesTest, AParametrizedNetworkComesBackAsTheSameFunction) {
  const std::string layers = R"({"type": "conv2d", "channels": 4, "kernel": 3},
                                {"type": "dense", "units": 6}, {"type": "output"})";
  for (const InitChoice& scheme : {choose("ntk", {{{"sigma_w", 1.5}, {"sigma_b", 0.5}}}),
                                   choose("mup", {{{"base_width", 2.0}}})}) {
    ExperimentConfig config = read(config_text(layers, "", "images"));
    const DataSplits data = load_data(config.data, config.seed);
    const auto outputs = [&](const Network& network) -> Matrix {
      const Index samples = data.test.size;
      Tape tape(network, samples);
      std::vector<Index> all(static_cast<std::size_t>(samples));
      std::iota(all.begin(), all.end(), Index{0});
      gather_inputs(data.test, all, tape.value(0));
      forward(network, {}, tape);
      return tape.value(network.output());
    };
    for (LayerInit& init : config.inits) {
      init.weight = scheme;
      init.bias = scheme.scheme->for_biases ? scheme : choose("torch_default");
    }
    const Network before = initialized(config);
    write(content_of(before, 0));
    const Network after = initialized(read(config_text(layers, "", "images")));
    const Matrix expected = outputs(before);
    EXPECT_GT(expected.cwiseAbs().maxCoeff(), 0.1);
    EXPECT_LT((outputs(after) - expected).cwiseAbs().maxCoeff(), 1e-5) << scheme.scheme->name;
  }
}

TEST_F(WeightFilesTest, WhatBelongsToNoLayerStaysAtItsStartUnlessEveryLayerLoadsFromTheFile) {
  const auto slope_of = [](const Network& network) {
    return content_of(network, 0).tensors.at("activation1.activation.weight").values.at(0);
  };
  const std::string layers =
      R"({"type": "dense", "units": 4}, {"type": "activation", "activation": "prelu"},)";
  SafetensorsContent content = dense_content();
  content.tensors["activation1.activation.weight"] = {.dims = {1}, .values = {0.75}};
  write(content);
  EXPECT_EQ(slope_of(initialized(read(config_text(layers + R"({"type": "output"})")))), 0.75F);
  EXPECT_EQ(slope_of(initialized(
                read(config_text(layers + R"({"type": "output", "init": "kaiming_normal"})")))),
            0.25F);
  content.tensors.erase("activation1.activation.weight");
  write(content);
  const ExperimentConfig config = read(config_text(layers + R"({"type": "output"})"));
  Observer nobody;
  EXPECT_THAT(run_trial(config, load_data(config.data, 0), nobody).init.notes,
              Contains("not in " + file() + ", so at its start: activation1.activation.weight"));
}

TEST_F(WeightFilesTest, OneTensorIsTakenByItsNameAndTheLayersOtherTensorsAreNot) {
  SafetensorsContent content;
  content.tensors = {{"any name", counted({4, 3})}, {"dense1.norm.weight", counted({4})}};
  write(content);
  const Network network = initialized(read(config_text(
      R"({"type": "dense", "units": 4, "norm": "layer", "bias_init": "zeros"},
         {"type": "output", "init": "kaiming_normal"})",
      R"(, "tensor": "any name")")));
  const SafetensorsContent loaded = content_of(network, 0);
  EXPECT_EQ(loaded.tensors.at("dense1.weight").values, counted({4, 3}).values);
  EXPECT_THAT(loaded.tensors.at("dense1.bias").values, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(loaded.tensors.at("dense1.norm.weight").values, ElementsAre(1, 1, 1, 1));
}

TEST_F(WeightFilesTest, NotesEachFileOnceWithADigestThatTellsItsContentApart) {
  write(dense_content());
  const ExperimentConfig config = read(config_text(kDense));
  const std::vector<std::string> first = load_weight_files(config).notes;
  ASSERT_EQ(first.size(), 1U);
  EXPECT_THAT(first[0], HasSubstr("loaded " + file() + ", digest "));
  SafetensorsContent other = dense_content();
  other.tensors["dense1.bias"].values[0] += 1;
  write(other);
  EXPECT_NE(load_weight_files(config).notes, first);
}

}  // namespace
}  // namespace initbench
