#include "nn/threads.h"

#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace initbench {
namespace {

class Threads : public testing::Test {
 protected:
  ~Threads() override { set_compute_threads(1); }

  /// How often each of `count` numbers was in a part.
  std::vector<int> visits(Index count) {
    std::vector<int> times(static_cast<std::size_t>(count));
    for_each_part(count, [&](Index begin, Index size) {
      for (Index i = begin; i < begin + size; ++i) ++times[static_cast<std::size_t>(i)];
      const std::scoped_lock lock(mutex_);
      begins_.push_back(begin);
    });
    return times;
  }

  std::mutex mutex_;
  std::vector<Index> begins_;
};

TEST_F(Threads, AreCountedPerThread) {
  set_compute_threads(2);
  int elsewhere = 0;
  std::thread([&] { elsewhere = compute_threads(); }).join();
  EXPECT_EQ(elsewhere, 1);
  EXPECT_EQ(compute_threads(), 2);
}

TEST_F(Threads, AreAtLeastOne) { EXPECT_THROW(set_compute_threads(0), std::logic_error); }

TEST_F(Threads, TakeEachNumberOnceWhateverTheirCount) {
  for (const int threads : {1, 2, 3, 7}) {
    set_compute_threads(threads);
    for (const Index count : {0, 1, 4096, 32767, 32768, 32769, 40960, 100001}) {
      EXPECT_EQ(visits(count), std::vector<int>(static_cast<std::size_t>(count), 1))
          << threads << " threads, " << count << " numbers";
    }
  }
}

TEST_F(Threads, BeginAtMultiplesOf4096) {
  set_compute_threads(3);
  visits(100001);
  EXPECT_EQ(begins_.size(), 3U);
  for (const Index begin : begins_) EXPECT_EQ(begin % 4096, 0);
}

TEST_F(Threads, LeaveFewNumbersToOne) {
  set_compute_threads(2);
  visits(32767);
  EXPECT_EQ(begins_, std::vector<Index>{0});
}

}  // namespace
}  // namespace initbench
