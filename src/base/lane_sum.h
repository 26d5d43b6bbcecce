/// Sums in double, in an order that depends on the count alone: independent lanes let the compiler
/// use vector registers without reordering any sum.
#pragma once

#include <array>
#include <cstddef>

namespace initbench {

// Enough to keep the adders of wide vector registers busy: with 16, sum and squares took four times
// as long.
inline constexpr std::size_t kLanes = 32;

/// The sum of the lanes, by halves: one after the other they would wait for each other. Halves of a
/// size that the compiler knows stay in registers.
template <std::size_t kHalf = kLanes / 2>
double folded(std::array<double, kLanes>& lanes) {
  for (std::size_t lane = 0; lane < kHalf; ++lane) lanes[lane] += lanes[lane + kHalf];
  if constexpr (kHalf > 1) return folded<kHalf / 2>(lanes);
  return lanes.front();
}

/// The sum of terms 0 ... count - 1; `add(i, sum)` is the sum with term i added.
template <typename Add>
double lane_sum(std::size_t count, Add add) {
  double total = 0;
  std::size_t i = 0;
  if (count >= kLanes) {
    std::array<double, kLanes> sums{};
    for (; i + kLanes <= count; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] = add(i + lane, sums[lane]);
    }
    total = folded(sums);
  }
  for (; i < count; ++i) total = add(i, total);
  return total;
}

/// Two sums, in one pass.
struct TwoSums {
  double first = 0;
  double second = 0;
};

/// `add(i, sums)` is both with their term i added.
template <typename Add>
TwoSums lane_sums(std::size_t count, Add add) {
  std::array<double, kLanes> firsts{};
  std::array<double, kLanes> seconds{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const TwoSums sums = add(i + lane, {.first = firsts[lane], .second = seconds[lane]});
      firsts[lane] = sums.first;
      seconds[lane] = sums.second;
    }
  }
  TwoSums total{.first = folded(firsts), .second = folded(seconds)};
  for (; i < count; ++i) total = add(i, total);
  return total;
}

}  // namespace initbench
