/// THE matrix product of the program: every dense layer goes through it, so that the choice of the
/// kernel behind it is made, and measured, in one place.
#pragma once

#include "base/types.h"

namespace initbench {

enum class Transpose { no, yes };
enum class Accumulate { no, yes };

/// c (rows x columns) = op(a) * op(b), or c += ... . Views are column-major without gaps.
/// Runs in the number of threads set by `set_compute_threads` of the calling thread; the result
/// does not depend on anything but the operands, the thread count and the processor.
void product(ConstMatrixView a, Transpose transpose_a, ConstMatrixView b, Transpose transpose_b,
             MatrixView c, Accumulate accumulate = Accumulate::no);

/// Threads that one product or convolution called from this thread may use; 1 unless set.
void set_compute_threads(int threads);
int compute_threads();

}  // namespace initbench
