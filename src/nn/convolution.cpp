#include "nn/convolution.h"

#include "base/errors.h"
#include "nn/convolution_naive.h"
#include "nn/convolution_onednn.h"
#include "nn/convolution_wrap.h"

namespace initbench {
namespace {

// For parameters and their gradients alike.
void expect_parameters(const ConvolutionGeometry& geometry, Index weights, Index biases) {
  expects(weights == geometry.weight_size(), "convolution: number of weights");
  expects(biases == 0 || biases == geometry.out.channels, "convolution: number of biases");
}

// For images and their gradients alike.
template <typename Image, typename Output>
void expect_images(const ConvolutionGeometry& geometry, const Image& image, const Output& output) {
  expects(image.rows() == geometry.in.features(), "convolution: size of an input image");
  expects(output.rows() == geometry.out.features(), "convolution: size of an output image");
  expects(image.cols() == output.cols(), "convolution: same batch at input and output");
}

}  // namespace

#ifdef INITBENCH_DOUBLE

// For tests: the naive loops behind the same interface.

struct ConvolutionWorkspace::State {};

void convolution_forward(const ConvolutionGeometry& geometry, ConstVectorView weight,
                         ConstVectorView bias, ConstMatrixView x, MatrixView y,
                         ConvolutionWorkspace& /*workspace*/) {
  expect_parameters(geometry, weight.size(), bias.size());
  expect_images(geometry, x, y);
  naive::convolution_forward(geometry, weight, bias, x, y);
}

void convolution_backward_data(const ConvolutionGeometry& geometry, ConstVectorView weight,
                               ConstMatrixView dy, MatrixView dx, Accumulate accumulate,
                               ConvolutionWorkspace& /*workspace*/) {
  expect_parameters(geometry, weight.size(), 0);
  expect_images(geometry, dx, dy);
  naive::convolution_backward_data(geometry, weight, dy, dx, accumulate);
}

void convolution_backward_weights(const ConvolutionGeometry& geometry, ConstMatrixView x,
                                  ConstMatrixView dy, VectorView dweight, VectorView dbias,
                                  ConvolutionWorkspace& /*workspace*/) {
  expect_parameters(geometry, dweight.size(), dbias.size());
  expect_images(geometry, x, dy);
  naive::convolution_backward_weights(geometry, x, dy, dweight, dbias);
}

#else

struct ConvolutionWorkspace::State {
  OnednnConvolution convolution;
  Vector images;  // padded images, or gradients yet to be added; only grows

  MatrixView scratch(const Shape& shape, Index batch) {
    const Index size = shape.features() * batch;
    if (images.size() < size) images.resize(size);
    return {images.data(), shape.features(), batch};
  }
};

namespace {

/// What is left to convolve once circular padding is part of the images.
ConvolutionGeometry without_wrap(ConvolutionGeometry geometry) {
  if (!geometry.circular) return geometry;
  geometry.in = padded_shape(geometry);
  geometry.pad_before = geometry.pad_after = {0, 0};
  geometry.circular = false;
  return geometry;
}

/// The images that oneDNN shall see: x itself, or wrapped around when padding is circular.
const float* padded(const ConvolutionGeometry& geometry, const ConstMatrixView& x,
                    ConvolutionWorkspace& workspace) {
  if (!geometry.circular) return x.data();
  const MatrixView copy = workspace.state().scratch(padded_shape(geometry), x.cols());
  wrap_around(geometry, x, copy);
  return copy.data();
}

}  // namespace

void convolution_forward(const ConvolutionGeometry& geometry, ConstVectorView weight,
                         ConstVectorView bias, ConstMatrixView x, MatrixView y,
                         ConvolutionWorkspace& workspace) {
  expect_parameters(geometry, weight.size(), bias.size());
  expect_images(geometry, x, y);
  if (x.cols() == 0) return;
  workspace.state().convolution.run(
      without_wrap(geometry),
      OnednnConvolution::Forward{.batch = x.cols(),
                                 .weight = weight.data(),
                                 .bias = bias.size() > 0 ? bias.data() : nullptr,
                                 .x = padded(geometry, x, workspace),
                                 .y = y.data()});
}

void convolution_backward_data(const ConvolutionGeometry& geometry, ConstVectorView weight,
                               ConstMatrixView dy, MatrixView dx, Accumulate accumulate,
                               ConvolutionWorkspace& workspace) {
  expect_parameters(geometry, weight.size(), 0);
  expect_images(geometry, dx, dy);
  if (dy.cols() == 0) return;
  const ConvolutionGeometry convolved = without_wrap(geometry);
  const bool in_place = !geometry.circular && accumulate == Accumulate::no;
  MatrixView gradient = in_place ? dx : workspace.state().scratch(convolved.in, dy.cols());
  workspace.state().convolution.run(
      convolved,
      OnednnConvolution::BackwardData{
          .batch = dy.cols(), .weight = weight.data(), .dy = dy.data(), .dx = gradient.data()});
  if (in_place) return;
  if (accumulate == Accumulate::no) dx.setZero();
  if (geometry.circular) {
    add_unwrapped(geometry, ConstMatrixView(gradient.data(), gradient.rows(), gradient.cols()), dx);
  } else {
    dx += gradient;
  }
}

void convolution_backward_weights(const ConvolutionGeometry& geometry, ConstMatrixView x,
                                  ConstMatrixView dy, VectorView dweight, VectorView dbias,
                                  ConvolutionWorkspace& workspace) {
  expect_parameters(geometry, dweight.size(), dbias.size());
  expect_images(geometry, x, dy);
  if (x.cols() == 0) {  // an empty sum
    dweight.setZero();
    dbias.setZero();
    return;
  }
  workspace.state().convolution.run(
      without_wrap(geometry),
      OnednnConvolution::BackwardWeights{.batch = x.cols(),
                                         .x = padded(geometry, x, workspace),
                                         .dy = dy.data(),
                                         .dweight = dweight.data(),
                                         .dbias = dbias.size() > 0 ? dbias.data() : nullptr});
}

#endif

ConvolutionWorkspace::ConvolutionWorkspace() : state_(std::make_unique<State>()) {}
ConvolutionWorkspace::~ConvolutionWorkspace() = default;
ConvolutionWorkspace::ConvolutionWorkspace(ConvolutionWorkspace&&) noexcept = default;
ConvolutionWorkspace& ConvolutionWorkspace::operator=(ConvolutionWorkspace&&) noexcept = default;

}  // namespace initbench
