/// Which positions of the input a convolution's kernel reads.
#pragma once

#include <algorithm>

#include "nn/convolution.h"

namespace initbench {

/// Where a tap of the kernel reads along one axis (0: rows), for one place of the output, or -1.
inline Index tap_place(const ConvolutionGeometry& g, std::size_t axis, Index out, Index tap) {
  const Index size = axis == 0 ? g.in.height : g.in.width;
  const Index in = out * g.stride[axis] + tap * g.dilation[axis] - g.pad_before[axis];
  if (g.circular) return (in + size) % size;
  return in < size ? std::max<Index>(in, -1) : -1;
}

/// Calls visit(output position, input position, tap) for every tap that does not read padding.
template <typename Visit>
void for_each_tap(const ConvolutionGeometry& g, Visit visit) {
  for (Index out_row = 0; out_row < g.out.height; ++out_row) {
    for (Index row = 0; row < g.kernel[0]; ++row) {
      const Index in_row = tap_place(g, 0, out_row, row);
      if (in_row < 0) continue;
      for (Index out_column = 0; out_column < g.out.width; ++out_column) {
        for (Index column = 0; column < g.kernel[1]; ++column) {
          const Index in_column = tap_place(g, 1, out_column, column);
          if (in_column < 0) continue;
          visit(out_row * g.out.width + out_column, in_row * g.in.width + in_column,
                row * g.kernel[1] + column);
        }
      }
    }
  }
}

}  // namespace initbench
