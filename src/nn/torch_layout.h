/// Where PyTorch's memory order of a parameter differs from this one: the columns of a dense layer
/// that flattens an image, channels fastest (H, W, C) here, channels slowest (C, H, W) in PyTorch.
/// Every other parameter lies in the same order in both.
#pragma once

#include <span>
#include <vector>

#include "base/shape.h"
#include "nn/network.h"

namespace initbench {

/// Whether a layer's weight (out, in) has its columns in another order in PyTorch; `input` is the
/// shape of what the layer reads.
bool flattens_image(const Parameter& weight, const Shape& input);

/// The rows of a weight (out, H * W * C) with their columns brought into PyTorch's order, (C, H,
/// W).
std::vector<Scalar> to_torch_columns(const Shape& input, std::span<const Scalar> weight);
/// The inverse.
std::vector<Scalar> from_torch_columns(const Shape& input, std::span<const Scalar> weight);

}  // namespace initbench
