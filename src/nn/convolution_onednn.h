/// Zero-padded convolution on oneDNN: primitives made at their first use and kept, and the reorders
/// of the weights. What oneDNN cannot do, circular padding and adding to a gradient, is left to
/// nn/convolution.cpp.
#pragma once

#include <memory>

#include "nn/convolution.h"

namespace initbench {

/// Movable, for one thread at a time. Makes its primitives anew when the geometry changes.
class OnednnConvolution {
 public:
  OnednnConvolution();
  ~OnednnConvolution();
  OnednnConvolution(OnednnConvolution&&) noexcept;
  OnednnConvolution& operator=(OnednnConvolution&&) noexcept;

  // Where the tensors of a pass lie: images one sample after the other, weights in PyTorch's order.
  struct Forward {
    Index batch = 0;
    const float* weight = nullptr;
    const float* bias = nullptr;  // nullptr: no bias
    const float* x = nullptr;
    float* y = nullptr;
  };
  struct BackwardData {
    Index batch = 0;
    const float* weight = nullptr;
    const float* dy = nullptr;
    float* dx = nullptr;
  };
  struct BackwardWeights {
    Index batch = 0;
    const float* x = nullptr;
    const float* dy = nullptr;
    float* dweight = nullptr;
    float* dbias = nullptr;  // nullptr: no bias
  };

  /// Overwrite what is not const. `geometry` must not be circular, nor the batch empty.
  void run(const ConvolutionGeometry& geometry, const Forward& tensors);
  void run(const ConvolutionGeometry& geometry, const BackwardData& tensors);
  void run(const ConvolutionGeometry& geometry, const BackwardWeights& tensors);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace initbench
