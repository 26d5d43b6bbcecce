#include "theory/norm_moments.h"

#include <algorithm>

#include "nn/normalization.h"
#include "theory/batch_spectrum.h"

namespace initbench {
namespace {

/// E[(y - y')^2] / 2 of samples y = f x, f a column of `factors` by group.
void scale_pairs(const NodeMoments& x, const Eigen::ArrayXd& factors, NodeMoments& y) {
  if (!x.has_pairs() || !(x.half_difference.mean() > 0)) return;
  if (x.pairs.empty()) {
    // Of what samples differed by, lengths change and the angle stays.
    const Lengths lengths(y.second_moment);
    y.half_difference *=
        (lengths.variance + x.gap() * lengths.mean_squared) / x.half_difference.mean();
    return;
  }
  const Eigen::ArrayXXd scaled = x.second_moment.rowwise() * factors.transpose();
  Index column = 0;
  for (const auto& [i, j] : x.pairs) {
    y.half_difference.col(column) = factors(i) * factors(j) * x.half_difference.col(column) +
                                    (factors(i) - factors(j)) / 2 * (scaled.col(i) - scaled.col(j));
    ++column;
  }
}

}  // namespace

Eigen::ArrayXd sample_variances(const NodeMoments& x) {
  return (x.second_moment.colwise().mean() - x.mean.colwise().mean().square()).transpose();
}

NodeMoments through_layer_norm(const NodeMoments& x) {
  const Eigen::ArrayXXd means = x.mean.colwise().mean().replicate(x.mean.rows(), 1);
  NodeMoments centred = x;
  centred.second_moment += means.square() - 2 * means * x.mean;
  centred.mean -= means;
  if (x.has_pairs()) {
    centred.half_difference +=
        half_products(means, means, x.pairs) - 2 * half_products(means, x.mean, x.pairs);
  }

  const Eigen::ArrayXd factors = (sample_variances(x) + kNormEpsilon).inverse();
  NodeMoments y = centred;
  y.places = {};
  y.second_moment.rowwise() *= factors.transpose();
  y.mean.rowwise() *= factors.sqrt().transpose();
  scale_pairs(centred, factors.sqrt(), y);
  y.spread = 0;
  y.length_spread = 0;
  y.length_noise = 0;
  return y;
}

std::optional<double> batch_variance(const NodeMoments& x, Index batch) {
  if (x.places.are_known()) {
    return std::max(x.mean_second_moment() - x.places.squared_channel_mean(), 0.0);
  }
  if (x.second_moment.rows() == 1 && batch == 1) return 0.0;  // a number has no variance
  if (x.second_moment.rows() > 1 || !x.has_pairs()) return std::nullopt;
  const auto samples = static_cast<double>(batch);
  return (batch > 1 ? (samples - 1) / samples : 1.0) * x.half_difference.mean();  // of pairs
}

std::optional<double> batch_norm_inverse(const NodeMoments& x, Index batch) {
  const std::optional<double> variance = batch_variance(x, batch);
  if (!variance) return std::nullopt;
  if (x.places.are_known()) {
    return x.inverse_factor * power_law_inverse(x.places.squared_cosine(x.second_moment)) /
           (*variance + kNormEpsilon);
  }
  if (x.second_moment.rows() > 1 || x.batch_spectrum.size() == 0 || !(*variance > 0)) {
    return 1 / (*variance + kNormEpsilon);
  }
  return x.inverse_factor * inverse_moments(x.batch_spectrum, kNormEpsilon / *variance).mean /
         *variance;
}

NodeMoments through_batch_norm(const NodeMoments& x, Index batch) {
  NodeMoments y = x;
  const std::optional<double> variance = batch_variance(x, batch);
  const double normalized = variance ? *variance / (*variance + kNormEpsilon) : 1.0;
  y.second_moment.setConstant(normalized);
  if (variance && x.places.are_known()) {
    const Eigen::ArrayXXd around = x.second_moment + x.places.squared_channel_mean() -
                                   2 * x.places.products_with_mean(x.second_moment);
    y.second_moment = around.max(0.0);
    const double size = y.mean_second_moment();
    y.second_moment *= size > 0 ? normalized / size : 0;
    y.places.products = x.places.around_channel_means(x.second_moment) / (*variance + kNormEpsilon);
  }
  y.mean.setZero();
  if (variance && *variance > 0 && x.has_pairs()) {
    y.half_difference = x.half_difference / (*variance + kNormEpsilon);
    if (x.second_moment.rows() == 1) y.half_difference = y.half_difference.min(2 * normalized);
  } else {
    y.forget_pairs();
  }
  y.spread = 0;
  y.length_spread = 0;
  y.length_noise = 0;
  return y;
}

}  // namespace initbench
