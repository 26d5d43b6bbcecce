/// Products of matrices that lie in the processor's cache together: what narrow layers consist of,
/// and what a product for every size is slowest at.
#pragma once

#ifndef INITBENCH_DOUBLE

#include "base/types.h"
#include "nn/product.h"

namespace initbench {

/// c = op(a) op(b), or c += ... . Views are column-major without gaps, and not empty. Uses
/// one thread. False, with nothing done, when the matrices are not small, or there is no kernel for
/// them on this processor.
bool small_product(const ConstMatrixView& a, Transpose transpose_a, const ConstMatrixView& b,
                   Transpose transpose_b, MatrixView& c, Accumulate accumulate);

}  // namespace initbench

#endif
