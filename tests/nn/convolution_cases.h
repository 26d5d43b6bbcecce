/// Geometries that the convolution tests run through, and numbers to fill tensors with.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "nn/convolution.h"

namespace initbench::testing {

/// `g` with its output's height and width computed from the rest.
inline ConvolutionGeometry with_output(ConvolutionGeometry g, Index out_channels) {
  const auto size = [&](std::size_t axis, Index in) {
    const Index reach = g.dilation[axis] * (g.kernel[axis] - 1) + 1;
    return (in + g.pad_before[axis] + g.pad_after[axis] - reach) / g.stride[axis] + 1;
  };
  g.out = Shape::image(size(0, g.in.height), size(1, g.in.width), out_channels);
  return g;
}

struct ConvolutionCase {
  std::string name;
  ConvolutionGeometry geometry;
  Index batch = 2;
};

inline std::ostream& operator<<(std::ostream& out, const ConvolutionCase& c) {
  return out << c.name;
}

inline ConvolutionGeometry geometry(Shape in, std::array<Index, 2> kernel,
                                    std::array<Index, 2> pad_before = {0, 0},
                                    std::array<Index, 2> pad_after = {0, 0}) {
  return {.in = in, .out = {}, .kernel = kernel, .pad_before = pad_before, .pad_after = pad_after};
}

inline ConvolutionGeometry circular(ConvolutionGeometry g) {
  g.circular = true;
  return g;
}

inline ConvolutionGeometry strided(ConvolutionGeometry g, std::array<Index, 2> stride) {
  g.stride = stride;
  return g;
}

inline ConvolutionGeometry dilated(ConvolutionGeometry g, std::array<Index, 2> dilation) {
  g.dilation = dilation;
  return g;
}

inline ConvolutionGeometry grouped(ConvolutionGeometry g, Index groups) {
  g.groups = groups;
  return g;
}

inline std::vector<ConvolutionCase> convolution_cases() {
  const Shape odd = Shape::image(7, 5, 4);
  return {
      {"OneByOne", with_output(geometry(odd, {1, 1}), 6)},
      {"ThreeByThreeValid", with_output(geometry(odd, {3, 3}), 6)},
      {"ThreeByThreeSame", with_output(geometry(odd, {3, 3}, {1, 1}, {1, 1}), 6)},
      {"FiveByFiveSame", with_output(geometry(odd, {5, 5}, {2, 2}, {2, 2}), 3)},
      {"EvenKernelTwo", with_output(geometry(odd, {2, 2}, {0, 0}, {1, 1}), 5)},
      {"EvenKernelFour", with_output(geometry(odd, {4, 4}, {1, 1}, {2, 2}), 5)},
      {"RectangularKernel", with_output(geometry(odd, {3, 1}, {1, 0}, {1, 0}), 5)},
      {"StrideTwo", with_output(strided(geometry(odd, {3, 3}, {1, 1}, {1, 1}), {2, 2}), 6)},
      {"StrideTwoLeavesARestUnread", with_output(strided(geometry(odd, {2, 2}), {2, 2}), 6)},
      {"StridePerAxis", with_output(strided(geometry(odd, {3, 3}, {1, 1}, {1, 1}), {2, 1}), 6)},
      {"StrideBeyondKernel", with_output(strided(geometry(odd, {1, 1}), {2, 2}), 6)},
      {"Dilated", with_output(dilated(geometry(odd, {3, 3}, {2, 2}, {2, 2}), {2, 2}), 6)},
      {"DilatedPerAxis", with_output(dilated(geometry(odd, {3, 2}), {2, 3}), 6)},
      {"TwoGroups", with_output(grouped(geometry(odd, {3, 3}, {1, 1}, {1, 1}), 2), 6)},
      {"Depthwise", with_output(grouped(geometry(odd, {3, 3}, {1, 1}, {1, 1}), 4), 4)},
      {"DepthwiseTimesTwo", with_output(grouped(geometry(odd, {3, 3}), 4), 8)},
      {"AsymmetricPadding", with_output(geometry(odd, {3, 3}, {2, 0}, {0, 1}), 6)},
      {"Circular", with_output(circular(geometry(odd, {3, 3}, {1, 1}, {1, 1})), 6)},
      {"CircularEven", with_output(circular(geometry(odd, {2, 4}, {0, 1}, {1, 2})), 6)},
      {"CircularOnceAround", with_output(circular(geometry(odd, {9, 7}, {4, 3}, {4, 3})), 2)},
      {"CircularTwiceAround",
       with_output(circular(geometry(Shape::image(2, 1, 3), {7, 7}, {3, 3}, {3, 3})), 2)},
      {"CircularStrided",
       with_output(strided(circular(geometry(odd, {3, 3}, {1, 1}, {1, 1})), {2, 1}), 6)},
      {"CircularDilatedGroups",
       with_output(grouped(dilated(circular(geometry(odd, {3, 3}, {2, 2}, {2, 2})), {2, 2}), 2),
                   6)},
      {"OneChannel", with_output(geometry(Shape::image(7, 5, 1), {3, 3}, {1, 1}, {1, 1}), 1)},
      {"ThreeChannels", with_output(geometry(Shape::image(7, 5, 3), {3, 3}, {1, 1}, {1, 1}), 16)},
      {"ManyChannels", with_output(geometry(Shape::image(7, 7, 32), {3, 3}, {1, 1}, {1, 1}), 32)},
      {"ChannelTails", with_output(geometry(Shape::image(7, 5, 17), {3, 3}, {1, 1}, {1, 1}), 33)},
      {"GroupTails",
       with_output(grouped(geometry(Shape::image(7, 5, 34), {3, 3}, {1, 1}, {1, 1}), 2), 6)},
      {"OnePixel", with_output(geometry(Shape::image(1, 1, 5), {3, 3}, {1, 1}, {1, 1}), 3)},
      {"BatchOfOne", with_output(geometry(odd, {3, 3}, {1, 1}, {1, 1}), 6), 1},
      {"CircularBatchOfOne", with_output(circular(geometry(odd, {3, 3}, {1, 1}, {1, 1})), 6), 1},
  };
}

/// ((factor * i) mod modulus - shift) / divisor: small numbers with every sign, exact in float when
/// the divisor is a power of two.
struct Pattern {
  Index factor = 7;
  Index modulus = 11;
  double shift = 5;
  double divisor = 4;
};

inline Eigen::MatrixXd patterned(Index rows, Index columns, const Pattern& p) {
  return Eigen::MatrixXd::NullaryExpr(rows, columns, [&](Index row, Index column) {
    const Index i = column * rows + row;
    return (static_cast<double>((p.factor * i) % p.modulus) - p.shift) / p.divisor;
  });
}

constexpr Pattern kInputPattern{7, 11, 5, 4};
constexpr Pattern kWeightPattern{5, 7, 3, 2};
constexpr Pattern kBiasPattern{3, 5, 2, 8};
constexpr Pattern kGradientPattern{3, 13, 6, 2};

}  // namespace initbench::testing
