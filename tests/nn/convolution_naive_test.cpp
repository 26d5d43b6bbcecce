// The naive convolution against torch.nn.functional.conv2d and its autograd in float64 (PyTorch
// 1.13; padding through torch.nn.functional.pad, mode 'constant' or 'circular'). All numbers are
// exact in binary, so equality is asked for.
#include "nn/convolution_naive.h"

#include <gtest/gtest.h>

#include "nn/convolution_cases.h"

namespace initbench::testing {
namespace {

struct Literal {
  ConvolutionCase convolution;
  std::vector<double> y;        // samples, rows, columns, channels
  std::vector<double> dx;       // likewise
  std::vector<double> dweight;  // PyTorch's order
  std::vector<double> dbias;
};

std::ostream& operator<<(std::ostream& out, const Literal& literal) {
  return out << literal.convolution;
}

std::vector<double> flattened(const Eigen::MatrixXd& matrix) {
  return {matrix.data(), matrix.data() + matrix.size()};
}

std::vector<Literal> literals() {
  return {
      {{"PaddedAtTopAndRight",
        with_output(strided(geometry(Shape::image(3, 4, 2), {2, 2}, {1, 0}, {0, 1}), {2, 1}), 2),
        1},
       {-1.875, 1.125, 0.0, -1.625, -0.875, 2.5, -0.25, -0.875, 2.5, -1.625, -1.375, 1.875, 0.25,
        -1.5, -2.0, 2.0},
       {1.5,  3.75, -0.75, 0.75, 4.25, 3.0, -7.0,  -7.75, -6.25, 2.5, 4.5,  1.25,
        -7.0, 0.75, 4.25,  0.25, 2.5,  2.5, -6.75, -6.5,  4.75,  5.5, -6.5, -5.25},
       {-3.125, 1.375, 5.5, 1.25, 1.75, -2.125, -1.5, -5.0, 0.875, -2.875, 1.25, 3.25, -1.0, 2.125,
        0.375, -2.125},
       {1.5, -6.0}},
      {{"Circular",
        with_output(circular(geometry(Shape::image(3, 4, 1), {3, 3}, {1, 1}, {1, 1})), 2), 1},
       {-3.375, 3.5,   5.75,  -1.875, -3.375, -3.625, 0.375, 1.625, -0.5,  1.125, 0.375, -2.875,
        -0.5,   3.625, 1.875, -2.125, 1.875,  -1.75,  0.0,   1.125, 1.875, 0.75,  -6.75, 3.25},
       {-1.5, -8.75, 9.5, 0.25, 10.0, -3.75, 1.5, 5.25, -1.5, -12.0, 6.25, -3.0},
       {8.5, -0.75, -3.125, -3.75, 4.875, 2.5, 3.125, -6.125, 9.375, -9.625, 10.375, -8.25, -4.0,
        -1.875, -2.625, 9.375, -6.375, 10.75},
       {-0.5, -2.0}},
      {{"CircularAtBottomAndRight",
        with_output(
            strided(circular(geometry(Shape::image(4, 4, 1), {2, 2}, {0, 0}, {1, 1})), {2, 2}), 1),
        1},
       {2.875, 1.75, 2.5, -1.375},
       {4.5, -3.0, 2.25, -1.5, 0.0, 3.0, 0.0, 1.5, 0.0, 0.0, -2.25, 1.5, 0.0, 0.0, 0.0, -1.5},
       {4.125, -5.25, -0.375, 2.625},
       {-3.0}},
      {{"DilatedInGroups",
        with_output(grouped(dilated(geometry(Shape::image(3, 3, 4), {2, 2}), {2, 2}), 2), 2), 2},
       {3.25, 2.0, -4.625, 0.375},
       {4.5, -4.5, -1.5,  -0.75, 0.0,   0.0,  0.0, 0.0, -3.0, -1.5, 0.0,  0.75, 0.0,  0.0, 0.0,
        0.0, 0.0,  0.0,   0.0,   0.0,   0.0,  0.0, 0.0, 0.0,  0.0,  1.5,  1.5,  2.25, 0.0, 0.0,
        0.0, 0.0,  3.0,   4.5,   -2.25, -1.5, 0.0, 0.0, 1.5,  0.75, 0.0,  0.0,  0.0,  0.0, 0.0,
        0.0, 0.0,  -0.75, 0.0,   0.0,   0.0,  0.0, 0.0, 0.0,  0.0,  0.0,  0.0,  0.0,  0.0, 0.0,
        0.0, 0.0,  -1.5,  -2.25, 0.0,   0.0,  0.0, 0.0, 0.0,  0.0,  2.25, 1.5},
       {3.75, 3.0, 1.5, 0.75, -1.5, -2.25, -3.75, 3.75, -0.375, -0.375, -0.375, -0.375, -0.375,
        3.75, -0.375, -0.375},
       {-3.0, 0.0}}};
}

class NaiveConvolution : public ::testing::TestWithParam<Literal> {
 protected:
  const ConvolutionGeometry& geometry() const { return GetParam().convolution.geometry; }
  Index batch() const { return GetParam().convolution.batch; }

  Eigen::MatrixXd x_ = patterned(geometry().in.features(), batch(), kInputPattern);
  Eigen::MatrixXd dy_ = patterned(geometry().out.features(), batch(), kGradientPattern);
  Eigen::VectorXd weight_ = patterned(geometry().weight_size(), 1, kWeightPattern);
  Eigen::VectorXd bias_ = patterned(geometry().out.channels, 1, kBiasPattern);
};

TEST_P(NaiveConvolution, ForwardEqualsPyTorch) {
  Eigen::MatrixXd y(dy_.rows(), dy_.cols());
  naive::convolution_forward(geometry(), weight_, bias_, x_, y);
  EXPECT_EQ(flattened(y), GetParam().y);
}

TEST_P(NaiveConvolution, BackwardDataEqualsPyTorch) {
  Eigen::MatrixXd dx(x_.rows(), x_.cols());
  naive::convolution_backward_data(geometry(), weight_, dy_, dx, Accumulate::no);
  EXPECT_EQ(flattened(dx), GetParam().dx);
}

TEST_P(NaiveConvolution, BackwardWeightsEqualsPyTorch) {
  Eigen::VectorXd dweight(weight_.size());
  Eigen::VectorXd dbias(bias_.size());
  naive::convolution_backward_weights(geometry(), x_, dy_, dweight, dbias);
  EXPECT_EQ(flattened(dweight), GetParam().dweight);
  EXPECT_EQ(flattened(dbias), GetParam().dbias);
}

INSTANTIATE_TEST_SUITE_P(Literals, NaiveConvolution, ::testing::ValuesIn(literals()),
                         [](const auto& test) { return test.param.convolution.name; });

}  // namespace
}  // namespace initbench::testing
