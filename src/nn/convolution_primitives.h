/// One pass of a convolution on oneDNN, made ready for a geometry and a batch. For
/// nn/convolution_onednn.cpp alone.
#pragma once

#include <memory>

#include "nn/convolution.h"

namespace initbench::onednn {

enum class Pass { forward, backward_data, backward_weights };

/// What a primitive is made for.
struct Key {
  Pass pass = Pass::forward;
  Index batch = 0;
  int threads = 1;  // a primitive divides its work, and sizes its scratchpad, when it is made
  bool bias = false;
  bool operator==(const Key&) const = default;
};

/// The tensors of a pass. oneDNN takes inputs, too, at mutable addresses; it only reads them.
struct Addresses {
  float* image;    // x or dx
  float* weights;  // w or dw in PyTorch's order
  float* bias;     // b or db; nullptr: no bias
  float* output;   // y or dy
};

/// The primitive, and the reorder of the weights between PyTorch's order and the one that it
/// prefers.
class Primitive {
 public:
  /// Throws dnnl::error where oneDNN has no implementation.
  Primitive(const ConvolutionGeometry& geometry, const Key& key);
  ~Primitive();
  Primitive(Primitive&&) noexcept;
  Primitive& operator=(Primitive&&) noexcept;

  /// `same_weights`: the latest run had them, and they are in the right order still.
  void run(const Addresses& addresses, bool same_weights = false);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace initbench::onednn
