#include <algorithm>
#include <numeric>
#include <vector>

#include "base/errors.h"
#include "theory/batch_spectrum.h"
#include "theory/prediction.h"

namespace initbench {
namespace {

bool is_convolved(const Network& network, NodeId node) {
  const auto layers = network.layers();
  return std::any_of(layers.begin(), layers.end(), [&](const Layer& layer) {
    const bool convolves = layer.type == "conv2d" || layer.type == "projection";
    return convolves && layer.input == node && network.node(node).shape.is_image;
  });
}

bool has_dense_batch_norm(const Network& network) {
  const auto nodes = network.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [](const Node& node) {
    return std::holds_alternative<BatchNormOp>(node.operation) && !node.shape.is_image;
  });
}

/// The samples' indices by ascending norm.
std::vector<Index> by_norm(const Eigen::MatrixXd& x) {
  const Eigen::VectorXd squares = x.colwise().squaredNorm().transpose();
  std::vector<Index> order(static_cast<std::size_t>(x.cols()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return squares(a) < squares(b); });
  return order;
}

/// Means of x^2 per position, a column per chosen sample. Pictures differ in where they are bright,
/// so that a position's mean over samples would stand for none of them: chosen are the middle ones
/// of groups of like norm, scaled together to the mean over all.
Eigen::ArrayXXd moments_by_position(const Shape& shape, const Eigen::MatrixXd& x) {
  constexpr Index kChosen = 8;
  const std::vector<Index> order = by_norm(x);
  const Index used = std::min(kChosen, x.cols());
  Eigen::ArrayXXd moments(shape.positions(), used);
  for (Index group = 0; group < used; ++group) {
    const Index middle = (2 * group + 1) * x.cols() / (2 * used);
    const auto sample = x.col(order[static_cast<std::size_t>(middle)]);
    for (Index position = 0; position < shape.positions(); ++position) {
      moments(position, group) =
          sample.segment(position * shape.channels, shape.channels).array().square().mean();
    }
  }
  const double chosen = moments.mean();
  if (chosen > 0) moments *= x.array().square().mean() / chosen;
  return moments;
}

/// Means of x^2 per group of samples of like norm, one row.
Eigen::ArrayXXd moments_by_norm(const Eigen::MatrixXd& x, Index groups) {
  Eigen::VectorXd squares = x.colwise().squaredNorm().transpose() / static_cast<double>(x.rows());
  std::sort(squares.begin(), squares.end());
  const Index used = std::clamp<Index>(groups, 1, squares.size());
  Eigen::ArrayXXd moments(1, used);
  for (Index group = 0; group < used; ++group) {
    const Index begin = group * squares.size() / used;
    const Index end = (group + 1) * squares.size() / used;
    moments(0, group) = squares.segment(begin, end - begin).mean();
  }
  return moments;
}

double squared_channel_mean(const Shape& shape, const Eigen::MatrixXd& x) {
  const Eigen::VectorXd of_features = x.rowwise().mean();
  const auto by_channel = of_features.reshaped(shape.channels, shape.positions());
  return by_channel.rowwise().mean().array().square().mean();
}

}  // namespace

std::optional<double> gap_between_samples(ConstMatrixView x) {
  if (x.cols() < 2) return std::nullopt;
  // The mean over pairs of ||x - x'||^2 / 2 is the sum of squared deviations over count - 1.
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(x.rows());
  for (Index j = 0; j < x.cols(); ++j) mean += x.col(j).cast<double>();
  const auto count = static_cast<double>(x.cols());
  mean /= count;
  double total = 0;
  double deviations = 0;
  for (Index j = 0; j < x.cols(); ++j) {
    total += x.col(j).cast<double>().squaredNorm();
    deviations += (x.col(j).cast<double>() - mean).squaredNorm();
  }
  if (!(total > 0)) return std::nullopt;
  return deviations / (count - 1) / (total / count);
}

ValueMoments measure_values(const Network& network, NodeId node, ConstMatrixView x, Index groups) {
  const Shape& shape = network.node(node).shape;
  expects(x.rows() == shape.features() && x.cols() > 0, "at least one sample of the node's shape");
  const Eigen::MatrixXd samples = x.cast<double>();
  return {
      .second_moment = is_convolved(network, node) ? moments_by_position(shape, samples)
                                                   : moments_by_norm(samples, groups),
      .mean = samples.mean(),
      .gap = gap_between_samples(x),
      .batch = samples.cols(),
      .squared_channel_mean = squared_channel_mean(shape, samples),
      .batch_spectrum = has_dense_batch_norm(network) ? batch_spectrum(samples) : Eigen::ArrayXd()};
}

ValueMoments measure_input(const Network& network, ConstMatrixView x, Index groups) {
  return measure_values(network, 0, x, groups);
}

}  // namespace initbench
