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
  bool operator==(const PlacePair&) const = default;
};

struct PlaceProducts {
  std::vector<PlacePair> pairs;  // none: unknown
  Eigen::ArrayXXd products;      // E[x x'] over channels, first places x pairs
  std::array<Index, 2> size{1, 1};

  bool are_known() const { return !pairs.empty(); }
  /// E over channels of (mean over samples and positions)^2.
  double squared_channel_mean() const { return products.mean(); }
  /// Calls visit(column of products, pair, first place, other place) for all of them.
  template <typename Visit>
  void for_each(Visit visit) const;
  /// E[x m], m a channel's mean: values have it in common in proportion to their size.
  /// `second_moment` and result: places x groups.
  Eigen::ArrayXXd products_with_mean(const Eigen::ArrayXXd& second_moment) const;
  /// E[(x - m)(x' - m)], places x pairs.
  Eigen::ArrayXXd around_channel_means(const Eigen::ArrayXXd& second_moment) const;
  /// Mean of the squares of that over the squared variance: 1 over the number of directions, as if
  /// equal, in which places differ.
  double squared_cosine(const Eigen::ArrayXXd& second_moment) const;
};

template <typename Visit>
void PlaceProducts::for_each(Visit visit) const {
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    for (Index row = 0; row < size[0]; ++row) {
      const Index other_row = (row + pairs[k].shift[0]) % size[0];
      Index other_column = pairs[k].shift[1] % size[1];
      for (Index column = 0; column < size[1]; ++column) {
        visit(static_cast<Index>(k), pairs[k], row * size[1] + column,
              other_row * size[1] + other_column);
        if (++other_column == size[1]) other_column = 0;
      }
    }
  }
}

/// Of pictures (features x groups).
PlaceProducts place_products(const Shape& shape, const Eigen::MatrixXd& pictures);

/// Of a convolution: `factor` is what it multiplies the sum over the kernel's taps by. Where
/// padding or strides leave other sizes, pairs beyond the border, and of shifts that a stride does
/// not divide, are those of neighbouring places.
PlaceProducts through_convolution(const PlaceProducts& x, const ConvolutionGeometry& geometry,
                                  double factor, double bias_variance);

}  // namespace initbench
