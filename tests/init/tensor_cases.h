/// Hand-made tensors to fill, so that schemes are tested without a network.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "init/scheme.h"

namespace initbench {

/// A parameter with what a scheme may know about its layer.
struct TestTensor {
  Parameter parameter;
  std::string layer_type;
  Activation activation;
  /// By default a hidden layer of a chain, neither the first nor the last.
  LayerPosition position = {.index = 1, .depth = 3};
  Shape input = {};  // what the layer reads; only an image that a dense layer flattens matters

  TensorContext context() const {
    return {.parameter = parameter, .activation = activation, .position = position, .input = input};
  }
};

struct ConvolutionDims {
  Index out = 1;
  Index in = 1;
  Index height = 1;
  Index width = 1;
  Index groups = 1;
};

TestTensor dense_weight(Index out, Index in);
TestTensor convolution_weight(const ConvolutionDims& dims);
/// The bias of a dense layer with that fan-in.
TestTensor bias(Index size, Index fan_in);

/// The tensor as that of a layer of a residual branch: the `index`-th of `layers`, one of 3 blocks.
TestTensor in_branch(TestTensor tensor, Index layers, Index index);
/// The tensor as that of the only layer that reads the input, or of the last one.
TestTensor reading_input(TestTensor tensor);
TestTensor of_last_layer(TestTensor tensor);

/// One small tensor of each kind: odd sizes, even ones, tall, wide, grouped, a bias, first and last
/// layers, layers of residual branches.
std::vector<TestTensor> assorted_tensors();

/// The rows that can be chosen by their name alone: all but those with a required parameter, which
/// by its nature has no default (the path of a file to load).
std::vector<const Scheme*> rows_with_defaults();

/// The scheme's fill from the stream of (seed, weights, layer, tensor). Throws when the scheme does
/// not fit.
std::vector<Scalar> filled(const InitChoice& choice, const TestTensor& tensor,
                           std::uint64_t seed = 0);

}  // namespace initbench
