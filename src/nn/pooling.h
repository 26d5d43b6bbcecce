/// Max and average pooling over windows of a channels-last image, and the average over all
/// positions.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/shape.h"
#include "base/types.h"
#include "nn/product.h"

namespace initbench {

/// Windows that do not fit are dropped (PyTorch's floor mode); no padding.
struct PoolingGeometry {
  Shape in;
  Shape out;
  std::array<Index, 2> size{2, 2};  // height, width
  std::array<Index, 2> stride{2, 2};
  bool operator==(const PoolingGeometry&) const = default;
};

/// y = max over each window; argmax (out.features() * batch, resized here) keeps the winner's
/// feature index, the first in row-major window order on ties, as PyTorch. A NaN wins.
void max_pool_forward(const PoolingGeometry& geometry, ConstMatrixView x, MatrixView y,
                      std::vector<std::int32_t>& argmax);
void max_pool_backward(const PoolingGeometry& geometry, const std::vector<std::int32_t>& argmax,
                       ConstMatrixView dy, MatrixView dx, Accumulate accumulate);

void average_pool_forward(const PoolingGeometry& geometry, ConstMatrixView x, MatrixView y);
void average_pool_backward(const PoolingGeometry& geometry, ConstMatrixView dy, MatrixView dx,
                           Accumulate accumulate);

}  // namespace initbench
