/// Sweeps over a (channels x columns) matrix for sums and affine maps per channel: what both norms
/// share.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "base/errors.h"
#include "base/shape.h"
#include "base/types.h"
#include "nn/normalization.h"

namespace initbench {

// Channels handled in one sweep: their double sums stay in the first-level cache.
inline constexpr Index kChannelLanes = 64;
using DoubleLanes = std::array<double, kChannelLanes>;
using ScalarLanes = std::array<Scalar, kChannelLanes>;

/// Some neighbouring channels of a (channels x columns) matrix. When all channels are few, several
/// columns are handled together as one run of lanes, lane l being channel l % width.
struct ChannelTile {
  Index channels;  // of the matrix
  Index first;
  Index width;
  Index repeat;  // columns handled together

  Index lanes() const { return width * repeat; }

  /// Calls visit(offset of a run of values, its length) over all columns, in order.
  void for_each_run(Index columns, auto visit) const {
    Index column = 0;
    for (; column + repeat <= columns; column += repeat) visit(column * channels + first, lanes());
    for (; column < columns; ++column) visit(column * channels + first, width);
  }

  /// Each lane's value of a vector over channels.
  template <typename T>
  std::array<T, kChannelLanes> spread(auto channel_value) const {
    std::array<T, kChannelLanes> spread{};
    for (Index lane = 0; lane < lanes(); lane += width) {
      for (Index c = 0; c < width; ++c) {
        spread[static_cast<std::size_t>(lane + c)] = static_cast<T>(channel_value(first + c));
      }
    }
    return spread;
  }

  /// The sum of a channel's lanes.
  double fold(const DoubleLanes& sums, Index channel) const {
    double sum = 0;
    for (Index lane = channel - first; lane < lanes(); lane += width) {
      sum += sums[static_cast<std::size_t>(lane)];
    }
    return sum;
  }

  void for_each_channel(auto visit) const {
    for (Index channel = first; channel < first + width; ++channel) visit(channel);
  }
};

inline void for_each_tile(Index channels, auto visit) {
  for (Index first = 0; first < channels; first += kChannelLanes) {
    const Index width = std::min(kChannelLanes, channels - first);
    visit(ChannelTile{channels, first, width,
                      channels <= kChannelLanes ? kChannelLanes / channels : 1});
  }
}

/// visit(lane as std::size_t, offset) over a run.
inline void for_each_lane(Index offset, Index length, auto visit) {
  for (Index lane = 0; lane < length; ++lane) visit(static_cast<std::size_t>(lane), offset + lane);
}

inline void write(Scalar& to, Scalar value, Accumulate accumulate) {
  to = accumulate == Accumulate::yes ? to + value : value;
}

inline double inverse_deviation(double variance) { return 1 / std::sqrt(variance + kNormEpsilon); }

inline void expect_norm_shapes(const Shape& shape, const auto& x, const auto& y) {
  expects(x.rows() == shape.features() && x.rows() == y.rows() && x.cols() == y.cols(),
          "a norm keeps the shape");
  expects(x.size() > 0, "a norm needs a sample");
}

}  // namespace initbench
