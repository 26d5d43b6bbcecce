/// Moments of one node's values over random weights, and how each kind of operation changes them.
///
/// In an image every position has its own moments: zero padding makes borders quieter, and over
/// depth that spreads inwards (a layer-wide mean would be wrong by a factor 2 after 20 layers).
#pragma once

#include <Eigen/Core>
#include <array>
#include <string>
#include <vector>

#include "base/shape.h"
#include "nn/activation.h"
#include "nn/convolution.h"
#include "theory/place_products.h"

namespace initbench {

/// Which groups of samples are compared, two each; none: any two samples.
using PairsOfGroups = std::vector<std::array<Index, 2>>;

/// Over units (channels), by position and by group of samples. A flat vector has one position.
struct NodeMoments {
  Eigen::ArrayXXd second_moment;  // positions x groups
  Eigen::ArrayXXd mean;           // positions x groups
  /// E[(x - x')^2] / 2, positions x pairs; one column for any two samples; size 0: unknown.
  Eigen::ArrayXXd half_difference;
  PairsOfGroups pairs;
  PlaceProducts places;  // of an image, where a batch norm will need them
  /// Of the samples (theory/batch_spectrum.h); size 0: unknown.
  Eigen::ArrayXd batch_spectrum;
  /// E[1 / variance over the batch] over what it is for normal weights: rows of an orthogonal
  /// matrix do not differ in length.
  double inverse_factor = 1;
  bool normal = false;  // each unit is N(0, second_moment)
  std::string why_not_normal;
  /// Relative variance of the second moment over draws of the weights, for one sample.
  double spread = 0;
  /// If normal: that of the variance given the layers before, and what this layer's units add.
  double length_spread = 0;
  double length_noise = 0;
  Index units = 0;  // channels; features of a flat vector

  bool has_pairs() const { return half_difference.size() > 0; }
  double mean_second_moment() const { return second_moment.mean(); }
  /// Over units, positions and samples.
  double variance() const;
  /// 1 - the cosine of two samples, mean over pairs.
  double gap() const;
  void forget_pairs();
  /// Forgets positions and groups, of which the three functions above keep their value.
  void keep_means();
};

/// How long samples are: lengths that differ are a difference of samples of their own. Half of
/// E[(x - x')^2] is the variance of the root of the second moment over groups, and what the angle
/// between samples makes of its mean.
struct Lengths {
  double mean_squared = 0;  // (mean root)^2
  double variance = 0;      // of the root

  explicit Lengths(const Eigen::ArrayXXd& second_moment);
};

/// E[(a - a')(b - b')] / 2 of what two samples have, positions x pairs. Arrays: positions x groups.
Eigen::ArrayXXd half_products(const Eigen::ArrayXXd& a, const Eigen::ArrayXXd& b,
                              const PairsOfGroups& pairs);

/// Variances of one weight and of one bias, and how the weights' rows lie.
struct LinearLaw {
  double weight_variance = 0;
  double bias_variance = 0;
  bool centre_only = false;  // of a kernel: all weights but those at its centre are 0
  bool orthogonal = false;
};

NodeMoments through_dense(const NodeMoments& x, Index inputs, Index outputs, const LinearLaw& law);
NodeMoments through_convolution(const NodeMoments& x, const ConvolutionGeometry& kernel,
                                const LinearLaw& law);

/// What each output position reads of a picture (features), padding included: a column each, in the
/// order kernel row, kernel column, channel.
Eigen::MatrixXd patches_of(const ConvolutionGeometry& geometry, const Eigen::VectorXd& picture);

/// The convolution that only the tap at the kernel's centre (k - 1) / 2 makes.
ConvolutionGeometry centre_tap(const ConvolutionGeometry& geometry);

/// By position: how many weights of one output channel read something else than padding times
/// `field` there, summed: the kernel's taps over positions of the input.
Eigen::ArrayXXd sum_over_taps(const ConvolutionGeometry& geometry, const Eigen::ArrayXXd& field);
/// The transpose of `sum_over_taps`: from positions of the output to those of the input.
Eigen::ArrayXXd spread_over_taps(const ConvolutionGeometry& geometry, const Eigen::ArrayXXd& field);

/// Every value multiplied by a constant.
NodeMoments scaled(const NodeMoments& x, double factor);

/// shortcut + scale * branch, where the branch ends in weights that the shortcut does not know.
NodeMoments add_branch(const NodeMoments& shortcut, const NodeMoments& branch, double scale);

}  // namespace initbench
