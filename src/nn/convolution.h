/// 2-D convolution (cross-correlation, as every framework has it) on channels-last images:
/// geometry, and forward and backward passes on oneDNN. In double precision (tests), naive loops.
///
/// Weights are in PyTorch's order: (out, in / groups, kernel height, kernel width), last index
/// fastest.
#pragma once

#include <array>
#include <memory>

#include "base/shape.h"
#include "base/types.h"
#include "nn/product.h"

namespace initbench {

struct ConvolutionGeometry {
  Shape in;
  Shape out;
  std::array<Index, 2> kernel{1, 1};  // height, width
  std::array<Index, 2> stride{1, 1};
  std::array<Index, 2> dilation{1, 1};
  std::array<Index, 2> pad_before{0, 0};  // top, left
  std::array<Index, 2> pad_after{0, 0};   // bottom, right
  bool circular = false;                  // the border wraps around instead of being zero
  Index groups = 1;

  Index weight_size() const {
    return out.channels * (in.channels / groups) * kernel[0] * kernel[1];
  }
  bool operator==(const ConvolutionGeometry&) const = default;
};

/// Primitives, reordered weights and padded images of one convolution node, created at its first
/// use and kept; movable, not shared between threads. Remade when the geometry or the batch size
/// changes (a few batch sizes are kept, so that an epoch's smaller last batch costs nothing).
class ConvolutionWorkspace {
 public:
  ConvolutionWorkspace();
  ~ConvolutionWorkspace();
  ConvolutionWorkspace(ConvolutionWorkspace&&) noexcept;
  ConvolutionWorkspace& operator=(ConvolutionWorkspace&&) noexcept;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// y = conv(x, weight) + bias. x (in.features() x batch), y (out.features() x batch); weight has
/// `weight_size()` entries; bias has out.channels entries or size 0.
void convolution_forward(const ConvolutionGeometry& geometry, ConstVectorView weight,
                         ConstVectorView bias, ConstMatrixView x, MatrixView y,
                         ConvolutionWorkspace& workspace);

/// dx = d loss / d x, or dx += ... .
void convolution_backward_data(const ConvolutionGeometry& geometry, ConstVectorView weight,
                               ConstMatrixView dy, MatrixView dx, Accumulate accumulate,
                               ConvolutionWorkspace& workspace);

/// dweight, dbias = d loss / d weight, d bias (overwritten); dbias may have size 0.
void convolution_backward_weights(const ConvolutionGeometry& geometry, ConstMatrixView x,
                                  ConstMatrixView dy, VectorView dweight, VectorView dbias,
                                  ConvolutionWorkspace& workspace);

}  // namespace initbench
