/// Patches of data as a convolution reads them, and what a batch norm behind it makes of them.
///
/// A unit is w . x over patches x with normal weights w, its variance over batch and positions
/// v = w^T C w, C the covariance of patches: few inputs have few directions, so that units differ
/// in v, and the norm brings out what is along directions of little variance.
#pragma once

#include <Eigen/Core>
#include <optional>

#include "nn/convolution.h"
#include "theory/node_moments.h"

namespace initbench {

class PatchSpectrum {
 public:
  /// Whether that is not too much to compute: of a layer that reads few inputs, in one group.
  static bool can_be_of(const ConvolutionGeometry& geometry);
  /// Of pictures (features x samples), all or some.
  PatchSpectrum(const ConvolutionGeometry& geometry, const Eigen::MatrixXd& pictures);

  /// What weights of this variance and a norm make of `z`, the moments of the convolution of
  /// `groups`, a picture each.
  struct Normalized {
    NodeMoments moments;
    double mean_inverse = 0;  // E[1 / (v + epsilon)]
  };
  /// Empty when all patches are alike, and for weights of 0.
  std::optional<Normalized> normalized(const NodeMoments& z, const Eigen::MatrixXd& groups,
                                       double weight_variance) const;

 private:
  /// Of a picture's patches around their mean, along eigenvectors of C: inputs x positions.
  Eigen::MatrixXd coordinates(const Eigen::VectorXd& picture) const;

  ConvolutionGeometry geometry_;
  Eigen::VectorXd mean_;
  double variance_ = 0;      // trace of C
  Eigen::ArrayXd shares_;    // of the eigenvalues in it
  Eigen::MatrixXd vectors_;  // columns
};

}  // namespace initbench
