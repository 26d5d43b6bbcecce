#include "base/moments.h"
#include "nn/channel_tiles.h"
#include "nn/normalization.h"

namespace initbench {
namespace {

/// Sums over a sample of scale * dy, and of it times x - mean.
struct SampleSums {
  double gradient = 0;
  double product = 0;
};

SampleSums sum_over_sample(const Shape& shape, ConstVectorView scale, double mean, const Scalar* x,
                           const Scalar* dy) {
  SampleSums result;
  for_each_tile(shape.channels, [&](const ChannelTile& tile) {
    const DoubleLanes factor = tile.spread<double>([&](Index c) { return scale(c); });
    DoubleLanes sums{};
    DoubleLanes products{};
    tile.for_each_run(shape.positions(), [&](Index offset, Index length) {
      for_each_lane(offset, length, [&](std::size_t lane, Index i) {
        const double gradient = factor[lane] * static_cast<double>(dy[i]);
        sums[lane] += gradient;
        products[lane] += gradient * (static_cast<double>(x[i]) - mean);
      });
    });
    for (const double sum : sums) result.gradient += sum;
    for (const double product : products) result.product += product;
  });
  return result;
}

/// Each channel's sum over positions and samples of dy, and of dy * (x - mean) / deviation.
void sum_over_samples(const Shape& shape, const NormStatistics& statistics, ConstMatrixView x,
                      ConstMatrixView dy, VectorView dscale, VectorView dshift) {
  for_each_tile(shape.channels, [&](const ChannelTile& tile) {
    DoubleLanes sums{};
    DoubleLanes products{};
    for (Index sample = 0; sample < x.cols(); ++sample) {
      const Scalar* input = x.col(sample).data();
      const Scalar* from = dy.col(sample).data();
      const double mean = statistics.mean(sample);
      const double inverse = inverse_deviation(statistics.variance(sample));
      tile.for_each_run(shape.positions(), [&](Index offset, Index length) {
        for_each_lane(offset, length, [&](std::size_t lane, Index i) {
          const auto gradient = static_cast<double>(from[i]);
          sums[lane] += gradient;
          products[lane] += gradient * ((static_cast<double>(input[i]) - mean) * inverse);
        });
      });
    }
    tile.for_each_channel([&](Index c) {
      dshift(c) = static_cast<Scalar>(tile.fold(sums, c));
      dscale(c) = static_cast<Scalar>(tile.fold(products, c));
    });
  });
}

}  // namespace

void layer_norm_forward(const Shape& shape, ConstVectorView scale, ConstVectorView shift,
                        ConstMatrixView x, MatrixView y, NormStatistics& statistics) {
  expect_norm_shapes(shape, x, y);
  statistics.mean.resize(x.cols());
  statistics.variance.resize(x.cols());
  for (Index sample = 0; sample < x.cols(); ++sample) {
    const Scalar* from = x.col(sample).data();
    const Moments moments = moments_of({from, static_cast<std::size_t>(x.rows())});
    statistics.mean(sample) = moments.mean;
    statistics.variance(sample) = moments.variance;
  }
  for_each_tile(shape.channels, [&](const ChannelTile& tile) {
    const ScalarLanes factor = tile.spread<Scalar>([&](Index c) { return scale(c); });
    const ScalarLanes add = tile.spread<Scalar>([&](Index c) { return shift(c); });
    for (Index sample = 0; sample < x.cols(); ++sample) {
      const Scalar* from = x.col(sample).data();
      Scalar* to = y.col(sample).data();
      const auto mean = static_cast<Scalar>(statistics.mean(sample));
      const auto inverse = static_cast<Scalar>(inverse_deviation(statistics.variance(sample)));
      tile.for_each_run(shape.positions(), [&](Index offset, Index length) {
        for_each_lane(offset, length, [&](std::size_t lane, Index i) {
          to[i] = (from[i] - mean) * inverse * factor[lane] + add[lane];
        });
      });
    }
  });
}

void layer_norm_backward(const Shape& shape, ConstVectorView scale,
                         const NormStatistics& statistics, ConstMatrixView x, ConstMatrixView dy,
                         MatrixView dx, VectorView dscale, VectorView dshift,
                         Accumulate accumulate) {
  expect_norm_shapes(shape, x, dy);
  expect_norm_shapes(shape, x, dx);
  sum_over_samples(shape, statistics, x, dy, dscale, dshift);
  const auto count = static_cast<double>(x.rows());
  for (Index sample = 0; sample < x.cols(); ++sample) {
    const Scalar* input = x.col(sample).data();
    const Scalar* from = dy.col(sample).data();
    Scalar* to = dx.col(sample).data();
    const double center = statistics.mean(sample);
    const double exact = inverse_deviation(statistics.variance(sample));
    const SampleSums sums = sum_over_sample(shape, scale, center, input, from);

    // dx = (g - mean(g) - (x - mean) mean(g (x - mean)) / variance) / deviation, g = scale * dy
    const auto mean = static_cast<Scalar>(center);
    const auto inverse = static_cast<Scalar>(exact);
    const auto mean_gradient = static_cast<Scalar>(sums.gradient / count);
    const auto along = static_cast<Scalar>(sums.product / count * exact * exact);
    for_each_tile(shape.channels, [&](const ChannelTile& tile) {
      const ScalarLanes factor = tile.spread<Scalar>([&](Index c) { return scale(c); });
      tile.for_each_run(shape.positions(), [&](Index offset, Index length) {
        for_each_lane(offset, length, [&](std::size_t lane, Index i) {
          const Scalar value =
              inverse * (factor[lane] * from[i] - mean_gradient - (input[i] - mean) * along);
          write(to[i], value, accumulate);
        });
      });
    });
  }
}

}  // namespace initbench
