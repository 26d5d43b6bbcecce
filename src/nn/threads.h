/// The threads inside one run, for products, convolutions and passes over many numbers.
#pragma once

#include <functional>

#include "base/types.h"

namespace initbench {

/// Threads that work called from this thread may use; 1 unless set.
void set_compute_threads(int threads);
int compute_threads();

/// Parts begin at multiples of it.
inline constexpr Index kPartGranule = 4096;

/// What for_each_part calls, behind a reference that needs no memory.
using Part = std::function<void(Index begin, Index size)>;
void run_parts(Index count, const Part& part);

/// Calls part(begin, size) for consecutive parts of 0 ... count - 1, in the threads of the calling
/// one; once for all of them where threads would cost more than they gain. Vector registers and
/// blocks that divide kPartGranule divide parts as they divide the whole, so that what is computed
/// for a number does not depend on the threads. `part` must not throw.
void for_each_part(Index count, const auto& part) { run_parts(count, std::cref(part)); }

}  // namespace initbench
