/// THE matrix product of the program: every dense layer goes through it, so that the choice of the
/// kernel behind it is made, and measured, in one place.
#pragma once

#include "base/types.h"

namespace initbench {

enum class Transpose { no, yes };
enum class Accumulate { no, yes };

/// c (rows x columns) = op(a) * op(b), or c += ... . Views are column-major without gaps.
/// Runs in the calling thread's `compute_threads` (nn/threads.h), small ones in itself; the result
/// does not depend on anything but the operands, the thread count and the processor.
void product(ConstMatrixView a, Transpose transpose_a, ConstMatrixView b, Transpose transpose_b,
             MatrixView c, Accumulate accumulate = Accumulate::no);

}  // namespace initbench
