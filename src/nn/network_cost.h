/// How much arithmetic and memory a network costs: for plans, and for sharing them out.
#pragma once

#include "nn/network.h"

namespace initbench {

/// Floating-point operations of the forward and backward pass of one sample: two for each weight
/// and position where it is used, forward, for the weights' gradient and for the input's (which the
/// first layer does not need). What is not a product counts one operation per value and pass.
double training_flops(const Network& network);

/// Bytes of a tape for batches of so many samples, and of the parameters' gradient, after a forward
/// and a backward pass: oneDNN's copies of convolution weights are in, its scratch memory is not.
double passes_bytes(const Network& network, Index batch);

}  // namespace initbench
