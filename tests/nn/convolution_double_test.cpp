// The gradients of the double-precision convolution against central differences.
#include <gtest/gtest.h>

#include "nn/convolution.h"
#include "nn/convolution_cases.h"

namespace initbench::testing {
namespace {

constexpr double kRelativeTolerance = 1e-6;

ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
ConstVectorView view(const Vector& v) { return {v.data(), v.size()}; }

class ConvolutionGradients : public ::testing::TestWithParam<ConvolutionCase> {
 protected:
  const ConvolutionGeometry& geometry() const { return GetParam().geometry; }

  /// The sum of the outputs' squares, so that second derivatives are not all zero.
  double loss() {
    const Matrix y = output();
    return 0.5 * y.squaredNorm();
  }

  Matrix output() {
    Matrix y(geometry().out.features(), x_.cols());
    convolution_forward(geometry(), view(weight_), view(bias_), view(x_),
                        MatrixView(y.data(), y.rows(), y.cols()), workspace_);
    return y;
  }

  template <typename Tensor>
  void expect_central_differences(Tensor& tensor, const Tensor& gradient) {
    constexpr double kStep = 1e-4;  // the loss is quadratic in each entry: no truncation error
    const double scale = gradient.cwiseAbs().maxCoeff();
    for (Index i = 0; i < tensor.size(); i += 1 + tensor.size() / 40) {
      const double kept = tensor.data()[i];
      tensor.data()[i] = kept + kStep;
      const double above = loss();
      tensor.data()[i] = kept - kStep;
      const double below = loss();
      tensor.data()[i] = kept;
      EXPECT_NEAR(gradient.data()[i], (above - below) / (2 * kStep), kRelativeTolerance * scale)
          << "entry " << i;
    }
  }

  Vector weight_ = patterned(geometry().weight_size(), 1, {5, 97, 48, 50});
  Vector bias_ = patterned(geometry().out.channels, 1, {3, 7, 3, 8});
  Matrix x_ = patterned(geometry().in.features(), GetParam().batch, {7, 101, 50, 40});
  ConvolutionWorkspace workspace_;
};

TEST_P(ConvolutionGradients, OfDataAreCentralDifferences) {
  const Matrix dy = output();
  Matrix dx(x_.rows(), x_.cols());
  convolution_backward_data(geometry(), view(weight_), view(dy),
                            MatrixView(dx.data(), dx.rows(), dx.cols()), Accumulate::no,
                            workspace_);
  expect_central_differences(x_, dx);
}

TEST_P(ConvolutionGradients, OfWeightsAndBiasesAreCentralDifferences) {
  const Matrix dy = output();
  Vector dweight(weight_.size());
  Vector dbias(bias_.size());
  convolution_backward_weights(geometry(), view(x_), view(dy),
                               VectorView(dweight.data(), dweight.size()),
                               VectorView(dbias.data(), dbias.size()), workspace_);
  expect_central_differences(weight_, dweight);
  expect_central_differences(bias_, dbias);
}

INSTANTIATE_TEST_SUITE_P(Geometries, ConvolutionGradients, ::testing::ValuesIn(convolution_cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace initbench::testing
