/// Where a number stopped being finite.
#pragma once

#include <string>

#include "base/types.h"
#include "nn/network.h"
#include "nn/tape.h"

namespace initbench {

/// A tensor of a layer: "weight", "bias", ... (a parameter's), "pre_activation", "activation",
/// "output" (of pooling, dropout, a residual sum), "gradient of weight", ... The output's own
/// overflow inside the loss is layer = the last one, tensor "loss"; inputs are layer "data", tensor
/// "input".
struct NonFinite {
  std::string layer;
  std::string tensor;
};

/// The first tensor that holds a NaN or an infinity, in the order of computation: the parameters,
/// then the layers' values forwards, then the gradients backwards.
NonFinite first_nonfinite(const Network& network, const Tape& tape, const Vector& gradient);

}  // namespace initbench
