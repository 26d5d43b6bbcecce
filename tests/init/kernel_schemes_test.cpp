// Kernels that keep every image's length: a real convolution with circular padding shows it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "init/network_cases.h"
#include "init/tensor_cases.h"

namespace initbench {
namespace {

using testing::convolution;
using ::testing::HasSubstr;
using testing::normal_matrix;
using testing::output;
using Values = std::vector<Scalar>;

std::string misfit(std::string_view scheme, const TestTensor& tensor) {
  return misfit_of(choose(scheme), tensor.context());
}

struct KernelCase {
  const char* scheme;
  Index in;
  Index out;
  Index kernel;
  Index groups;
};

/// The largest relative change of a sample's length, over what one circular convolution with no
/// bias gives of 5 random images of 6 x 7.
double change_of_length(const KernelCase& c, double gain) {
  LayerSpec layer = convolution("conv1", c.out, c.kernel, {});
  std::get<Conv2dSpec>(layer.kind).groups = c.groups;
  const InitChoice choice = choose(c.scheme, {{{"gain", gain}}});
  const Shape image = Shape::image(6, 7, c.in);
  Network network({layer, output()}, image, 2);
  auto inits = testing::inits_of(network, choice);
  inits[1].weight = choose("normal");
  initialize(network, inits, 3);
  const Matrix x = normal_matrix(image.features(), 5, 1);
  const Matrix y = testing::value_at(network, network.layers()[0].pre, x);
  double largest = 0;
  for (Index sample = 0; sample < x.cols(); ++sample) {
    const double ratio = static_cast<double>(y.col(sample).norm() / x.col(sample).norm());
    largest = std::max(largest, std::fabs(ratio / gain - 1));
  }
  return largest;
}

void PrintTo(const KernelCase& c, std::ostream* out) {
  *out << c.scheme << ", " << c.in << " to " << c.out << " channels, kernel " << c.kernel << ", "
       << c.groups << " groups";
}

class KernelOfConstantLength : public ::testing::TestWithParam<KernelCase> {};

TEST_P(KernelOfConstantLength, KeepsEverySamplesNormUnderCircularPadding) {
  EXPECT_LT(change_of_length(GetParam(), 1), 1e-5);
}

TEST_P(KernelOfConstantLength, MultipliesItByTheGain) {
  EXPECT_LT(change_of_length(GetParam(), 1.5), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(All, KernelOfConstantLength,
                         ::testing::Values(KernelCase{"delta_orthogonal", 4, 4, 3, 1},
                                           KernelCase{"delta_orthogonal", 3, 8, 3, 1},
                                           KernelCase{"delta_orthogonal", 3, 8, 5, 1},
                                           KernelCase{"delta_orthogonal", 6, 8, 3, 2},
                                           KernelCase{"delta_orthogonal", 4, 6, 1, 1},
                                           KernelCase{"conv_orthogonal", 4, 4, 3, 1},
                                           KernelCase{"conv_orthogonal", 3, 8, 3, 1},
                                           KernelCase{"conv_orthogonal", 3, 8, 5, 1},
                                           KernelCase{"conv_orthogonal", 6, 8, 3, 2},
                                           KernelCase{"conv_orthogonal", 4, 6, 1, 1}));

// That the flattened kernel is orthogonal is not enough.
TEST(KernelsOfConstantLength, AreNotWhatOrthogonalGives) {
  EXPECT_GT(change_of_length({"orthogonal", 4, 4, 3, 1}, 1), 0.05);
}

TEST(DeltaOrthogonal, IsZeroButAtTheCentre) {
  // (k - 1) / 2: tap 4 of 3 x 3; row 0, column 1 of 2 x 4.
  const Values odd = filled(choose("delta_orthogonal"),
                            convolution_weight({.out = 6, .in = 4, .height = 3, .width = 3}));
  for (std::size_t i = 0; i < odd.size(); ++i) EXPECT_EQ(odd[i] != 0, i % 9 == 4) << i;
  const Values even = filled(choose("delta_orthogonal"),
                             convolution_weight({.out = 6, .in = 4, .height = 2, .width = 4}));
  for (std::size_t i = 0; i < even.size(); ++i) EXPECT_EQ(even[i] != 0, i % 8 == 1) << i;
}

TEST(ConvOrthogonal, UsesEveryTap) {
  const Values values = filled(choose("conv_orthogonal"),
                               convolution_weight({.out = 8, .in = 8, .height = 3, .width = 3}));
  for (std::size_t tap = 0; tap < 9; ++tap) {
    double square = 0;
    for (std::size_t i = tap; i < values.size(); i += 9) square += std::pow(values[i], 2);
    EXPECT_GT(square, 0.01) << "tap " << tap;
  }
}

// The weight's squared length is that of H: one per input channel.
TEST(ConvOrthogonal, HasTheLengthOfItsMatrix) {
  const Values values = filled(choose("conv_orthogonal"),
                               convolution_weight({.out = 9, .in = 7, .height = 3, .width = 3}));
  double square = 0;
  for (const Scalar w : values) square += std::pow(static_cast<double>(w), 2);
  EXPECT_NEAR(square, 7, 1e-5);
}

TEST(KernelsOfConstantLength, NeedAsManyOutputsAsInputs) {
  const TestTensor narrow = convolution_weight({.out = 3, .in = 5, .height = 3, .width = 3});
  for (const std::string scheme : {"delta_orthogonal", "conv_orthogonal"}) {
    EXPECT_EQ(misfit(scheme, narrow),
              scheme +
                  " needs at least as many output channels as input channels, not 3 for 5, or "
                  "lengths are lost; give the layer more channels or use orthogonal");
    EXPECT_EQ(misfit(scheme, dense_weight(4, 4)),
              scheme + " needs a convolution; for dense layers use orthogonal");
  }
  EXPECT_THAT(misfit("delta_orthogonal", convolution_weight({.out = 4, .in = 8, .groups = 2})),
              HasSubstr("in each group, not 2 for 4"));
}

TEST(ConvOrthogonal, NeedsASquareKernel) {
  EXPECT_EQ(
      misfit("conv_orthogonal", convolution_weight({.out = 4, .in = 4, .height = 3, .width = 5})),
      "conv_orthogonal needs a square kernel, not 3 x 5; use delta_orthogonal");
}

}  // namespace
}  // namespace initbench
