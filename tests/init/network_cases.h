/// Networks to fill and run: what a scheme promises of a network's function.
#pragma once

#include "init/architecture_cases.h"
#include "nn/tape.h"

namespace initbench::testing {

inline LayerSpec convolution(const std::string& name, Index channels, Index kernel,
                             const Activation& activation) {
  return {.name = name,
          .place = "place of " + name,
          .kind = Conv2dSpec{.channels = channels,
                             .kernel = {kernel, kernel},
                             .padding = {.mode = PaddingMode::circular},
                             .activation = activation}};
}

/// The network with the scheme in every layer; biases as the scheme brings them, or zero.
inline Network initialized(const ModelSpec& model, const Shape& input, Index outputs,
                           const InitChoice& choice, std::uint64_t seed = 0) {
  Network network(model, input, outputs);
  initialize(network, inits_of(network, choice), seed);
  return network;
}

/// The value of a node, one column per sample of x.
inline Matrix value_at(const Network& network, NodeId node, const Matrix& x) {
  Tape tape(network, x.cols());
  tape.value(0) = x;
  forward(network, {.mode = Mode::evaluate}, tape);
  return tape.value(node);
}

inline Matrix output_of(const Network& network, const Matrix& x) {
  return value_at(network, network.output(), x);
}

/// Independent normal entries.
inline Matrix normal_matrix(Index rows, Index columns, std::uint64_t seed) {
  Rng rng({.seed = seed, .purpose = Purpose::probe, .name = "inputs", .tensor = "test"});
  Matrix x(rows, columns);
  for (Scalar& entry : x.reshaped()) entry = static_cast<Scalar>(rng.normal());
  return x;
}

}  // namespace initbench::testing
