#include "theory/place_products.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "theory/kernel_taps.h"

namespace initbench {
namespace {

/// Shifts spread over the picture, none of them much more often than of all places; of larger
/// pictures such that a convolution or two of stride 2 keep them whole.
std::vector<PlacePair> some_pairs(const Shape& shape, Index groups) {
  constexpr Index kPlaces = 10'000;
  const Index wanted = std::clamp<Index>(kPlaces / shape.positions(), 8, 64);
  const auto step_of = [](Index size) -> Index { return size >= 32 ? 4 : size >= 16 ? 2 : 1; };
  const Index row_step = step_of(shape.height);
  const Index column_step = step_of(shape.width);
  const Index rows = std::max<Index>(shape.height / row_step, 1);
  const Index columns = std::max<Index>(shape.width / column_step, 1);
  // By a golden section of all shifts: each comes once before one comes twice.
  auto stride = static_cast<Index>(0.618 * static_cast<double>(rows * columns)) + 1;
  while (std::gcd(stride, rows * columns) > 1) ++stride;
  std::vector<PlacePair> pairs;
  for (Index k = 0; k < wanted; ++k) {
    const Index place = (1 + k * stride) % (rows * columns);
    pairs.push_back({.group = k % groups,
                     .other = (k + 1 + k / groups) % groups,
                     .shift = {place / columns * row_step, place % columns * column_step}});
  }
  return pairs;
}

/// Along one axis, an output that reads an input by some tap.
struct TapOfPair {
  Index to = 0;
  Index from = 0;
};

/// What taps read along one axis (0: rows).
class Taps {
 public:
  Taps(const ConvolutionGeometry& geometry, std::size_t axis)
      : geometry_(geometry),
        axis_(axis),
        size_(axis == 0 ? geometry.out.height : geometry.out.width) {}

  /// Those that read the picture both there and `shift` further.
  std::vector<TapOfPair> of_pair(Index shift) const {
    std::vector<TapOfPair> taps;
    for (Index out = 0; out < size_; ++out) {
      for (Index tap = 0; tap < geometry_.kernel[axis_]; ++tap) {
        const Index from = tap_place(geometry_, axis_, out, tap);
        const Index other = tap_place(geometry_, axis_, (out + shift) % size_, tap);
        if (from >= 0 && other >= 0) taps.push_back({.to = out, .from = from});
      }
    }
    return taps;
  }

 private:
  const ConvolutionGeometry& geometry_;
  std::size_t axis_;
  Index size_;
};

}  // namespace

Eigen::ArrayXXd PlaceProducts::products_with_mean(const Eigen::ArrayXXd& second_moment) const {
  const Eigen::ArrayXXd roots = second_moment.sqrt();
  return squared_channel_mean() / roots.mean() * roots;
}

Eigen::ArrayXXd PlaceProducts::around_channel_means(const Eigen::ArrayXXd& second_moment) const {
  const Eigen::ArrayXXd parts = products_with_mean(second_moment);
  Eigen::ArrayXXd around = products + squared_channel_mean();
  for_each([&](Index k, const PlacePair& pair, Index place, Index other) {
    around(place, k) -= parts(place, pair.group) + parts(other, pair.other);
  });
  return around;
}

double PlaceProducts::squared_cosine(const Eigen::ArrayXXd& second_moment) const {
  const double variance = second_moment.mean() - squared_channel_mean();
  if (!(variance > 0)) return 0;
  return around_channel_means(second_moment).square().mean() / (variance * variance);
}

PlaceProducts place_products(const Shape& shape, const Eigen::MatrixXd& pictures) {
  PlaceProducts places{.pairs = some_pairs(shape, pictures.cols()),
                       .products = {},
                       .size = {shape.height, shape.width}};
  places.products.resize(shape.positions(), static_cast<Index>(places.pairs.size()));
  const Index channels = shape.channels;
  places.for_each([&](Index k, const PlacePair& pair, Index place, Index other) {
    const auto x = pictures.col(pair.group).segment(place * channels, channels);
    const auto there = pictures.col(pair.other).segment(other * channels, channels);
    places.products(place, k) = x.dot(there) / static_cast<double>(channels);
  });
  return places;
}

PlaceProducts through_convolution(const PlaceProducts& x, const ConvolutionGeometry& geometry,
                                  double factor, double bias_variance) {
  if (!x.are_known()) return {};
  PlaceProducts z{
      .pairs = x.pairs, .products = {}, .size = {geometry.out.height, geometry.out.width}};
  for (PlacePair& pair : z.pairs) {
    pair.shift[0] /= geometry.stride[0];
    pair.shift[1] /= geometry.stride[1];
  }
  z.products = Eigen::ArrayXXd::Zero(geometry.out.positions(), x.products.cols());
  const Taps rows(geometry, 0);
  const Taps columns(geometry, 1);
  for (std::size_t k = 0; k < z.pairs.size(); ++k) {
    const auto column = static_cast<Index>(k);
    const auto of_pair = x.products.col(column).reshaped(geometry.in.width, geometry.in.height);
    auto sums = z.products.col(column).reshaped(geometry.out.width, geometry.out.height);
    const std::vector<TapOfPair> in_columns = columns.of_pair(z.pairs[k].shift[1]);
    for (const TapOfPair& row : rows.of_pair(z.pairs[k].shift[0])) {
      for (const TapOfPair& one : in_columns) sums(one.to, row.to) += of_pair(one.from, row.from);
    }
  }
  z.products = factor * z.products + bias_variance;
  return z;
}

}  // namespace initbench
