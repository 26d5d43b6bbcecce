#include "base/types.h"
#include "nn/channel_tiles.h"
#include "nn/normalization.h"

namespace initbench {
namespace {

// x is handled as a matrix (channels x positions * batch).

void measure_channels(const ChannelTile& tile, Index columns, const Scalar* x,
                      NormStatistics& statistics) {
  const auto count = static_cast<double>(columns);
  DoubleLanes sums{};
  tile.for_each_run(columns, [&](Index offset, Index length) {
    for_each_lane(offset, length,
                  [&](std::size_t lane, Index i) { sums[lane] += static_cast<double>(x[i]); });
  });
  tile.for_each_channel(
      [&](Index channel) { statistics.mean(channel) = tile.fold(sums, channel) / count; });

  const DoubleLanes mean =
      tile.spread<double>([&](Index channel) { return statistics.mean(channel); });
  sums = {};
  tile.for_each_run(columns, [&](Index offset, Index length) {
    for_each_lane(offset, length, [&](std::size_t lane, Index i) {
      const double deviation = static_cast<double>(x[i]) - mean[lane];
      sums[lane] += deviation * deviation;
    });
  });
  tile.for_each_channel(
      [&](Index channel) { statistics.variance(channel) = tile.fold(sums, channel) / count; });
}

/// Per channel of a tile: the sums of dy and of dy * (x - mean).
struct GradientSums {
  DoubleLanes gradient{};
  DoubleLanes product{};
};

GradientSums sum_gradients(const ChannelTile& tile, Index columns, const NormStatistics& statistics,
                           const Scalar* x, const Scalar* dy) {
  const DoubleLanes mean = tile.spread<double>([&](Index c) { return statistics.mean(c); });
  GradientSums lanes;
  tile.for_each_run(columns, [&](Index offset, Index length) {
    for_each_lane(offset, length, [&](std::size_t lane, Index i) {
      const auto gradient = static_cast<double>(dy[i]);
      lanes.gradient[lane] += gradient;
      lanes.product[lane] += gradient * (static_cast<double>(x[i]) - mean[lane]);
    });
  });
  GradientSums sums;
  tile.for_each_channel([&](Index c) {
    const auto at = static_cast<std::size_t>(c - tile.first);
    sums.gradient[at] = tile.fold(lanes.gradient, c);
    sums.product[at] = tile.fold(lanes.product, c);
  });
  return sums;
}

}  // namespace

void batch_norm_forward(const Shape& shape, ConstVectorView scale, ConstVectorView shift,
                        ConstMatrixView x, MatrixView y, NormStatistics& statistics) {
  expect_norm_shapes(shape, x, y);
  statistics.mean.resize(shape.channels);
  statistics.variance.resize(shape.channels);
  for_each_tile(shape.channels, [&](const ChannelTile& tile) {
    measure_channels(tile, x.size() / shape.channels, x.data(), statistics);
  });
  batch_norm_apply(shape, scale, shift, statistics, x, y);
}

void batch_norm_apply(const Shape& shape, ConstVectorView scale, ConstVectorView shift,
                      const NormStatistics& statistics, ConstMatrixView x, MatrixView y) {
  expect_norm_shapes(shape, x, y);
  const Scalar* from = x.data();
  Scalar* to = y.data();
  for_each_tile(shape.channels, [&](const ChannelTile& tile) {
    const ScalarLanes mean = tile.spread<Scalar>([&](Index c) { return statistics.mean(c); });
    const ScalarLanes add = tile.spread<Scalar>([&](Index c) { return shift(c); });
    const ScalarLanes factor = tile.spread<Scalar>([&](Index c) {
      return static_cast<double>(scale(c)) * inverse_deviation(statistics.variance(c));
    });
    tile.for_each_run(x.size() / shape.channels, [&](Index offset, Index length) {
      for_each_lane(offset, length, [&](std::size_t lane, Index i) {
        to[i] = (from[i] - mean[lane]) * factor[lane] + add[lane];
      });
    });
  });
}

void batch_norm_backward(const Shape& shape, ConstVectorView scale,
                         const NormStatistics& statistics, ConstMatrixView x, ConstMatrixView dy,
                         MatrixView dx, VectorView dscale, VectorView dshift,
                         Accumulate accumulate) {
  expect_norm_shapes(shape, x, dy);
  expect_norm_shapes(shape, x, dx);
  const Index columns = x.size() / shape.channels;
  const auto count = static_cast<double>(columns);
  const Scalar* input = x.data();
  const Scalar* from = dy.data();
  Scalar* to = dx.data();
  for_each_tile(shape.channels, [&](const ChannelTile& tile) {
    const GradientSums sums = sum_gradients(tile, columns, statistics, input, from);
    const auto inverse = [&](Index c) { return inverse_deviation(statistics.variance(c)); };
    const auto at = [&](Index c) { return static_cast<std::size_t>(c - tile.first); };
    tile.for_each_channel([&](Index c) {
      dshift(c) = static_cast<Scalar>(sums.gradient[at(c)]);
      dscale(c) = static_cast<Scalar>(sums.product[at(c)] * inverse(c));
    });

    // dx = scale / deviation * (dy - mean(dy) - (x - mean) mean(dy (x - mean)) / variance)
    const ScalarLanes mean = tile.spread<Scalar>([&](Index c) { return statistics.mean(c); });
    const ScalarLanes mean_gradient =
        tile.spread<Scalar>([&](Index c) { return sums.gradient[at(c)] / count; });
    const ScalarLanes along = tile.spread<Scalar>(
        [&](Index c) { return sums.product[at(c)] / count * inverse(c) * inverse(c); });
    const ScalarLanes factor =
        tile.spread<Scalar>([&](Index c) { return static_cast<double>(scale(c)) * inverse(c); });
    tile.for_each_run(columns, [&](Index offset, Index length) {
      for_each_lane(offset, length, [&](std::size_t lane, Index i) {
        const Scalar value =
            factor[lane] * (from[i] - mean_gradient[lane] - (input[i] - mean[lane]) * along[lane]);
        write(to[i], value, accumulate);
      });
    });
  });
}

void update_running_statistics(const NormStatistics& statistics, Index values_per_channel,
                               VectorView running_mean, VectorView running_variance) {
  const auto count = static_cast<double>(values_per_channel);
  const double unbiased = values_per_channel > 1 ? count / (count - 1) : 1;
  const auto move = [](Scalar& running, double now) {
    running = static_cast<Scalar>((1 - kRunningMomentum) * static_cast<double>(running) +
                                  kRunningMomentum * now);
  };
  for (Index c = 0; c < running_mean.size(); ++c) {
    move(running_mean(c), statistics.mean(c));
    move(running_variance(c), unbiased * statistics.variance(c));
  }
}

}  // namespace initbench
