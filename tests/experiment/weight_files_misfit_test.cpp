// Files whose tensors do not fit the network that loads them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiment/weight_files.h"
#include "experiment/weight_files_fixture.h"

namespace initbench {
namespace {

using ::testing::AllOf;
using testing::counted;
using testing::dense_content;
using ::testing::HasSubstr;
using testing::kDense;
using ::testing::Not;
using testing::WeightFilesTest;

class WeightFilesMisfitTest : public WeightFilesTest {};

// As a learned factor that training has moved from 0: at 1 instead the network is another one.
TEST_F(WeightFilesMisfitTest, ATensorThatOnlyTheFileHasForALayerOrABlockIsAnError) {
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

TEST_F(WeightFilesMisfitTest, ScalarsThatOnlyTheFileHasAreReportedWithTheFieldThatMakesThem) {
  SafetensorsContent content = dense_content();
  content.tensors["residual1.dense1.weight"] = counted({4, 4});
  content.tensors["residual1.dense1.input_bias"] = counted({1});
  content.tensors["residual1.output_bias"] = counted({1});
  write(content);
  const std::string message = misfits(config_text(R"({"type": "dense", "units": 4},
          {"type": "residual", "layers": [{"type": "dense", "units": 4, "bias": false}]},
          {"type": "output"})"));
  for (const std::string layer : {"residual1.dense1", "residual1"}) {
    EXPECT_THAT(message, HasSubstr("but '" + layer +
                                   "' here has none; give the block around it \"scalar_biases\": "
                                   "true, or take it out of the file"));
  }
}

TEST_F(WeightFilesMisfitTest, ALayerWhoseFileHasScalarsInsteadOfBiasesIsToldSo) {
  SafetensorsContent content = dense_content();
  content.tensors.erase("dense1.bias");
  content.tensors["dense1.input_bias"] = counted({1});
  write(content);
  EXPECT_THAT(
      misfits(config_text(kDense)),
      HasSubstr("it has scalars instead: give the block around it \"scalar_biases\": true"));
}

// No tensor says it: with another factor the network would be another one.
TEST_F(WeightFilesMisfitTest, AFixedScaleOtherThanThatOfTheFilesNetworkIsAnError) {
  const auto layers = [](const std::string& block) {
    return R"({"type": "dense", "units": 4}, {"type": "residual", )" + block +
           R"("repeat": 4, "layers": [{"type": "dense", "units": 4}]}, {"type": "output"})";
  };
  ExperimentConfig config = read(config_text(layers("")));
  for (LayerInit& init : config.inits) {
    init.weight = choose("depth_scaled_residual");
    init.bias = choose("zeros");
  }
  write(content_of(initialized(config), 0));
  EXPECT_THAT(
      misfits(config_text(layers(""))),
      AllOf(HasSubstr("the branch of 'residual4' has the factor 0.5, here 1; give the block "
                      "\"scale\": 0.5"),
            HasSubstr("the branch of 'residual1'")));
  EXPECT_THAT(misfits(config_text(layers(R"("scale": {"learned": 1}, )"))),
              HasSubstr("give the block \"scale\": {\"learned\": 0.5}"));
  EXPECT_EQ(misfits(config_text(layers(R"-("scale": "1/sqrt(blocks)", )-"))), "");
}

TEST_F(WeightFilesMisfitTest, AMissingFileIsReportedWithTheLayerThatNamesIt) {
  EXPECT_THAT(misfits(config_text(kDense)),
              AllOf(HasSubstr("layer 'dense1', init: there is no file '" + file() + "'"),
                    HasSubstr("layer 'output', init: there is no file")));
}

TEST_F(WeightFilesMisfitTest, AFolderOrADamagedFileIsADataError) {
  const ExperimentConfig config = read(config_text(kDense));
  testing::write_text(file(), "nonsense that is no safetensors file");
  EXPECT_THROW(load_weight_files(config), DataError);
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_THROW(load_weight_files(config), DataError);
}

TEST_F(WeightFilesMisfitTest, AMissingTensorIsReportedWithThoseThatThereAre) {
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

TEST_F(WeightFilesMisfitTest, AnotherShapeIsReportedWithBothShapes) {
  SafetensorsContent content = dense_content();
  content.tensors["dense1.weight"] = counted({3, 4});
  content.tensors["output.weight"] = counted({2, 5});
  write(content);
  EXPECT_THAT(misfits(config_text(kDense)),
              AllOf(HasSubstr("has the shape (3, 4), but the layer needs (4, 3); transpose it"),
                    HasSubstr("has the shape (2, 5), but the layer needs (2, 4); change")));
}

TEST_F(WeightFilesMisfitTest, TheNameOfWeightsIsNotTakenForBiases) {
  write(dense_content());
  EXPECT_THAT(misfits(config_text(kDense, R"(, "tensor": "dense1.weight")")),
              HasSubstr("layer 'dense1', bias_init: tensor 'dense1.weight' of '" + file() +
                        "' has the shape (4, 3), but the layer needs (4); \"tensor\" names the "
                        "weights: give the layer a \"bias_init\" of its own"));
}

TEST_F(WeightFilesMisfitTest, ANormThatTheFileLacksIsReported) {
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
