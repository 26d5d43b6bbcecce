#include "nn/pooling.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/errors.h"

// Vectors are passed within this file alone: that their calling convention depends on the processor
// does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"

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

// Channels handled at once, in one register: g++ 12 computes with longer vectors element by
// element. Compilers' own vectors, since g++ 12 turns loops over 16 or fewer array elements into
// branches, 4 to 10 times slower.
constexpr Index kFewLanes = 8;
constexpr Index kMostLanes =
    std::max(kFewLanes, static_cast<Index>(EIGEN_MAX_STATIC_ALIGN_BYTES / sizeof(Scalar)));
using Place = std::conditional_t<sizeof(Scalar) == 4, std::int32_t, std::int64_t>;
template <Index kCount>
struct Vectors {
  using Values [[gnu::vector_size(kCount * sizeof(Scalar))]] = Scalar;
  using Places [[gnu::vector_size(kCount * sizeof(Place))]] = Place;
  using Winners [[gnu::vector_size(kCount * sizeof(std::int32_t))]] = std::int32_t;
};
template <Index kCount>
using Values = typename Vectors<kCount>::Values;
template <Index kCount>
using Places = typename Vectors<kCount>::Places;

/// Calls visit with a std::integral_constant: the lanes that suit so many channels.
void with_lanes(Index channels, auto visit) {
  if (channels <= kFewLanes) return visit(std::integral_constant<Index, kFewLanes>());
  visit(std::integral_constant<Index, kMostLanes>());
}

/// Some channels of one output position: the first input feature of their window, the first output
/// feature, and how many channels.
struct Window {
  Index in;
  Index out;
  Index width;
};

/// Calls visit(Window) for every output position and group of up to `lanes` channels.
void for_each_window(const PoolingGeometry& geometry, Index lanes, auto visit) {
  const Index channels = geometry.in.channels;
  for (Index row = 0; row < geometry.out.height; ++row) {
    for (Index column = 0; column < geometry.out.width; ++column) {
      const Index in =
          (row * geometry.stride[0] * geometry.in.width + column * geometry.stride[1]) * channels;
      const Index out = (row * geometry.out.width + column) * channels;
      for (Index c = 0; c < channels; c += lanes) {
        visit(Window{in + c, out + c, std::min(lanes, channels - c)});
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

/// `count` features from `from` on, zeros behind. Apart from `load`, whose lanes would go through
/// memory in every case if they shared a variable with this rare one.
template <Index kCount>
[[gnu::noinline]] Values<kCount> load_some(const Scalar* from, Index count) {
  Values<kCount> lanes{};
  std::memcpy(&lanes, from, static_cast<std::size_t>(count) * sizeof(Scalar));
  return lanes;
}

/// kCount features of a sample from `first` on; those past its end are zero.
template <Index kCount>
Values<kCount> load(const Scalar* sample, Index features, Index first) {
  const Index there = features - first;
  if (there < kCount) return load_some<kCount>(sample + first, there);
  Values<kCount> lanes;
  std::memcpy(&lanes, sample + first, sizeof(lanes));
  return lanes;
}

/// Writes a window's lanes. Lanes past its channels go where a later window of the sample writes,
/// so that only at the sample's end their number has to be looked at.
template <typename Lanes, typename T>
void store(const Lanes& lanes, const Window& window, Index features, T* sample) {
  if (window.out + static_cast<Index>(sizeof(lanes) / sizeof(T)) <= features) {
    std::memcpy(sample + window.out, &lanes, sizeof(lanes));
  } else {
    std::memcpy(sample + window.out, &lanes, static_cast<std::size_t>(window.width) * sizeof(T));
  }
}

/// The largest values of a window, and the offsets from its first position where they are.
template <Index kCount>
struct Largest {
  Values<kCount> value;
  Places<kCount> offset{};

  /// A later equal value does not win; a NaN always does, and the last one stays, as in PyTorch.
  void challenge(const Values<kCount>& candidate, Place its_offset) {
    const auto wins = (candidate > value) | (candidate != candidate);
    value = wins ? candidate : value;
    offset = wins ? its_offset + (offset ^ offset) : offset;
  }
};

template <Index kCount>
void max_pool_sample(PoolingGeometry geometry, const Scalar* from, Scalar* to,
                     std::int32_t* winner) {
  const Index features = geometry.in.features();
  const Index outputs = geometry.out.features();
  Places<kCount> channels{};
  for (Index lane = 0; lane < kCount; ++lane) channels[lane] = static_cast<Place>(lane);
  for_each_window(geometry, kCount, [&](const Window& window) {
    Largest<kCount> largest{load<kCount>(from, features, window.in)};
    for (Index row = 0; row < geometry.size[0]; ++row) {
      for (Index column = row == 0 ? 1 : 0; column < geometry.size[1]; ++column) {
        const Index offset = (row * geometry.in.width + column) * geometry.in.channels;
        largest.challenge(load<kCount>(from, features, window.in + offset),
                          static_cast<Place>(offset));
      }
    }
    const Places<kCount> places = largest.offset + channels + static_cast<Place>(window.in);
    store(largest.value, window, outputs, to);
    store(__builtin_convertvector(places, typename Vectors<kCount>::Winners), window, outputs,
          winner);
  });
}

template <Index kCount>
void average_pool_sample(PoolingGeometry geometry, const Scalar* from, Scalar* to) {
  const Index features = geometry.in.features();
  const Scalar share = Scalar{1} / static_cast<Scalar>(geometry.size[0] * geometry.size[1]);
  for_each_window(geometry, kCount, [&](const Window& window) {
    Values<kCount> sum{};
    for_each_position(geometry, window,
                      [&](Index position) { sum += load<kCount>(from, features, position); });
    sum *= share;
    store(sum, window, geometry.out.features(), to);
  });
}

}  // namespace

void max_pool_forward(const PoolingGeometry& geometry, ConstMatrixView x, MatrixView y,
                      std::vector<std::int32_t>& argmax) {
  expect_shapes(geometry, x.rows(), x.cols(), y.rows(), y.cols());
  argmax.resize(static_cast<std::size_t>(y.size()));
  with_lanes(geometry.in.channels, [&](auto lanes) {
    for (Index sample = 0; sample < x.cols(); ++sample) {
      max_pool_sample<lanes()>(geometry, x.col(sample).data(), y.col(sample).data(),
                               argmax.data() + sample * y.rows());
    }
  });
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
  with_lanes(geometry.in.channels, [&](auto lanes) {
    for (Index sample = 0; sample < x.cols(); ++sample) {
      average_pool_sample<lanes()>(geometry, x.col(sample).data(), y.col(sample).data());
    }
  });
}

void average_pool_backward(const PoolingGeometry& geometry, ConstMatrixView dy, MatrixView dx,
                           Accumulate accumulate) {
  expect_shapes(geometry, dx.rows(), dx.cols(), dy.rows(), dy.cols());
  const Scalar share = Scalar{1} / static_cast<Scalar>(geometry.size[0] * geometry.size[1]);
  for (Index sample = 0; sample < dy.cols(); ++sample) {
    const Scalar* from = dy.col(sample).data();
    Scalar* to = dx.col(sample).data();
    if (accumulate == Accumulate::no) std::fill_n(to, dx.rows(), Scalar{0});
    for_each_window(geometry, kMostLanes, [&](const Window& window) {
      for_each_position(geometry, window, [&](Index position) {
        for (Index c = 0; c < window.width; ++c) to[position + c] += share * from[window.out + c];
      });
    });
  }
}

}  // namespace initbench
