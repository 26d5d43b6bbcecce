/// How much the places of a channel have in common, over pictures and positions: a batch norm takes
/// their mean away, and divides by what is left. Some pairs of places stand for all.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "base/shape.h"
#include "nn/convolution.h"

namespace initbench {

/// A place in the picture of one group, and one in that of another, `shift` rows and columns
/// further: beyond the border it goes on at the opposite one.
struct PlacePair {
  Index group = 0;
  Index other = 0;
  std::array<Index, 2> shift{0, 0};
};

struct PlaceProducts {
  std::vector<PlacePair> pairs;  // none: unknown
  Eigen::ArrayXXd products;      // E[x x'] over channels, first places x pairs
  std::array<Index, 2> size{1, 1};

  bool are_known() const { return !pairs.empty(); }
  /// E over channels of (mean over samples and positions)^2.
  double squared_channel_mean() const { return products.mean(); }
  Index other_place(Index place, const PlacePair& pair) const;

  /// E[(x - m)(x' - m)], m a channel's mean: values have it in common in proportion to their size.
  /// `second_moment`: places x groups.
  Eigen::ArrayXXd around_channel_means(const Eigen::ArrayXXd& second_moment) const;
  /// Mean of the squares of that over the squared variance: 1 over the number of directions, as if
  /// equal, in which places differ.
  double squared_cosine(const Eigen::ArrayXXd& second_moment) const;
};

/// Of pictures (features x groups).
PlaceProducts place_products(const Shape& shape, const Eigen::MatrixXd& pictures);

/// Of a convolution: `factor` is what it multiplies the sum over the kernel's taps by.
PlaceProducts through_convolution(const PlaceProducts& x, const ConvolutionGeometry& geometry,
                                  double factor, double bias_variance);

}  // namespace initbench
