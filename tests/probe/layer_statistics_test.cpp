#include "probe/layer_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace initbench {
namespace {

/// One dense layer of three units on two inputs, W = [[1, 0], [0, 1], [-1, -1]], and a batch of two
/// samples (1, 2) and (3, -2): z = (1, 2, -3) and (3, -2, -1).
class OneLayer : public testing::Test {
 protected:
  explicit OneLayer(ActivationKind kind = ActivationKind::relu)
      : network_({{.name = "dense1",
                   .place = "",
                   .kind = DenseSpec{.units = 3, .activation = {.kind = kind}}}},
                 Shape::flat(2), 3),
        tape_(network_, 2) {
    network_.values() << 1, 0, 0, 1, -1, -1, 0, 0, 0;
    tape_.value(0) << 1, 3, 2, -2;
    tape_.gradient(network_.output()).setZero();
  }

  LayerStatistics measure() {
    const Matrix output_gradient = tape_.gradient(network_.output());
    forward(network_, {}, tape_);
    tape_.gradient(network_.output()) = output_gradient;
    backward(network_, tape_, gradient_);
    return layer_statistics(network_, network_.layers()[0], tape_, gradient_);
  }

  Network network_;
  Tape tape_;
  Vector gradient_;
};

class OneTanhLayer : public OneLayer {
 protected:
  OneTanhLayer() : OneLayer(ActivationKind::tanh) {}
};

class OneSigmoidLayer : public OneLayer {
 protected:
  OneSigmoidLayer() : OneLayer(ActivationKind::sigmoid) {}
};

TEST_F(OneLayer, HasMomentsOfTheActivationsInput) {
  const LayerStatistics statistics = measure();  // 1, 2, -3, 3, -2, -1
  EXPECT_DOUBLE_EQ(statistics.pre_mean, 0);
  EXPECT_DOUBLE_EQ(statistics.pre_var, 28.0 / 6);
  EXPECT_DOUBLE_EQ(statistics.pre_m2, 28.0 / 6);
}

TEST_F(OneLayer, HasMomentsOfTheActivationsOutput) {
  const LayerStatistics statistics = measure();  // 1, 2, 0, 3, 0, 0
  EXPECT_DOUBLE_EQ(statistics.act_mean, 1);
  EXPECT_NEAR(statistics.act_m2, 14.0 / 6, 1e-15);
  EXPECT_NEAR(statistics.act_var, 14.0 / 6 - 1, 1e-15);
}

TEST_F(OneLayer, CountsExactZeros) { EXPECT_DOUBLE_EQ(measure().act_zero_frac, 0.5); }

TEST_F(OneLayer, CallsAUnitDeadThatIsZeroForEverySample) {
  EXPECT_DOUBLE_EQ(measure().dead_frac, 1.0 / 3);
}

TEST_F(OneLayer, HasNoSaturationWithoutABound) { EXPECT_FALSE(measure().act_sat_frac.has_value()); }

TEST_F(OneTanhLayer, CountsEntriesBeyond97PercentOfTheRange) {
  // tanh(2) = 0.964 is not beyond, tanh(3) = 0.995 is
  EXPECT_DOUBLE_EQ(*measure().act_sat_frac, 2.0 / 6);
}

TEST_F(OneSigmoidLayer, MeasuresSaturationFromTheMiddleOfTheRange) {
  // beyond [0.015, 0.985], that is |z| > 4.18: none of these
  EXPECT_DOUBLE_EQ(*measure().act_sat_frac, 0);
}

TEST_F(OneLayer, MeasuresTheNormOfEachSamplesOwnLossGradient) {
  // l_i = sum_k a_k: d l_i / dz is the indicator of z > 0: norms sqrt(2) and 1. The batch mean
  // halves it.
  tape_.gradient(network_.output()).setConstant(0.5);
  EXPECT_NEAR(measure().delta_norm, std::sqrt((2.0 + 1.0) / 2), 1e-7);
}

TEST_F(OneLayer, MeasuresGradientNormsOfTheBatchMeanLoss) {
  tape_.gradient(network_.output()).setConstant(0.5);
  const LayerStatistics statistics = measure();
  // delta / 2 = (.5, .5, 0), (.5, 0, 0): dW = [[2, 0], [.5, 1], [0, 0]], db = (1, .5, 0)
  EXPECT_NEAR(statistics.grad_weight_norm, std::sqrt(4 + 0.25 + 1), 1e-6);
  EXPECT_NEAR(*statistics.grad_bias_norm, std::sqrt(1.25), 1e-6);
}

TEST_F(OneLayer, MeasuresTheWeights) {
  const LayerStatistics statistics = measure();
  EXPECT_DOUBLE_EQ(statistics.weight_norm, 2);
  EXPECT_DOUBLE_EQ(statistics.weight_std, std::sqrt(4.0 / 6));
}

TEST_F(OneLayer, CountsWhatIsNotFinite) {
  EXPECT_EQ(measure().nonfinite, 0);
  network_.values()(0) = std::numeric_limits<Scalar>::quiet_NaN();
  // the weight itself; z and a of unit 0 in both samples
  EXPECT_EQ(measure().nonfinite, 5);
}

TEST_F(OneLayer, MeasuresTheUpdateRelativeToTheWeightsBefore) {
  const double weight_norm = measure().weight_norm;
  const Vector change = network_.values() / 4;
  EXPECT_NEAR(*update_ratio(network_, network_.layers()[0], change, weight_norm), 0.25, 1e-7);
}

TEST_F(OneLayer, HasNoUpdateRatioForWeightsThatWereZero) {
  const Vector change = Vector::Ones(network_.values().size());
  EXPECT_FALSE(update_ratio(network_, network_.layers()[0], change, 0).has_value());
}

TEST(DeadFraction, OfAConvolutionCountsChannelsOverAllPositions) {
  Network network(
      {{.name = "conv1",
        .place = "",
        .kind = Conv2dSpec{.channels = 2, .activation = {.kind = ActivationKind::relu}}},
       {.name = "output", .place = "", .kind = DenseSpec{.is_output = true}}},
      Shape::image(2, 2, 1), 2);
  network.values().setZero();
  network.values()(0) = 1;   // channel 0 copies its input
  network.values()(1) = -1;  // channel 1 is negative everywhere
  Tape tape(network, 1);
  tape.value(0) << 0, 0, 0, 5;  // one positive pixel keeps channel 0 alive
  forward(network, {}, tape);
  tape.gradient(network.output()).setZero();
  Vector gradient;
  backward(network, tape, gradient);
  EXPECT_DOUBLE_EQ(layer_statistics(network, network.layers()[0], tape, gradient).dead_frac, 0.5);
}

}  // namespace
}  // namespace initbench
