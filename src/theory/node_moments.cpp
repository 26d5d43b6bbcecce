#include "theory/node_moments.h"

#include <algorithm>

#include "base/errors.h"
#include "theory/kernel_taps.h"

namespace initbench {
namespace {

double square(double x) { return x * x; }

/// Relative variance, over weights, of the mean square of `outputs` numbers drawn by them. Rows or
/// columns of an orthogonal matrix keep the length but for what a projection cuts off.
double noise_of_units(Index inputs, Index outputs, bool orthogonal) {
  const double kept = orthogonal ? 1.0 / static_cast<double>(std::max(inputs, outputs)) : 0.0;
  return 2 * (1.0 / static_cast<double>(outputs) - kept);
}

/// Of the E[1 / |w|^2] E[|w|^2] = n / (n - 2) of normal rows.
double inverse_of_orthogonal(Index inputs, Index outputs) {
  return 1 - 2 / static_cast<double>(std::max<Index>(std::max(inputs, outputs), 3));
}

void finish_linear(const NodeMoments& x, double from_weights, NodeMoments& z) {
  z.mean = Eigen::ArrayXXd::Zero(z.second_moment.rows(), z.second_moment.cols());
  z.normal = true;
  z.batch_spectrum = x.batch_spectrum;
  const double total = z.mean_second_moment();
  const double share = total > 0 ? from_weights / total : 0;
  z.length_spread = square(share) * x.spread;
  // Biases, and their products with what the weights bring, are draws of their own per unit.
  z.length_noise =
      square(share) * z.length_noise + (1 - square(share)) * 2 / static_cast<double>(z.units);
  z.spread = (1 + z.length_spread) * (1 + z.length_noise) - 1;
}

}  // namespace

Eigen::ArrayXXd half_products(const Eigen::ArrayXXd& a, const Eigen::ArrayXXd& b,
                              const PairsOfGroups& pairs) {
  if (pairs.empty()) {
    return (a * b).rowwise().mean() - a.rowwise().mean() * b.rowwise().mean();
  }
  Eigen::ArrayXXd products(a.rows(), static_cast<Index>(pairs.size()));
  Index column = 0;
  for (const auto& [i, j] : pairs) {
    products.col(column++) = (a.col(i) - a.col(j)) * (b.col(i) - b.col(j)) / 2;
  }
  return products;
}

double NodeMoments::variance() const { return mean_second_moment() - square(mean.mean()); }

Lengths::Lengths(const Eigen::ArrayXXd& second_moment) {
  const Eigen::ArrayXd roots = second_moment.colwise().mean().sqrt().transpose();
  mean_squared = square(roots.mean());
  variance = (roots - roots.mean()).square().mean();
}

double NodeMoments::gap() const {
  expects(has_pairs(), "moments of pairs");
  if (pairs.empty()) {
    const Lengths lengths(second_moment);
    return std::clamp((half_difference.mean() - lengths.variance) / lengths.mean_squared, 0.0, 2.0);
  }
  const Eigen::ArrayXd roots = second_moment.colwise().mean().sqrt().transpose();
  const Eigen::ArrayXd halves = half_difference.colwise().mean().transpose();
  double sum = 0;
  double count = 0;
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const auto [i, j] = pairs[k];
    const double product = roots(i) * roots(j);
    if (!(product > 0)) continue;  // zeros have no direction
    const double of_angle = halves(static_cast<Index>(k)) - square(roots(i) - roots(j)) / 2;
    sum += std::clamp(of_angle / product, 0.0, 2.0);
    count += 1;
  }
  return count > 0 ? sum / count : 0;
}

void NodeMoments::forget_pairs() {
  half_difference.resize(0, 0);
  pairs.clear();
}

void NodeMoments::keep_means() {
  if (has_pairs()) {
    const double size = mean_second_moment();
    half_difference = Eigen::ArrayXXd::Constant(1, 1, size > 0 ? gap() * size : 0);
  }
  pairs.clear();
  batch_spectrum.resize(0);
  places = {};
  second_moment = Eigen::ArrayXXd::Constant(1, 1, second_moment.mean());
  mean = Eigen::ArrayXXd::Constant(1, 1, mean.mean());
}

NodeMoments through_dense(const NodeMoments& x, Index inputs, Index outputs, const LinearLaw& law) {
  const double factor = static_cast<double>(inputs) * law.weight_variance;
  NodeMoments z;
  z.units = outputs;
  z.second_moment = factor * x.second_moment.colwise().mean() + law.bias_variance;
  if (x.has_pairs()) z.half_difference = factor * x.half_difference.colwise().mean();
  z.pairs = x.pairs;
  z.length_noise = noise_of_units(inputs, outputs, law.orthogonal);
  if (law.orthogonal) z.inverse_factor = inverse_of_orthogonal(inputs, outputs);
  finish_linear(x, factor * x.mean_second_moment(), z);
  return z;
}

Eigen::ArrayXXd sum_over_taps(const ConvolutionGeometry& geometry, const Eigen::ArrayXXd& field) {
  const Eigen::ArrayXXd columns = field.transpose();  // a position's groups lie together
  Eigen::ArrayXXd sums = Eigen::ArrayXXd::Zero(field.cols(), geometry.out.positions());
  for_each_tap(geometry, [&](Index to, Index from, Index) { sums.col(to) += columns.col(from); });
  return sums.transpose();
}

