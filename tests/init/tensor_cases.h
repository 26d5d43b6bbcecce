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

  TensorContext context() const {
    return {.parameter = parameter, .layer_type = layer_type, .activation = activation};
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

/// One small tensor of each kind: odd sizes, tall, wide, grouped, a bias.
std::vector<TestTensor> assorted_tensors();

/// The scheme's fill from the stream of (seed, weights, layer, tensor). Throws when the scheme does
/// not fit.
std::vector<Scalar> filled(const InitChoice& choice, const TestTensor& tensor,
                           std::uint64_t seed = 0);

}  // namespace initbench
