/// A pass of a convolution made ready on oneDNN: which of its implementations, and the tensors and
/// reorders that it takes. For nn/convolution_onednn.cpp alone.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <unordered_map>

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

/// A primitive with its arguments.
struct Step {
  dnnl::primitive primitive;
  std::unordered_map<int, dnnl::memory> arguments;

  void run(const dnnl::stream& stream) const { primitive.execute(stream, arguments); }
};

/// One pass made ready: the primitive, the tensors whose addresses each call sets, and the
/// reorder of the weights between PyTorch's order and the one that the primitive prefers (absent
/// when they agree).
struct Prepared {
  Step convolution;
  dnnl::memory image;    // x or dx
  dnnl::memory output;   // y or dy
  dnnl::memory bias;     // b or db
  dnnl::memory weights;  // w or dw in PyTorch's order
  std::optional<Step> reorder;
};

/// Throws dnnl::error where oneDNN has no implementation.
Prepared prepare(const ConvolutionGeometry& geometry, const Key& key, const dnnl::engine& engine);

}  // namespace initbench::onednn