Eigen::ArrayXXd spread_over_taps(const ConvolutionGeometry& geometry,
                                 const Eigen::ArrayXXd& field) {
  const Eigen::ArrayXXd columns = field.transpose();
  Eigen::ArrayXXd sums = Eigen::ArrayXXd::Zero(field.cols(), geometry.in.positions());
  for_each_tap(geometry, [&](Index to, Index from, Index) { sums.col(from) += columns.col(to); });
  return sums.transpose();
}

Eigen::MatrixXd patches_of(const ConvolutionGeometry& geometry, const Eigen::VectorXd& picture) {
  const Index channels = geometry.in.channels;
  const Index taps = geometry.kernel[0] * geometry.kernel[1];
  Eigen::MatrixXd patches = Eigen::MatrixXd::Zero(taps * channels, geometry.out.positions());
  for_each_tap(geometry, [&](Index to, Index from, Index tap) {
    patches.col(to).segment(tap * channels, channels) = picture.segment(from * channels, channels);
  });
  return patches;
}

ConvolutionGeometry centre_tap(const ConvolutionGeometry& geometry) {
  ConvolutionGeometry centre = geometry;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    centre.pad_before[axis] -= (geometry.kernel[axis] - 1) / 2 * geometry.dilation[axis];
    centre.kernel[axis] = 1;
  }
  return centre;
}

NodeMoments through_convolution(const NodeMoments& x, const ConvolutionGeometry& kernel,
                                const LinearLaw& law) {
  const ConvolutionGeometry geometry = law.centre_only ? centre_tap(kernel) : kernel;
  const Index group_inputs = geometry.in.channels / geometry.groups;
  const double factor = static_cast<double>(group_inputs) * law.weight_variance;
  NodeMoments z;
  z.units = geometry.out.channels;
  z.second_moment = factor * sum_over_taps(geometry, x.second_moment);
  const double from_weights = z.second_moment.mean();
  z.second_moment += law.bias_variance;
  if (x.has_pairs()) z.half_difference = factor * sum_over_taps(geometry, x.half_difference);
  z.pairs = x.pairs;
  z.places = through_convolution(x.places, geometry, factor, law.bias_variance);
  // Positions share the weights, so only channels count as independent draws.
  const Index inputs = geometry.weight_size() / geometry.out.channels;
  z.length_noise = noise_of_units(inputs, z.units, law.orthogonal);
  if (law.orthogonal) z.inverse_factor = inverse_of_orthogonal(inputs, z.units);
  finish_linear(x, from_weights, z);
  return z;
}

NodeMoments scaled(const NodeMoments& x, double factor) {
  NodeMoments result = x;
  result.mean *= factor;
  result.second_moment *= factor * factor;
  result.half_difference *= factor * factor;
  result.places.products *= factor * factor;
  return result;
}

namespace {

Eigen::ArrayXd spectrum_of_sum(const NodeMoments& shortcut, const NodeMoments& branch,
                               double scale) {
  if (shortcut.batch_spectrum.size() != branch.batch_spectrum.size()) return {};
  if (!shortcut.has_pairs() || !branch.has_pairs()) return {};
  const double kept = shortcut.half_difference.mean();
  const double added = scale * scale * branch.half_difference.mean();
  if (!(kept + added > 0)) return {};
  return (kept * shortcut.batch_spectrum + added * branch.batch_spectrum) / (kept + added);
}

}  // namespace

NodeMoments add_branch(const NodeMoments& shortcut, const NodeMoments& branch, double scale) {
  NodeMoments sum;
  sum.units = shortcut.units;
  sum.second_moment = shortcut.second_moment + scale * scale * branch.second_moment +
                      2 * scale * shortcut.mean * branch.mean;
  sum.mean = shortcut.mean + scale * branch.mean;
  if (shortcut.has_pairs() && branch.has_pairs() && shortcut.pairs == branch.pairs) {
    sum.half_difference = shortcut.half_difference + scale * scale * branch.half_difference +
                          2 * scale * half_products(shortcut.mean, branch.mean, shortcut.pairs);
    sum.pairs = shortcut.pairs;
  }
  sum.batch_spectrum = spectrum_of_sum(shortcut, branch, scale);
  if (shortcut.places.are_known() && shortcut.places.pairs == branch.places.pairs) {
    sum.places = shortcut.places;
    sum.places.products += scale * scale * branch.places.products +
                           2 * scale * shortcut.mean.mean() * branch.mean.mean();
  }
  sum.normal = shortcut.normal && branch.normal;
  sum.why_not_normal = shortcut.normal ? branch.why_not_normal : shortcut.why_not_normal;
  const double total = sum.mean_second_moment();
  if (total > 0) {
    const double kept = shortcut.mean_second_moment() / total;
    const double added = scale * scale * branch.mean_second_moment() / total;
    // The branch inherits how long the shortcut happens to be.
    const auto inherited = [&](double of_shortcut, double of_branch) {
      return square(kept) * of_shortcut + square(added) * of_branch +
             2 * kept * added * std::min(of_shortcut, of_branch);
    };
    sum.spread = inherited(shortcut.spread, branch.spread);
    sum.length_spread = inherited(shortcut.length_spread, branch.length_spread);
    sum.length_noise = square(kept) * shortcut.length_noise + square(added) * branch.length_noise;
  }
  return sum;
}

}  // namespace initbench
