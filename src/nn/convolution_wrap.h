/// Circular padding made explicit: an image copied into a larger one whose border repeats the
/// opposite side, and the adjoint of that copy. (oneDNN pads with zeros only.)
#pragma once

#include "nn/convolution.h"

namespace initbench {

/// The input image with its padding.
Shape padded_shape(const ConvolutionGeometry& geometry);

/// padded (padded features x batch) = x (in.features() x batch) wrapped around.
void wrap_around(const ConvolutionGeometry& geometry, const ConstMatrixView& x, MatrixView padded);

/// dx += the gradient of the copy: every padded pixel's gradient goes to the pixel it repeats.
void add_unwrapped(const ConvolutionGeometry& geometry, const ConstMatrixView& dpadded,
                   MatrixView dx);

}  // namespace initbench
