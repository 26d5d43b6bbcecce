#include "probe/identical_units.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "init/initialize.h"
#include "theory/prediction_cases.h"

namespace initbench {
namespace {

using testing::dense;
using testing::kLinear;
using testing::kTanh;

/// Two inputs, four tanh units, three outputs.
class FourUnits : public ::testing::Test {
 protected:
  FourUnits()
      : network_({dense("hidden", 4, kTanh), dense("output", 3, kLinear)}, Shape::flat(2), 3) {
    gradient_ = Vector::Zero(network_.values().size());
    weights() << 1, 2, 3, 4, 1, 2, 5, 6;
  }
  VectorView weights() { return network_.values_of(network_.layers()[0].weight); }
  VectorView biases() { return network_.values_of(*network_.layers()[0].bias); }
  double share() { return identical_fraction(network_, network_.layers()[0], gradient_); }

  Network network_;
  Vector gradient_;
};

TEST_F(FourUnits, AreCopiesWhenRowsAndGradientsAgree) { EXPECT_DOUBLE_EQ(share(), 2.0 / 4); }

TEST_F(FourUnits, ArePartedByTheirBiases) {
  biases() << 0, 0, 1, 0;
  EXPECT_EQ(share(), 0);
}

TEST_F(FourUnits, ArePartedByTheirGradients) {
  gradient_.head(8) << 1, 1, 2, 2, 3, 3, 4, 4;  // the hidden weights come first
  EXPECT_EQ(share(), 0);
}

TEST(IdenticalUnits, AreNotFoundByChanceAmongThousands) {
  Network network({dense("hidden", 4000, kTanh), dense("output", 3, kLinear)}, Shape::flat(3), 3);
  const std::vector<LayerInit> inits{
      {.layer = "hidden", .weight = choose("xavier_normal"), .bias = choose("zeros"), .place = ""},
      {.layer = "output", .weight = choose("zeros"), .bias = choose("zeros"), .place = ""}};
  initialize(network, inits, 1);
  const Vector gradient = Vector::Zero(network.values().size());
  EXPECT_EQ(identical_fraction(network, network.layers()[0], gradient), 0);
}

// Zero weights at the end of a residual branch part at the first update.
TEST(IdenticalUnits, AreNotFoundAmongEqualRowsWithGradientsOfTheirOwn) {
  const Network network({dense("hidden", 256, kTanh), dense("output", 3, kLinear)}, Shape::flat(40),
                        3);
  Vector gradient = Vector::Zero(network.values().size());
  Rng rng({.seed = 1, .purpose = Purpose::probe, .name = "gradient"});
  for (Scalar& value : gradient) value = static_cast<Scalar>(rng.normal());
  EXPECT_EQ(identical_fraction(network, network.layers()[0], gradient), 0);
}

TEST(IdenticalUnits, AreFoundThoughTheirFirstWeightsAgreeWithAll) {
  Network network({dense("hidden", 6, kTanh), dense("output", 3, kLinear)}, Shape::flat(100), 3);
  VectorView weights = network.values_of(network.layers()[0].weight);
  for (Index unit = 0; unit < 6; ++unit) {  // sparse rows, that differ late, in pairs
    weights(unit * 100 + 90) = static_cast<Scalar>(unit / 2 + 1);
  }
  const Vector gradient = Vector::Zero(network.values().size());
  EXPECT_EQ(identical_fraction(network, network.layers()[0], gradient), 1);
  weights(99) = 1;
  EXPECT_DOUBLE_EQ(identical_fraction(network, network.layers()[0], gradient), 4.0 / 6);
}

}  // namespace
}  // namespace initbench
