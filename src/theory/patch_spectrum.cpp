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
constexpr Index kProducts = 200'000'000;  // that the covariance of patches may take

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
  const Index most = std::max<Index>(kProducts / (inputs * inputs * geometry.out.positions()), 1);
  const Eigen::MatrixXd used = evenly_spaced(pictures, most);
  const auto count = static_cast<double>(used.cols() * geometry.out.positions());
  mean_ = Eigen::VectorXd::Zero(inputs);
  for (const auto& picture : used.colwise()) {
    mean_ += patches_of(geometry, picture).rowwise().sum() / count;
  }
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(inputs, inputs);
  for (const auto& picture : used.colwise()) {
    const Eigen::MatrixXd centred = patches_of(geometry, picture).colwise() - mean_;
    covariance.selfadjointView<Eigen::Lower>().rankUpdate(centred, 1 / count);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);  // reads the lower half
  const Eigen::ArrayXd eigenvalues = solver.eigenvalues().array().max(0.0);
  variance_ = eigenvalues.sum();
  shares_ = variance_ > 0 ? Eigen::ArrayXd(eigenvalues / variance_) : eigenvalues;
  vectors_ = solver.eigenvectors();
}

Eigen::MatrixXd PatchSpectrum::coordinates(const Eigen::VectorXd& picture) const {
  return vectors_.transpose() * (patches_of(geometry_, picture).colwise() - mean_);
}

std::optional<PatchSpectrum::Normalized> PatchSpectrum::normalized(const NodeMoments& z,
                                                                   const Eigen::MatrixXd& groups,
                                                                   double weight_variance) const {
  const double variance = weight_variance * variance_;
  if (!(variance > 0)) return std::nullopt;
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
  y.places.for_each([&](Index k, const PlacePair& pair, Index place, Index other) {
    const auto here = fields[static_cast<std::size_t>(pair.group)].col(place);
    const auto there = fields[static_cast<std::size_t>(pair.other)].col(other);
    y.places.products(place, k) = factors * here.cwiseProduct(there);
  });
  const Eigen::ArrayXd squares = inverse.ratios * shares_;
  // Some pictures stand for all, of which the variance is 1 but for epsilon.
  if (!(y.mean_second_moment() > 0)) return std::nullopt;
  const double rescaling = squares.sum() / y.mean_second_moment();
  y.second_moment *= rescaling;
  y.half_difference *= rescaling;
  y.places.products *= rescaling;
  if (y.pairs.empty()) y.forget_pairs();
  return Normalized{.moments = std::move(y),
                    .mean_inverse = z.inverse_factor * inverse.mean / variance};
}

}  // namespace initbench
