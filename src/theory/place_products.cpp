#include "theory/place_products.h"

#include <algorithm>

#include "theory/kernel_taps.h"

namespace initbench {
namespace {

/// Shifts spread over the picture, none of them much more often than of all places; of larger
/// pictures such that a convolution or two of stride 2 keep them whole.
std::vector<PlacePair> some_pairs(const Shape& shape, Index groups) {
  constexpr Index kPairs = 24;
  const auto step_of = [](Index size) -> Index { return size >= 32 ? 4 : size >= 16 ? 2 : 1; };
  const Index row_step = step_of(shape.height);
  const Index column_step = step_of(shape.width);
  const Index rows = std::max<Index>(shape.height / row_step, 1);
  const Index columns = std::max<Index>(shape.width / column_step, 1);
  std::vector<PlacePair> pairs;
  for (Index k = 0; k < kPairs; ++k) {
    // Steps that have no divisor in common with small sizes.
    const std::array<Index, 2> shift{(5 * k + 1) % rows * row_step,
                                     (11 * k / 3 + 1) % columns * column_step};
    pairs.push_back({.group = k % groups, .other = (k + 1 + k / groups) % groups, .shift = shift});
  }
  return pairs;
}

}  // namespace

Index PlaceProducts::other_place(Index place, const PlacePair& pair) const {
  const Index row = (place / size[1] + pair.shift[0]) % size[0];
  const Index column = (place % size[1] + pair.shift[1]) % size[1];
  return row * size[1] + column;
}

Eigen::ArrayXXd PlaceProducts::around_channel_means(const Eigen::ArrayXXd& second_moment) const {
  const Eigen::ArrayXXd roots = second_moment.sqrt();
  const Eigen::ArrayXXd shares = roots / roots.mean();
  const double mean = squared_channel_mean();
  Eigen::ArrayXXd around = products + mean;
  for (Index k = 0; k < products.cols(); ++k) {
    const PlacePair& pair = pairs[static_cast<std::size_t>(k)];
    for (Index place = 0; place < products.rows(); ++place) {
      around(place, k) -=
          mean * (shares(place, pair.group) + shares(other_place(place, pair), pair.other));
    }
  }
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
  for (Index k = 0; k < places.products.cols(); ++k) {
    const PlacePair& pair = places.pairs[static_cast<std::size_t>(k)];
    for (Index place = 0; place < shape.positions(); ++place) {
      const auto x = pictures.col(pair.group).segment(place * channels, channels);
      const auto other =
          pictures.col(pair.other).segment(places.other_place(place, pair) * channels, channels);
      places.products(place, k) = x.dot(other) / static_cast<double>(channels);
    }
  }
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
  const Index width = geometry.out.width;
  for_each_tap(geometry, [&](Index to, Index from, Index tap) {
    const Index row = tap / geometry.kernel[1];
    const Index column = tap % geometry.kernel[1];
    for (Index k = 0; k < z.products.cols(); ++k) {
      const Index other = z.other_place(to, z.pairs[static_cast<std::size_t>(k)]);
      if (tap_place(geometry, 0, other / width, row) < 0) continue;  // padding
      if (tap_place(geometry, 1, other % width, column) < 0) continue;
      z.products(to, k) += x.products(from, k);
    }
  });
  z.products = factor * z.products + bias_variance;
  return z;
}

}  // namespace initbench
