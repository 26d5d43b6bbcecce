// The double-precision build, for tests: the naive loops behind the interface of the fast passes.
#include "nn/convolution.h"

#ifdef INITBENCH_DOUBLE

#include "nn/convolution_naive.h"

namespace initbench {

struct ConvolutionWorkspace::State {};

ConvolutionWorkspace::ConvolutionWorkspace() : state_(std::make_unique<State>()) {}
ConvolutionWorkspace::~ConvolutionWorkspace() = default;
ConvolutionWorkspace::ConvolutionWorkspace(ConvolutionWorkspace&&) noexcept = default;
ConvolutionWorkspace& ConvolutionWorkspace::operator=(ConvolutionWorkspace&&) noexcept = default;

void convolution_forward(const ConvolutionGeometry& geometry, ConstVectorView weight,
                         ConstVectorView bias, ConstMatrixView x, MatrixView y,
                         ConvolutionWorkspace& /*workspace*/) {
  naive::convolution_forward(geometry, weight, bias, x, y);
}

void convolution_backward_data(const ConvolutionGeometry& geometry, ConstVectorView weight,
                               ConstMatrixView dy, MatrixView dx, Accumulate accumulate,
                               ConvolutionWorkspace& /*workspace*/) {
  naive::convolution_backward_data(geometry, weight, dy, dx, accumulate);
}

void convolution_backward_weights(const ConvolutionGeometry& geometry, ConstMatrixView x,
                                  ConstMatrixView dy, VectorView dweight, VectorView dbias,
                                  ConvolutionWorkspace& /*workspace*/) {
  naive::convolution_backward_weights(geometry, x, dy, dweight, dbias);
}

}  // namespace initbench

#endif
