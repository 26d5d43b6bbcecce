/// Sums in double, in an order that depends on the count alone: independent lanes let the compiler
/// use vector registers without reordering any sum.
#pragma once

#include <array>
#include <cstddef>

namespace initbench {

// Enough to keep the adders of wide vector registers busy: with 16, sum and squares took four times
// as long.
inline constexpr std::size_t kLanes = 32;

/// The sum of the lanes, by halves: one after the other they would wait for each other.
inline double folded(std::array<double, kLanes>& lanes) {
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes.front();
}

/// The sum of term(0) ... term(count - 1).
template <typename Term>
double lane_sum(std::size_t count, Term term) {
  std::array<double, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += term(i + lane);
  }
  double total = folded(sums);
  for (; i < count; ++i) total += term(i);
  return total;
}

/// The sums of value(i) and of its square, in one pass.
struct SumAndSquares {
  double sum = 0;
  double squares = 0;
};

template <typename Value>
SumAndSquares lane_sum_and_squares(std::size_t count, Value value) {
  std::array<double, kLanes> sums{};
  std::array<double, kLanes> squares{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double x = value(i + lane);
      sums[lane] += x;
      squares[lane] += x * x;
    }
  }
  SumAndSquares total{.sum = folded(sums), .squares = folded(squares)};
  for (; i < count; ++i) {
    const double x = value(i);
    total.sum += x;
    total.squares += x * x;
  }
  return total;
}

}  // namespace initbench
