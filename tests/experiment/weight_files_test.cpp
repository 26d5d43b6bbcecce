#include "experiment/weight_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "experiment/config_text.h"
#include "experiment/trial.h"
#include "experiment/weight_content.h"
#include "nn/tape.h"
#include "report/folder_fixture.h"

namespace initbench {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

StoredTensor counted(std::vector<Index> dims) {
  Index size = 1;
  for (const Index dim : dims) size *= dim;
  StoredTensor tensor{.dims = std::move(dims), .values = {}};
  for (Index i = 0; i < size; ++i) tensor.values.push_back(static_cast<Scalar>(i + 1) / 16);
  return tensor;
}

/// Every kind of tensor that a network has: convolutions, a flattened image, norms, slopes, scales.
constexpr std::string_view kRichLayers = R"(
  {"type": "conv2d", "channels": 3, "kernel": 3, "norm": "batch"},
  {"type": "residual", "scale": {"learned": 0.5}, "layers": [
    {"type": "conv2d", "channels": 3, "kernel": 3, "padding": "same", "activation": "prelu"}]},
  {"type": "activation", "activation": "prelu"},
  {"type": "dense", "units": 6, "norm": "layer"}, {"type": "output"})";

class WeightFilesTest : public initbench::testing::FolderTest {
 protected:
  void write(const SafetensorsContent& content) const {
    initbench::testing::write_text(file(), compose_safetensors(content));
  }
  std::string file() const { return path("w.safetensors"); }

