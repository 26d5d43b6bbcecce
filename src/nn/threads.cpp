#include "nn/threads.h"

#include <omp.h>

#include <algorithm>

#include "base/errors.h"

namespace initbench {
namespace {

// OpenMP's own default is every core, and a new thread starts from it: ours has to be asserted at
// each call. Per thread, because runs are parallel over threads and each has its own count.
thread_local int threads_of_this_thread = 1;

// Starting and joining threads takes some microseconds, as long as one thread needs for so many
// numbers.
constexpr Index kFewest = 8 * kPartGranule;

}  // namespace

void set_compute_threads(int threads) {
  expects(threads >= 1, "set_compute_threads: at least one thread");
  threads_of_this_thread = threads;
}

int compute_threads() { return threads_of_this_thread; }

void run_parts(Index count, const Part& part) {
  const Index threads = compute_threads();
  if (threads == 1 || count < kFewest) return part(0, count);
  const Index granules = (count + kPartGranule - 1) / kPartGranule;
  const Index share = (granules + threads - 1) / threads * kPartGranule;
#pragma omp parallel for num_threads(static_cast <int>(threads)) schedule(static, 1)
  for (Index begin = 0; begin < count; begin += share) {
    part(begin, std::min(share, count - begin));
  }
}

}  // namespace initbench
