/// Kernels that LIBXSMM's code generator makes for one size each: a product of small matrices
/// spends most of its time on what a kernel for every size has to ask.
///
/// The generator alone is used, without LIBXSMM's run-time library: that one pins 11 MB of memory
/// at its first call and leaves a lock file in /tmp.
#pragma once

#include <compare>

namespace initbench {

/// c (rows x columns) = a op(b), or c += a op(b), all column-major.
struct ProductShape {
  int rows;
  int columns;
  int depth;     // columns of a
  int stride_a;  // elements from one column to the next
  int stride_b;
  int stride_c;
  bool transpose_b = false;  // b is columns x depth
  bool accumulate = false;

  auto operator<=>(const ProductShape&) const = default;
};

using ProductKernel = void (*)(const float* a, const float* b, float* c);

/// Null where LIBXSMM has none for this processor, or the system forbids generated code.
/// The kernel stays until the calling thread ends.
ProductKernel product_kernel(const ProductShape& shape);

/// `to` (columns x rows, without gaps) = transpose of `from` (rows x columns).
struct TransposeShape {
  int rows;
  int columns;

  auto operator<=>(const TransposeShape&) const = default;
};

/// Strides in elements.
using TransposeKernel = void (*)(const float* from, const unsigned* stride_from, float* to,
                                 const unsigned* stride_to);

/// As `product_kernel`.
TransposeKernel transpose_kernel(const TransposeShape& shape);

}  // namespace initbench
