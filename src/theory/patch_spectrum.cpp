#include "theory/patch_spectrum.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "nn/normalization.h"
#include "theory/batch_spectrum.h"

namespace initbench {

namespace {

constexpr Index kMostInputs = 256;
constexpr Index kProducts = 100'000'000;  // that the covariance of patches may take

Index inputs_of(const ConvolutionGeometry& geometry) {
  return geometry.weight_size() / geometry.out.channels;
}

}  // namespace

bool PatchSpectrum::can_be_of(const ConvolutionGeometry& geometry) {
  return geometry.groups == 1 && inputs_of(geometry) <= kMostInputs;
}

PatchSpectrum::PatchSpectrum(const ConvolutionGeometry& geometry, const Eigen::MatrixXd& pictures)
    : geometry_(geometry) {
  expects(can_be_of(geometry), "a convolution of one group that reads few inputs");
  const Index inputs = inputs_of(geometry);
  Eigen::MatrixXd products = Eigen::MatrixXd::Zero(inputs, inputs);
  mean_ = Eigen::VectorXd::Zero(inputs);
  const Index used = std::clamp<Index>(kProducts / (inputs * inputs * geometry.out.positions()), 1,
                                       pictures.cols());
  for (Index i = 0; i < used; ++i) {
    const Eigen::MatrixXd patches = patches_of(geometry, pictures.col(i * pictures.cols() / used));
    products.selfadjointView<Eigen::Lower>().rankUpdate(patches);
    mean_ += patches.rowwise().sum();
  }
  const auto count = static_cast<double>(used * geometry.out.positions());
  mean_ /= count;
  const Eigen::MatrixXd covariance = products / count - mean_ * mean_.transpose();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);  // reads the lower half
  const Eigen::ArrayXd eigenvalues = solver.eigenvalues().array().max(0.0);
  variance_ = eigenvalues.sum();
  shares_ = variance_ > 0 ? Eigen::ArrayXd(eigenvalues / variance_) : eigenvalues;
  vectors_ = solver.eigenvectors();
}

Eigen::MatrixXd PatchSpectrum::coordinates(const Eigen::VectorXd& picture) const {
  return vectors_.transpose() * (patches_of(geometry_, picture).colwise() - mean_);
}

PatchSpectrum::Normalized PatchSpectrum::normalized(const NodeMoments& z,
                                                    const Eigen::MatrixXd& groups,
                                                    double weight_variance) const {
  const double variance = weight_variance * variance_;
  const InverseMoments inverse = inverse_moments(shares_, kNormEpsilon / variance);
  const Eigen::RowVectorXd factors = inverse.ratios.matrix().transpose() / variance_;

  NodeMoments y = z;
  y.mean.setZero();
  y.spread = y.length_spread = y.length_noise = 0;
  std::vector<Eigen::MatrixXd> fields;
  for (Index group = 0; group < groups.cols(); ++group) {
    fields.push_back(coordinates(groups.col(group)));
    y.second_moment.col(group) = (factors * fields.back().cwiseAbs2()).transpose();
  }
  Index column = 0;
  for (const auto& [i, j] : y.pairs) {
    const Eigen::MatrixXd difference =
        fields[static_cast<std::size_t>(i)] - fields[static_cast<std::size_t>(j)];
    y.half_difference.col(column++) = (factors * difference.cwiseAbs2()).transpose() / 2;
  }
  for (Index k = 0; k < y.places.products.cols(); ++k) {
    const PlacePair& pair = y.places.pairs[static_cast<std::size_t>(k)];
    const Eigen::MatrixXd& here = fields[static_cast<std::size_t>(pair.group)];
    const Eigen::MatrixXd& there = fields[static_cast<std::size_t>(pair.other)];
    for (Index place = 0; place < here.cols(); ++place) {
      y.places.products(place, k) =
          factors * here.col(place).cwiseProduct(there.col(y.places.other_place(place, pair)));
    }
  }
  const Eigen::ArrayXd squares = inverse.ratios * shares_;
  // Some pictures stand for all, of which the variance is 1 but for epsilon.
  const double to_all = squares.sum() / y.mean_second_moment();
  y.second_moment *= to_all;
  y.half_difference *= to_all;
  y.places.products *= to_all;
  return {.moments = std::move(y), .mean_inverse = inverse.mean / variance};
}

}  // namespace initbench
