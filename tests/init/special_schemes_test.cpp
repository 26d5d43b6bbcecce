// Schemes that promise more than a distribution: constants, identities, orthogonality, sparsity.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/moments.h"
#include "init/scheme.h"
#include "init/tensor_cases.h"
#include "nn/convolution.h"

namespace initbench {
namespace {

using Values = std::vector<Scalar>;

/// The largest |W W^T - expected I| over rows, or over columns when there are more rows.
double distance_from_orthogonal(const Values& values, Index rows, Index columns, double expected) {
  using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::MatrixXd w = Eigen::Map<const RowMajor>(values.data(), rows, columns).cast<double>();
  if (rows > columns) w.transposeInPlace();
  const Eigen::MatrixXd product = w * w.transpose();
  const Index n = std::min(rows, columns);
  return (product - expected * Eigen::MatrixXd::Identity(n, n)).cwiseAbs().maxCoeff();
}

TEST(Constants, FillEveryEntry) {
  EXPECT_EQ(filled(choose("zeros"), dense_weight(2, 3)), Values(6, 0));
  EXPECT_EQ(filled(choose("ones"), dense_weight(2, 3)), Values(6, 1));
  EXPECT_EQ(filled(choose("constant", {{{"value", 0.25}}}), bias(3, 2)), Values(3, Scalar{0.25}));
}

TEST(Constants, TellTheoryAVarianceOnlyWhenTheirMeanIsZero) {
  const TestTensor tensor = dense_weight(2, 3);
  const InitChoice zero = choose("constant");
  const InitChoice one = choose("constant", {{{"value", 1.0}}});
  EXPECT_EQ(zero.scheme->variance(zero, tensor.context()), 0.0);
  EXPECT_EQ(one.scheme->variance(one, tensor.context()), std::nullopt);
}

TEST(Eye, IsTheIdentityCutToTheShape) {
  EXPECT_EQ(filled(choose("eye"), dense_weight(2, 3)), (Values{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(filled(choose("eye"), dense_weight(3, 2)), (Values{1, 0, 0, 1, 0, 0}));
}

/// What a convolution of one sample with the weight gives, padded by half the (odd) kernel.
Matrix convolved(const ConvolutionDims& dims, const Values& weight, const Matrix& x) {
  const Index pad = dims.height / 2;
  const ConvolutionGeometry geometry{.in = Shape::image(5, 5, dims.in),
                                     .out = Shape::image(5, 5, dims.out),
                                     .kernel = {dims.height, dims.width},
                                     .pad_before = {pad, pad},
                                     .pad_after = {pad, pad},
                                     .groups = dims.groups};
  Matrix y(geometry.out.features(), x.cols());
  ConvolutionWorkspace workspace;
  convolution_forward(geometry, ConstVectorView(weight.data(), static_cast<Index>(weight.size())),
                      ConstVectorView(nullptr, 0), ConstMatrixView(x.data(), x.rows(), x.cols()),
                      MatrixView(y.data(), y.rows(), y.cols()), workspace);
  return y;
}

TEST(Dirac, IsTheConvolutionThatChangesNothing) {
  for (const Index groups : {1, 2, 4}) {
    const ConvolutionDims dims{.out = 8, .in = 8, .height = 3, .width = 3, .groups = groups};
    const Matrix x = Matrix::Random(5 * 5 * 8, 2);
    EXPECT_EQ(convolved(dims, filled(choose("dirac"), convolution_weight(dims)), x), x)
        << groups << " groups";
  }
}

TEST(Dirac, PassesAsManyChannelsAsFitAndGivesZeroInTheOthers) {
  const ConvolutionDims dims{.out = 5, .in = 3, .height = 3, .width = 3};
  const Matrix x = Matrix::Random(5 * 5 * 3, 1);
  const Matrix y = convolved(dims, filled(choose("dirac"), convolution_weight(dims)), x);
  for (Index position = 0; position < 25; ++position) {
    for (Index channel = 0; channel < 5; ++channel) {
      EXPECT_EQ(y(position * 5 + channel, 0), channel < 3 ? x(position * 3 + channel, 0) : 0);
    }
  }
}

// torch.nn.init.dirac_(torch.empty(4, 2, 2, 2), groups=2): the ones are at [0][0][1][1],
// [1][1][1][1], [2][0][1][1] and [3][1][1][1].
TEST(Dirac, PutsItsOnesWherePyTorchDoesForEvenKernelsAndGroups) {
  const TestTensor tensor = convolution_weight({.out = 4, .in = 2, .height = 2, .width = 2});
  const Values values = filled(choose("dirac", {{{"groups", 2.0}}}), tensor);
  std::vector<std::size_t> ones;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 1) ones.push_back(i);
  }
  EXPECT_EQ(ones, (std::vector<std::size_t>{3, 15, 19, 31}));
}

TEST(Dirac, RefusesGroupsThatDoNotDivideTheOutputs) {
  const TestTensor tensor = convolution_weight({.out = 4, .in = 2, .height = 3, .width = 3});
  EXPECT_EQ(misfit_of(choose("dirac", {{{"groups", 3.0}}}), tensor.context()),
            "dirac's 'groups' must divide the layer's 4 output channels, and 3 does not; auto "
            "takes the layer's own groups");
}

TEST(Orthogonal, HasOrthonormalRowsOrColumns) {
  for (const auto& [rows, columns] : {std::pair<Index, Index>{1, 1},
                                      {1, 9},
                                      {9, 1},
                                      {64, 64},
                                      {30, 300},
                                      {300, 30},
                                      {257, 256}}) {
    const Values values = filled(choose("orthogonal"), dense_weight(rows, columns));
    EXPECT_LT(distance_from_orthogonal(values, rows, columns, 1), 1e-5) << rows << " x " << columns;
  }
}

TEST(Orthogonal, FlattensAKernelAndScalesByTheGain) {
  const TestTensor tensor =
      convolution_weight({.out = 16, .in = 8, .height = 3, .width = 3, .groups = 2});
  const Values values = filled(choose("orthogonal", {{{"gain", "relu"}}}), tensor);
  EXPECT_LT(distance_from_orthogonal(values, 16, 36, 2), 1e-5);
}

// numpy.linalg.qr of the stream's first 12 normals, times the signs of R's diagonal.
TEST(Orthogonal, IsTheQOfAQrDecompositionWithPositiveDiagonal) {
  const Values wide{-0.4131369F, -0.6963807F,  -0.47163311F, 0.34919055F,
                    0.48981408F, -0.06805752F, -0.70497691F, -0.50838754F,
                    -0.5611449F, 0.67414739F,  -0.47908523F, 0.03345196F};
  const Values tall{-0.21850512F, -0.94609108F, -0.07439358F, 0.18468436F,
                    0.0855633F,   -0.9536524F,  -0.74164955F, 0.04745172F,
                    -0.28054058F, 0.60671504F,  -0.30877001F, -0.07943348F};
  EXPECT_THAT(filled(choose("orthogonal"), dense_weight(3, 4)),
              testing::Pointwise(testing::FloatNear(1e-6F), wide));
  EXPECT_THAT(filled(choose("orthogonal"), dense_weight(4, 3)),
              testing::Pointwise(testing::FloatNear(1e-6F), tall));
}

// LAPACK's convention alone would give a diagonal with a sign.
TEST(Orthogonal, IsUniformlyDistributedSoThatItsDiagonalHasNoSign) {
  constexpr Index n = 8;
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Values values = filled(choose("orthogonal"), dense_weight(n, n), seed);
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(values[i * n + i]) / n;
  }
  EXPECT_NEAR(sum / 1000, 0, 0.1 / std::sqrt(8.0));
}

TEST(Orthogonal, HasTheVarianceThatItTellsTheory) {
  const TestTensor tensor = dense_weight(40, 100);
  const InitChoice choice = choose("orthogonal", {{{"gain", 2.0}}});
  EXPECT_DOUBLE_EQ(choice.scheme->variance(choice, tensor.context()).value(), 0.04);
  EXPECT_NEAR(moments_of(filled(choice, tensor)).second_moment, 0.04, 1e-7);
}

TEST(Sparse, HasTheSameNumberOfZerosInEachColumn) {
  for (const auto& [sparsity, zeros] :
       {std::pair{0.1, 1}, {0.0, 0}, {0.25, 3}, {0.9, 9}, {1.0, 10}}) {
    const Values values = filled(choose("sparse", {{{"sparsity", sparsity}}}), dense_weight(10, 7));
    for (std::size_t column = 0; column < 7; ++column) {
      int count = 0;
      for (std::size_t row = 0; row < 10; ++row) count += values[row * 7 + column] == 0 ? 1 : 0;
      EXPECT_EQ(count, zeros) << "sparsity " << sparsity << ", column " << column;
    }
  }
}

TEST(Sparse, PutsItsZerosInEveryRowAlike) {
  const Values values = filled(choose("sparse", {{{"sparsity", 0.3}}}), dense_weight(10, 10000));
  for (std::size_t row = 0; row < 10; ++row) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row) * 10000;
    EXPECT_NEAR(static_cast<double>(std::count(begin, begin + 10000, Scalar{0})), 3000,
                4 * std::sqrt(10000 * 0.3 * 0.7));
  }
}

