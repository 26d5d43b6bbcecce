#include "nn/product.h"

#include <omp.h>

#ifndef INITBENCH_DOUBLE
#include <oneapi/dnnl/dnnl.h>
#endif

#include <stdexcept>
#include <string>

#include "base/errors.h"
#include "nn/small_product.h"
#include "nn/threads.h"

namespace initbench {
namespace {

struct Extent {
  Index rows;
  Index columns;
};

Extent extent(const ConstMatrixView& matrix, Transpose transpose) {
  if (transpose == Transpose::yes) return {matrix.cols(), matrix.rows()};
  return {matrix.rows(), matrix.cols()};
}

#ifdef INITBENCH_DOUBLE

template <typename Left, typename Right>
void multiply(const Left& a, const Right& b, MatrixView& c, Accumulate accumulate) {
  if (accumulate == Accumulate::yes) {
    c.noalias() += a * b;
  } else {
    c.noalias() = a * b;
  }
}

void multiply(const ConstMatrixView& a, Transpose transpose_a, const ConstMatrixView& b,
              Transpose transpose_b, MatrixView& c, Accumulate accumulate) {
  if (transpose_a == Transpose::yes && transpose_b == Transpose::yes) {
    multiply(a.transpose(), b.transpose(), c, accumulate);
  } else if (transpose_a == Transpose::yes) {
    multiply(a.transpose(), b, c, accumulate);
  } else if (transpose_b == Transpose::yes) {
    multiply(a, b.transpose(), c, accumulate);
  } else {
    multiply(a, b, c, accumulate);
  }
}

#else

char letter(Transpose transpose) { return transpose == Transpose::yes ? 'T' : 'N'; }

// oneDNN's sgemm, for what LIBXSMM does not do, is row-major. Our memory read row by row holds the
// transposes, so it computes c^T = op(b)^T * op(a)^T.
void multiply(const ConstMatrixView& a, Transpose transpose_a, const ConstMatrixView& b,
              Transpose transpose_b, MatrixView& c, Accumulate accumulate) {
  if (small_product(a, transpose_a, b, transpose_b, c, accumulate)) return;
  const Index depth = extent(a, transpose_a).columns;
  const float beta = accumulate == Accumulate::yes ? 1.0F : 0.0F;
  const dnnl_status_t status =
      dnnl_sgemm(letter(transpose_b), letter(transpose_a), c.cols(), c.rows(), depth, 1.0F,
                 b.data(), b.rows(), a.data(), a.rows(), beta, c.data(), c.rows());
  if (status != dnnl_success) {
    throw std::runtime_error("oneDNN's sgemm failed with status " + std::to_string(status));
  }
}

#endif

}  // namespace

void product(ConstMatrixView a, Transpose transpose_a, ConstMatrixView b, Transpose transpose_b,
             MatrixView c, Accumulate accumulate) {
  const Extent left = extent(a, transpose_a);
  const Extent right = extent(b, transpose_b);
  expects(left.columns == right.rows, "product: inner sizes agree");
  expects(c.rows() == left.rows && c.cols() == right.columns, "product: size of the result");
  if (c.size() == 0) return;
  if (left.columns == 0) {  // an empty sum
    if (accumulate == Accumulate::no) c.setZero();
    return;
  }
  omp_set_num_threads(compute_threads());
  multiply(a, transpose_a, b, transpose_b, c, accumulate);
}

}  // namespace initbench
