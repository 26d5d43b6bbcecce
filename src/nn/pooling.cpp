#include "nn/pooling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/errors.h"

namespace initbench {
namespace {

void expect_shapes(const PoolingGeometry& geometry, Index in_rows, Index in_columns, Index out_rows,
                   Index out_columns) {
  expects(in_rows == geometry.in.features() && out_rows == geometry.out.features() &&
              in_columns == out_columns,
          "pooling: matrices match the geometry");
  expects(geometry.in.features() <= std::numeric_limits<std::int32_t>::max(),
          "pooling: feature indices fit 32 bits");
}

// Channels handled at once, in registers. The loops over them have a constant length, so that
// images of few channels are as fast; at 16 or fewer g++ 12 unrolls them into branches, 4 to 10
// times slower.
constexpr Index kLanes = 32;
using Lanes = std::array<Scalar, kLanes>;

/// Some channels of one output position: the first input feature of their window, the first output
/// feature, and how many channels.
struct Window {
  Index in;
  Index out;
  Index width;
};

/// Calls visit(Window) for every output position and group of up to kLanes channels.
void for_each_window(const PoolingGeometry& geometry, auto visit) {
  const Index channels = geometry.in.channels;
  for (Index row = 0; row < geometry.out.height; ++row) {
    for (Index column = 0; column < geometry.out.width; ++column) {
      const Index in =
          (row * geometry.stride[0] * geometry.in.width + column * geometry.stride[1]) * channels;
      const Index out = (row * geometry.out.width + column) * channels;
      for (Index c = 0; c < channels; c += kLanes) {
        visit(Window{in + c, out + c, std::min(kLanes, channels - c)});
      }
    }
  }
}

/// Calls visit(first input feature) for the positions of a window in row-major order.
void for_each_position(const PoolingGeometry& geometry, const Window& window, auto visit) {
  const Index channels = geometry.in.channels;
  for (Index row = 0; row < geometry.size[0]; ++row) {
    for (Index column = 0; column < geometry.size[1]; ++column) {
      visit(window.in + (row * geometry.in.width + column) * channels);
    }
  }
}

/// kLanes features of a sample from `first` on; those past its end are zero.
Lanes load(const Scalar* sample, Index features, Index first) {
  Lanes lanes{};
  if (first + kLanes <= features) {
    std::copy_n(sample + first, kLanes, lanes.begin());
  } else {
    std::copy_n(sample + first, features - first, lanes.begin());
  }
  return lanes;
}

void store(const auto& lanes, Index width, auto* to) {
  if (width == kLanes) {
    std::copy_n(lanes.begin(), kLanes, to);
  } else {
    for (Index lane = 0; lane < width; ++lane) to[lane] = lanes[static_cast<std::size_t>(lane)];
  }
}

/// The largest values of a window, and the offsets from its first position where they are.
struct Largest {
  Lanes value;
  std::array<std::int32_t, kLanes> offset{};

  /// A later equal value does not win; a NaN always does, and the last one stays, as in PyTorch.
  void challenge(const Lanes& candidate, std::int32_t its_offset) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const bool wins = candidate[lane] > value[lane] || std::isnan(candidate[lane]);
      value[lane] = wins ? candidate[lane] : value[lane];
      offset[lane] = wins ? its_offset : offset[lane];
    }
  }
};

}  // namespace

void max_pool_forward(const PoolingGeometry& geometry, ConstMatrixView x, MatrixView y,
                      std::vector<std::int32_t>& argmax) {
  expect_shapes(geometry, x.rows(), x.cols(), y.rows(), y.cols());
  argmax.resize(static_cast<std::size_t>(y.size()));
  for (Index sample = 0; sample < x.cols(); ++sample) {
    const Scalar* from = x.col(sample).data();
    Scalar* to = y.col(sample).data();
    std::int32_t* winner = argmax.data() + sample * y.rows();
    for_each_window(geometry, [&](const Window& window) {
      Largest largest{load(from, x.rows(), window.in)};
      for_each_position(geometry, window, [&](Index position) {
        if (position == window.in) return;
        largest.challenge(load(from, x.rows(), position),
                          static_cast<std::int32_t>(position - window.in));
      });
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        largest.offset[lane] += static_cast<std::int32_t>(window.in + static_cast<Index>(lane));
      }
      store(largest.value, window.width, to + window.out);
      store(largest.offset, window.width, winner + window.out);
    });
  }
}

void max_pool_backward(const PoolingGeometry& geometry, const std::vector<std::int32_t>& argmax,
                       ConstMatrixView dy, MatrixView dx, Accumulate accumulate) {
  expect_shapes(geometry, dx.rows(), dx.cols(), dy.rows(), dy.cols());
  expects(argmax.size() == static_cast<std::size_t>(dy.size()), "max pooling: forward came before");
  for (Index sample = 0; sample < dy.cols(); ++sample) {
    const Scalar* from = dy.col(sample).data();
    const std::int32_t* winner = argmax.data() + sample * dy.rows();
    Scalar* to = dx.col(sample).data();
    if (accumulate == Accumulate::no) std::fill_n(to, dx.rows(), Scalar{0});
    for (Index i = 0; i < dy.rows(); ++i) to[winner[i]] += from[i];
  }
}

void average_pool_forward(const PoolingGeometry& geometry, ConstMatrixView x, MatrixView y) {
  expect_shapes(geometry, x.rows(), x.cols(), y.rows(), y.cols());
  const Scalar share = Scalar{1} / static_cast<Scalar>(geometry.size[0] * geometry.size[1]);
  for (Index sample = 0; sample < x.cols(); ++sample) {
    const Scalar* from = x.col(sample).data();
    Scalar* to = y.col(sample).data();
    for_each_window(geometry, [&](const Window& window) {
      Lanes sum{};
      for_each_position(geometry, window, [&](Index position) {
        const Lanes term = load(from, x.rows(), position);
        for (std::size_t lane = 0; lane < kLanes; ++lane) sum[lane] += term[lane];
      });
      for (Scalar& value : sum) value *= share;
      store(sum, window.width, to + window.out);
    });
  }
}

void average_pool_backward(const PoolingGeometry& geometry, ConstMatrixView dy, MatrixView dx,
                           Accumulate accumulate) {
  expect_shapes(geometry, dx.rows(), dx.cols(), dy.rows(), dy.cols());
  const Scalar share = Scalar{1} / static_cast<Scalar>(geometry.size[0] * geometry.size[1]);
  for (Index sample = 0; sample < dy.cols(); ++sample) {
    const Scalar* from = dy.col(sample).data();
    Scalar* to = dx.col(sample).data();
    if (accumulate == Accumulate::no) std::fill_n(to, dx.rows(), Scalar{0});
    for_each_window(geometry, [&](const Window& window) {
      for_each_position(geometry, window, [&](Index position) {
        for (Index c = 0; c < window.width; ++c) to[position + c] += share * from[window.out + c];
      });
    });
  }
}

}  // namespace initbench
