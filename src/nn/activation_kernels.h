/// The functions of an activation's row, made from its formula: for one double, and over blocks of
/// contiguous Scalars.
#pragma once

#include <algorithm>

#include "base/types.h"

namespace initbench {

/// Numbers handled at once: long enough to fill vector registers, short enough to stay in them or
/// in the first-level cache. The last block is padded, so a number's result never depends on where
/// it lies.
inline constexpr Index kBlockSize = 64;
using Block = Eigen::Array<Scalar, kBlockSize, 1>;
using SingleDouble = Eigen::Array<double, 1, 1>;

inline Block load_block(const Scalar* from) { return Eigen::Map<const Block>(from); }
inline Block load_partial(const Scalar* from, Index size) {
  Block block = Block::Zero();
  std::copy_n(from, size, block.data());
  return block;
}

template <typename Formula>
double value_at(double z, double parameter) {
  return Formula::value(SingleDouble(z), parameter)(0);
}

template <typename Formula>
double derivative_at(double z, double parameter) {
  const SingleDouble at(z);
  return Formula::derivative(at, Formula::value(at, parameter), parameter)(0);
}

template <typename Formula>
void forward_blocks(double parameter, const Scalar* z, Scalar* a, Index size) {
  const auto p = static_cast<Scalar>(parameter);
  Index i = 0;
  for (; i + kBlockSize <= size; i += kBlockSize) {
    Eigen::Map<Block>(a + i) = Formula::value(load_block(z + i), p);
  }
  if (i == size) return;
  const Block last = Formula::value(load_partial(z + i, size - i), p);
  std::copy_n(last.data(), size - i, a + i);
}

template <typename Formula>
void backward_blocks(double parameter, const Scalar* z, const Scalar* a, const Scalar* da,
                     Scalar* dz, Index size) {
  const auto p = static_cast<Scalar>(parameter);
  Index i = 0;
  for (; i + kBlockSize <= size; i += kBlockSize) {
    const Block slope = Formula::derivative(load_block(z + i), load_block(a + i), p);
    Eigen::Map<Block>(dz + i) = load_block(da + i) * slope;
  }
  if (i == size) return;
  const Index rest = size - i;
  const Block slope = Formula::derivative(load_partial(z + i, rest), load_partial(a + i, rest), p);
  const Block last = load_partial(da + i, rest) * slope;
  std::copy_n(last.data(), rest, dz + i);
}

}  // namespace initbench