TEST(Sparse, HasTheVarianceThatItTellsTheory) {
  const TestTensor tensor = dense_weight(400, 600);
  const InitChoice choice = choose("sparse", {{{"sparsity", 0.75}, {"std", 0.1}}});
  EXPECT_DOUBLE_EQ(choice.scheme->variance(choice, tensor.context()).value(), 0.0025);
  EXPECT_NEAR(moments_of(filled(choice, tensor)).second_moment / 0.0025, 1, 0.025);
}

// Computed by a separate implementation of the streams (Python integers) and 50-digit quantiles: a
// change of the streams or of how a draw becomes a weight changes every published result.
TEST(InitialWeights, AreTheseFloatsForEver) {
  const auto first_four = [](std::string_view scheme) {
    Values values = filled(choose(scheme), dense_weight(400, 600));
    values.resize(4);
    return values;
  };
  EXPECT_EQ(first_four("kaiming_normal"), (Values{-0.02950604073703289F, -0.049735177308321F,
                                                  -0.033683810383081436F, 0.024939022958278656F}));
  EXPECT_EQ(first_four("xavier_uniform"), (Values{-0.030262770131230354F, -0.047328121960163116F,
                                                  -0.03411245346069336F, 0.025889111682772636F}));
  EXPECT_EQ(first_four("trunc_normal"), (Values{-0.4858326315879822F, -0.8119900226593018F,
                                                -0.5538989901542664F, 0.41112563014030457F}));
}

}  // namespace
}  // namespace initbench
