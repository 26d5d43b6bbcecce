#include "nn/convolution_wrap.h"

#include <algorithm>

namespace initbench {
namespace {

/// A stretch of pixels that is contiguous in a row of both images.
struct Run {
  Index padded;  // first pixel, counted through the whole padded image
  Index image;   // the pixel it repeats
  Index pixels;
};

Index wrapped(Index i, Index size) { return ((i % size) + size) % size; }

template <typename Visit>
void for_each_run(const ConvolutionGeometry& g, Visit visit) {
  const Shape padded = padded_shape(g);
  for (Index row = 0; row < padded.height; ++row) {
    const Index image_row = wrapped(row - g.pad_before[0], g.in.height);
    Index column = 0;
    while (column < padded.width) {
      const Index image_column = wrapped(column - g.pad_before[1], g.in.width);
      const Index pixels = std::min(g.in.width - image_column, padded.width - column);
      visit(Run{.padded = row * padded.width + column,
                .image = image_row * g.in.width + image_column,
                .pixels = pixels});
      column += pixels;
    }
  }
}

}  // namespace

Shape padded_shape(const ConvolutionGeometry& geometry) {
  return Shape::image(geometry.pad_before[0] + geometry.in.height + geometry.pad_after[0],
                      geometry.pad_before[1] + geometry.in.width + geometry.pad_after[1],
                      geometry.in.channels);
}

void wrap_around(const ConvolutionGeometry& geometry, const ConstMatrixView& x, MatrixView padded) {
  const Index channels = geometry.in.channels;
  for (Index sample = 0; sample < x.cols(); ++sample) {
    const Scalar* from = x.col(sample).data();
    Scalar* to = padded.col(sample).data();
    for_each_run(geometry, [&](const Run& run) {
      std::copy_n(from + run.image * channels, run.pixels * channels, to + run.padded * channels);
    });
  }
}

void add_unwrapped(const ConvolutionGeometry& geometry, const ConstMatrixView& dpadded,
                   MatrixView dx) {
  const Index channels = geometry.in.channels;
  for (Index sample = 0; sample < dx.cols(); ++sample) {
    const Scalar* from = dpadded.col(sample).data();
    Scalar* to = dx.col(sample).data();
    for_each_run(geometry, [&](const Run& run) {
      const Index size = run.pixels * channels;
      VectorView(to + run.image * channels, size) +=
          ConstVectorView(from + run.padded * channels, size);
    });
  }
}

}  // namespace initbench
