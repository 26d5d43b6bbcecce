#include "nn/small_product.h"

#ifndef INITBENCH_DOUBLE

#include <algorithm>
#include <array>

#include "nn/generated_kernels.h"

namespace initbench {
namespace {

// All three matrices together, 128 KB. Larger ones come from beyond the second-level cache, and
// oneDNN's sgemm, which copies while it computes, reads those faster.
constexpr Index kMostElements = 1 << 15;
// Below so many columns of c, transposing `a` costs more than the kernel gains.
constexpr Index kFewestColumns = 16;
constexpr Index kTile = 32;  // rows of a matrix that are transposed at a time

/// The transpose of `a`; null where there is no kernel. Lasts until the thread's next call.
const float* transposed(const ConstMatrixView& a) {
  static thread_local std::array<float, kMostElements> values;
  const auto stride_from = static_cast<unsigned>(a.rows());
  const auto stride_to = static_cast<unsigned>(a.cols());
  for (Index row = 0; row < a.rows(); row += kTile) {
    const auto rows = static_cast<int>(std::min(kTile, a.rows() - row));
    const TransposeKernel kernel = transpose_kernel({rows, static_cast<int>(a.cols())});
    if (kernel == nullptr) return nullptr;
    kernel(a.data() + row, &stride_from, values.data() + row * a.cols(), &stride_to);
  }
  return values.data();
}

}  // namespace

bool small_product(const ConstMatrixView& a, Transpose transpose_a, const ConstMatrixView& b,
                   Transpose transpose_b, MatrixView& c, Accumulate accumulate) {
  const bool transpose = transpose_a == Transpose::yes;
  if (a.size() + b.size() + c.size() > kMostElements) return false;
  if (transpose && c.cols() < kFewestColumns) return false;
  const ProductKernel kernel =
      product_kernel({.rows = static_cast<int>(c.rows()),
                      .columns = static_cast<int>(c.cols()),
                      .depth = static_cast<int>(transpose ? a.rows() : a.cols()),
                      .stride_a = static_cast<int>(c.rows()),
                      .stride_b = static_cast<int>(b.rows()),
                      .stride_c = static_cast<int>(c.rows()),
                      .transpose_b = transpose_b == Transpose::yes,
                      .accumulate = accumulate == Accumulate::yes});
  const float* left = transpose ? transposed(a) : a.data();
  if (kernel == nullptr || left == nullptr) return false;
  kernel(left, b.data(), c.data());
  return true;
}

}  // namespace initbench

#endif