  /// A config for small images or blobs whose model loads from `file()`; `more` are further
  /// arguments.
  std::string config_text(std::string_view layers, const std::string& more = "",
                          const std::string& dataset = "blobs") const {
    const std::string size = dataset == "images" ? R"("image_size": 8)" : R"("features": 3)";
    return R"({"data": {"dataset": ")" + dataset + R"(", )" + size +
           R"(, "classes": 2, "train_size": 32, "test_size": 16},
        "train": {"steps": 4, "batch_size": 8, "lr": 0.1},
        "model": {"init": {"scheme": "load", "file": ")" +
           file() + "\"" + more + R"(}, "layers": [)" + std::string(layers) + "]}}";
  }

  static Network initialized(const ExperimentConfig& config) {
    NetworkKeeper keeper;
    ExperimentConfig untrained = config;
    untrained.train.steps = 0;
    run_trial(untrained, load_data(config.data, config.seed), keeper);
    return *keeper.network;
  }
  static Network trained(const ExperimentConfig& config) {
    NetworkKeeper keeper;
    run_trial(config, load_data(config.data, config.seed), keeper);
    return *keeper.network;
  }

  static std::string misfits(const std::string& text) {
    const ExperimentConfig config = read(text);
    try {
      check_against_data(config, load_data(config.data, config.seed));
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }

 private:
  struct NetworkKeeper : Observer {
    void on_end(std::int64_t, const Network& end) override { network = end; }
    std::optional<Network> network;
  };
};

constexpr const char* kDense = R"({"type": "dense", "units": 4}, {"type": "output"})";

SafetensorsContent dense_content() {
  SafetensorsContent content;
  content.tensors = {{"dense1.weight", counted({4, 3})},
                     {"dense1.bias", counted({4})},
                     {"output.weight", counted({2, 4})},
                     {"output.bias", counted({2})}};
  return content;
}

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

// As a learned factor that training has moved from 0: at 1 instead the network is another one.
TEST_F(WeightFilesTest, ATensorThatOnlyTheFileHasForALayerOrABlockIsAnError) {
  SafetensorsContent content = dense_content();
  content.tensors["residual1.dense1.weight"] = counted({4, 4});
  content.tensors["residual1.dense1.bias"] = counted({4});
  content.tensors["residual1.scale"] = {.dims = {1}, .values = {0.25}};
  content.tensors["elsewhere.weight"] = counted({2});  // of no layer here
  write(content);
  const auto layers = [](const std::string& more) {
    return R"({"type": "dense", "units": 4}, {"type": "residual", )" + more +
           R"("layers": [{"type": "dense", "units": 4}]}, {"type": "output", "bias": false})";
  };
  const std::string message = misfits(config_text(layers("")));
  EXPECT_THAT(message, HasSubstr("has a tensor 'residual1.scale', but 'residual1' here has none; "
                                 "give the block \"scale\": {\"learned\": 0}"));
  EXPECT_THAT(message, HasSubstr("layer 'output', init: '" + file() +
                                 "' has a tensor 'output.bias', but 'output' here has none"));
  EXPECT_THAT(message, Not(HasSubstr("elsewhere")));
  const std::string learned = misfits(config_text(layers(R"("scale": {"learned": 0}, )")));
  EXPECT_THAT(learned, Not(HasSubstr("residual1.scale")));
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

TEST_F(WeightFilesTest, AMissingFileIsReportedWithTheLayerThatNamesIt) {
  EXPECT_THAT(misfits(config_text(kDense)),
              AllOf(HasSubstr("layer 'dense1', init: there is no file '" + file() + "'"),
                    HasSubstr("layer 'output', init: there is no file")));
}

TEST_F(WeightFilesTest, AFolderOrADamagedFileIsADataError) {
  const ExperimentConfig config = read(config_text(kDense));
  initbench::testing::write_text(file(), "nonsense that is no safetensors file");
  EXPECT_THROW(load_weight_files(config), DataError);
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_THROW(load_weight_files(config), DataError);
}

TEST_F(WeightFilesTest, AMissingTensorIsReportedWithThoseThatThereAre) {
  SafetensorsContent content = dense_content();
  content.tensors["dense1.weigth"] = content.tensors.at("dense1.weight");
  content.tensors.erase("dense1.weight");
  content.tensors.erase("output.bias");
  write(content);
  EXPECT_THAT(
      misfits(config_text(kDense)),
      AllOf(HasSubstr("layer 'dense1', init: '" + file() +
                      "' has no tensor 'dense1.weight'; did you mean 'dense1.weigth'?"),
            HasSubstr("it has dense1.bias, dense1.weigth and output.weight"),
            HasSubstr("layer 'output', bias_init: '" + file() + "' has no tensor 'output.bias'"),
            HasSubstr("give the layer a \"bias_init\" such as zeros")));
}

TEST_F(WeightFilesTest, AnotherShapeIsReportedWithBothShapes) {
  SafetensorsContent content = dense_content();
  content.tensors["dense1.weight"] = counted({3, 4});
  content.tensors["output.weight"] = counted({2, 5});
  write(content);
  EXPECT_THAT(misfits(config_text(kDense)),
              AllOf(HasSubstr("has the shape (3, 4), but the layer needs (4, 3); transpose it"),
                    HasSubstr("has the shape (2, 5), but the layer needs (2, 4); change")));
}

TEST_F(WeightFilesTest, TheNameOfWeightsIsNotTakenForBiases) {
  write(dense_content());
  EXPECT_THAT(misfits(config_text(kDense, R"(, "tensor": "dense1.weight")")),
              HasSubstr("layer 'dense1', bias_init: tensor 'dense1.weight' of '" + file() +
                        "' has the shape (4, 3), but the layer needs (4); \"tensor\" names the "
                        "weights: give the layer a \"bias_init\" of its own"));
}

TEST_F(WeightFilesTest, ANormThatTheFileLacksIsReported) {
  write(dense_content());
  const std::string layers =
      R"({"type": "dense", "units": 4, "norm": "batch"}, {"type": "output"})";
  EXPECT_THAT(
      misfits(config_text(layers)),
      AllOf(HasSubstr("layer 'dense1', init: '" + file() + "' has no tensor 'dense1.norm.weight'"),
            HasSubstr("'dense1.norm.running_var'"), HasSubstr("\"tensor\": \"dense1.weight\""),
            Not(HasSubstr("'output'"))));
  SafetensorsContent content = dense_content();
  for (const char* tensor : {"weight", "bias", "running_mean", "running_var"}) {
    content.tensors[std::string("dense1.norm.") + tensor] = counted({4});
  }
  content.tensors["dense1.norm.running_var"].values[2] = -1;
  content.tensors["dense1.norm.bias"] = counted({5});
  write(content);
  EXPECT_THAT(
      misfits(config_text(layers)),
      AllOf(HasSubstr("'dense1.norm.running_var' of '" + file() + "' holds negative variances"),
            HasSubstr("'dense1.norm.bias' of '" + file() + "' has 5 entries")));
}

}  // namespace
}  // namespace initbench
