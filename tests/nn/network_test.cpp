#include "nn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "nn/network_cases.h"

namespace initbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

LayerSpec layer(std::string name, auto kind) {
  return {.name = name, .place = "model.layers." + name, .kind = std::move(kind)};
}

LayerSpec output() { return layer("output", DenseSpec{.is_output = true}); }

Conv2dSpec conv(Index channels, Index kernel, PaddingMode padding = PaddingMode::valid) {
  return {.channels = channels, .kernel = {kernel, kernel}, .padding = {.mode = padding}};
}

std::string error_of(const ModelSpec& spec, const Shape& input, Index outputs = 10) {
  try {
    Network(spec, input, outputs);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

Shape shape_after(const Conv2dSpec& spec, const Shape& input) {
  const Network network({layer("conv1", spec), output()}, input, 2);
  return network.node(network.layers()[0].activated).shape;
}

TEST(Network, NamesParametersAsPyTorchDoesAndGivesThemItsShapes) {
  DenseSpec dense{.units = 5, .norm = Norm::batch, .activation = {ActivationKind::prelu, 0.25}};
  const Network network({layer("conv1", conv(4, 3)), layer("dense1", dense), output()},
                        Shape::image(6, 6, 2), 10);
  std::vector<std::string> names;
  for (const Parameter& parameter : network.parameters()) names.push_back(parameter.name);
  EXPECT_THAT(names, ElementsAre("conv1.weight", "conv1.bias", "dense1.weight", "dense1.bias",
                                 "dense1.norm.weight", "dense1.norm.bias",
                                 "dense1.activation.weight", "output.weight", "output.bias"));
  EXPECT_THAT(network.parameters()[0].dims, ElementsAre(4, 2, 3, 3));
  EXPECT_THAT(network.parameters()[2].dims, ElementsAre(5, 4 * 4 * 4));
}

// The fan table of PyTorch's _calculate_fan_in_and_fan_out.
TEST(Network, GivesAConvolutionTheFansOfPyTorch) {
  const Network network({layer("conv1", conv(128, 3)), output()}, Shape::image(8, 8, 64), 2);
  EXPECT_EQ(network.parameters()[0].fans, (Fans{.in = 576, .out = 1152}));
}

TEST(Network, DividesOnlyTheFanInOfAGroupedConvolution) {
  Conv2dSpec grouped = conv(128, 3);
  grouped.groups = 4;
  const Network network({layer("conv1", grouped), output()}, Shape::image(8, 8, 64), 2);
  EXPECT_EQ(network.parameters()[0].fans, (Fans{.in = 144, .out = 1152}));
}

TEST(Network, GivesABiasTheFansOfItsWeight) {
  const Network network({layer("dense1", DenseSpec{.units = 100}), output()},
                        Shape::image(28, 28, 1), 10);
  EXPECT_EQ(network.parameters()[1].fans, (Fans{.in = 784, .out = 100}));
}

TEST(Network, KeepsTheSizeUnderSamePadding) {
  EXPECT_EQ(shape_after(conv(3, 4, PaddingMode::same), Shape::image(7, 5, 1)),
            Shape::image(7, 5, 3));
}

TEST(Network, RoundsUpUnderSamePaddingWithStride) {
  Conv2dSpec strided = conv(3, 3, PaddingMode::same);
  strided.stride = {2, 3};
  EXPECT_EQ(shape_after(strided, Shape::image(7, 7, 1)), Shape::image(4, 3, 3));
}

TEST(Network, ShrinksByTheKernelsReachUnderValidPadding) {
  Conv2dSpec dilated = conv(3, 3);
  dilated.dilation = {2, 1};
  EXPECT_EQ(shape_after(dilated, Shape::image(9, 9, 1)), Shape::image(5, 7, 3));
}

TEST(Network, StartsNormsAtOneAndZeroAndResidualScalesAtTheirStart) {
  const ResidualSpec residual{
      .layers = {layer("residual1.dense1", DenseSpec{.units = 4, .norm = Norm::layer})},
      .scale = 0.25,
      .learned_scale = true};
  const Network network({layer("residual1", residual), output()}, Shape::flat(4), 2);
  for (const Parameter& parameter : network.parameters()) {
    const double expected = parameter.role == ParameterRole::norm_scale       ? 1
                            : parameter.role == ParameterRole::residual_scale ? 0.25
                                                                              : 0;
    EXPECT_EQ(network.values()(parameter.offset), static_cast<Scalar>(expected)) << parameter.name;
  }
}

TEST(Network, SaysWhichLayerNeedsAnImageAndWhatItGets) {
  const std::string error = error_of({layer("conv1", conv(4, 3)), output()}, Shape::flat(2));
  EXPECT_THAT(error, HasSubstr("model.layers.conv1: conv1: conv2d needs an image"));
  EXPECT_THAT(error, HasSubstr("2 features"));
}

TEST(Network, SaysThatAKernelDoesNotFit) {
  const std::string error = error_of({layer("conv1", conv(4, 9)), output()}, Shape::image(8, 8, 1));
  EXPECT_THAT(error, HasSubstr("kernel of 9 x 9"));
  EXPECT_THAT(error, HasSubstr("8 x 8 x 1"));
}

TEST(Network, SaysThatGroupsDoNotDivideTheChannels) {
  Conv2dSpec grouped = conv(4, 3);
  grouped.groups = 3;
  EXPECT_THAT(error_of({layer("conv1", grouped), output()}, Shape::image(8, 8, 3)),
              HasSubstr("groups 3 must divide the 3 input channels and the 4 output channels"));
}

TEST(Network, NamesBothShapesOfABlockThatDoesNotFitItsShortcut) {
  const ResidualSpec residual{.layers = {layer("residual1.dense1", DenseSpec{.units = 5})}};
  const std::string error = error_of({layer("residual1", residual), output()}, Shape::flat(4));
  EXPECT_THAT(error, HasSubstr("4 features into 5 features"));
  EXPECT_THAT(error, HasSubstr("projection"));
}

TEST(Network, SaysThatTheLastLayerDoesNotFitTheClasses) {
  const std::string error = error_of({layer("dense1", DenseSpec{.units = 8})}, Shape::flat(4), 10);
  EXPECT_THAT(error, HasSubstr("8 features, but the data need 10 outputs"));
}

TEST(Network, SaysThatTheOutputsUnitsDoNotFitTheClasses) {
  const LayerSpec wrong = layer("output", DenseSpec{.units = 7, .is_output = true});
  EXPECT_THAT(error_of({wrong}, Shape::flat(4), 5),
              HasSubstr("model.layers.output: output: has 7 units, but the data need 5 outputs"));
}

TEST(Network, RefusesMoreParametersThanMemoryHolds) {
  const LayerSpec large = layer("dense1", DenseSpec{.units = 40'000});
  // 4 x 40000 and 40000 biases, twice 40000 x 40001, 40000 x 10 and 10
  EXPECT_THAT(error_of({large, large, large, output()}, Shape::flat(4)),
              HasSubstr("3200680010 parameters"));
}

TEST(Network, MultipliesWhatAParametrizationSays) {
  DenseSpec spec{.units = 2, .is_output = true};
  spec.parametrization = {.weight_scale = 0.5, .bias_scale = 3};
  Network network({{.name = "output", .place = "", .kind = spec}}, Shape::flat(2), 2);
  network.values() << 1, 2, 3, 4, 10, 20;  // W by rows, b
  Tape tape(network, 1);
  tape.value(0) << 6, 8;
  forward(network, {}, tape);
  EXPECT_EQ(tape.value(network.output())(0), 0.5 * (6 + 16) + 30);
  EXPECT_EQ(tape.value(network.output())(1), 0.5 * (18 + 32) + 60);
}

// Zhang et al. 2019, figure 1: bias, linear map, bias, activation; the branch's factor; bias before
// the sum's activation.
TEST(Network, PutsScalarBiasesWhereFixupHasThem) {
  DenseSpec inner{.units = 3, .activation = {.kind = ActivationKind::relu}};
  ResidualSpec block{.layers = {{.name = "residual1.dense1", .place = "", .kind = inner}},
                     .learned_scale = true,
                     .activation = {.kind = ActivationKind::relu},
                     .scalar_biases = true};
  const Network network({{.name = "residual1", .place = "", .kind = block}}, Shape::flat(3), 3);
  std::vector<std::string> names;
  for (const Parameter& parameter : network.parameters()) names.push_back(parameter.name);
  EXPECT_THAT(names, testing::ElementsAre("residual1.dense1.input_bias", "residual1.dense1.weight",
                                          "residual1.dense1.output_bias", "residual1.scale",
                                          "residual1.output_bias"));
  const auto holds = [&](NodeId id, auto operation) {
    return std::holds_alternative<decltype(operation)>(network.node(id).operation);
  };
  EXPECT_TRUE(holds(1, ShiftOp{}) && holds(2, DenseOp{}) && holds(3, ShiftOp{}) &&
              holds(4, ActivationOp{}) && holds(5, AddOp{}) && holds(6, ShiftOp{}) &&
              holds(7, ActivationOp{}));
}

TEST(Network, TellsEachLayerWhereItStands) {
  const auto dense = [](std::string name, Index units) {
    return LayerSpec{.name = std::move(name), .place = "", .kind = DenseSpec{.units = units}};
  };
  ResidualSpec first{.layers = {dense("r1.a", 4), dense("r1.b", 4), dense("r1.c", 4)},
                     .shortcut = Shortcut::projection};
  ResidualSpec second{.layers = {dense("r2.a", 4)}};
  const Network network({{.name = "r1", .place = "", .kind = first},
                         {.name = "r2", .place = "", .kind = second},
                         dense("output", 3)},
                        Shape::flat(2), 3);
  const auto position = [&](std::string_view name) {
    const auto layers = network.layers();
    return std::find_if(layers.begin(), layers.end(),
                        [&](const Layer& layer) { return layer.name == name; })
        ->position;
  };
  EXPECT_TRUE(position("r1.a").reads_input && position("r1.shortcut").reads_input);
  EXPECT_FALSE(position("r1.b").reads_input || position("r2.a").reads_input);
  EXPECT_TRUE(position("output").is_last);
  EXPECT_FALSE(position("r2.a").is_last);
  EXPECT_EQ(position("r1.c").branch_layers, 3);
  EXPECT_EQ(position("r1.c").branch_index, 2);
  EXPECT_EQ(position("r2.a").branch_layers, 1);
  EXPECT_EQ(position("output").branch_layers, 0);
  EXPECT_EQ(position("r2.a").blocks, 2);
  EXPECT_EQ(position("r2.a").index, 3);
  EXPECT_EQ(position("r1.shortcut").depth, 5);
}

TEST(Network, CopiesLikeAValue) {
  const Network original({layer("dense1", DenseSpec{.units = 3}), output()}, Shape::flat(2), 2);
  Network copy = original;
  copy.values().setOnes();
  EXPECT_EQ(original.values().sum(), 0);
}

class Passes : public testing::TestWithParam<NetworkCase> {};

TEST_P(Passes, GiveTheSameBitsTwiceAndDisturbNothing) {
  Network network(GetParam().spec, GetParam().input, GetParam().outputs);
  fill_normal("values", 0.5, network.values().data(), network.values().size());
  const Vector values = network.values();
  Tape first(network, 4);
  Tape second(network, 6);  // another capacity: only the batch matters
  second.set_batch(4);
  Vector gradients[2];
  int run = 0;
  for (Tape* tape : {&first, &second}) {
    fill_normal("inputs", 1.0, tape->value(0).data(), tape->value(0).size());
    forward(network, {.mode = Mode::train, .seed = 1, .step = 5}, *tape);
    tape->gradient(network.output()).setOnes();
    backward(network, *tape, gradients[run++]);
  }
  EXPECT_EQ(first.value(network.output()), second.value(network.output()));
  EXPECT_EQ(gradients[0], gradients[1]);
  EXPECT_EQ(network.values(), values);
}

INSTANTIATE_TEST_SUITE_P(EveryOperation, Passes, testing::ValuesIn(network_cases()),
                         [](const auto& instance) { return instance.param.name; });

TEST(Dropout, KeepsTheMeanAndDropsTheGivenShare) {
  const Network network({layer("dropout1", DropoutSpec{.rate = 0.25})}, Shape::flat(10000), 10000);
  Tape tape(network, 1);
  tape.value(0).setOnes();
  forward(network, {.mode = Mode::train}, tape);
  const MatrixView y = tape.value(network.output());
  const double dropped = static_cast<double>((y.array() == 0).count()) / 10000;
  EXPECT_NEAR(dropped, 0.25, 4 * std::sqrt(0.25 * 0.75 / 10000));
  EXPECT_FLOAT_EQ(y.maxCoeff(), 1 / 0.75F);
}

TEST(Dropout, DoesNothingInEvaluation) {
  const Network network({layer("dropout1", DropoutSpec{.rate = 0.25})}, Shape::flat(100), 100);
  Tape tape(network, 1);
  tape.value(0).setOnes();
  forward(network, {.mode = Mode::evaluate}, tape);
  EXPECT_TRUE((tape.value(network.output()).array() == 1).all());
}

TEST(Dropout, DrawsAnotherMaskAtEachStep) {
  const Network network({layer("dropout1", DropoutSpec{.rate = 0.5})}, Shape::flat(100), 100);
  Tape tape(network, 1);
  tape.value(0).setOnes();
  forward(network, {.mode = Mode::train, .step = 0}, tape);
  const Matrix first = tape.value(network.output());
  forward(network, {.mode = Mode::train, .step = 1}, tape);
  EXPECT_NE(first, Matrix(tape.value(network.output())));
}

TEST(BatchNorm, UsesRunningStatisticsInEvaluation) {
  Network network({layer("dense1", DenseSpec{.units = 1, .norm = Norm::batch})}, Shape::flat(1), 1);
  network.values().setOnes();
  network.running() << 2, 4;  // mean, variance
  Tape tape(network, 1);
  tape.value(0).setConstant(5);
  forward(network, {.mode = Mode::evaluate}, tape);
  // z = 5 + 1, (6 - 2) / sqrt(4 + 1e-5) + 1
  EXPECT_NEAR(tape.value(network.output())(0, 0), 2.9999975, 1e-6);
}

}  // namespace
}  // namespace initbench
