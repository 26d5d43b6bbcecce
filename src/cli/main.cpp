#include <malloc.h>

#include "cli/command_line.h"

int main(int argc, char** argv) {
#ifdef M_TRIM_THRESHOLD
  // A run's buffers are freed at its end and needed again by the next one. glibc would give their
  // pages back in between: of 300 small runs that cost 0.4 ms each.
  constexpr int kMiB = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
  mallopt(M_TRIM_THRESHOLD, 64 * kMiB);
#endif
  return initbench::run_command_line(argc, argv);
}
