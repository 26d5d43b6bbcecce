#include <algorithm>
#include <numeric>

#include "base/errors.h"
#include "theory/prediction.h"

namespace initbench {
namespace {

bool convolves_input(const Network& network) {
  const auto layers = network.layers();
  return std::any_of(layers.begin(), layers.end(), [&](const Layer& layer) {
    const bool convolves = layer.type == "conv2d" || layer.type == "projection";
    return convolves && layer.input == 0 && network.node(0).shape.is_image;
  });
}

/// Means of x^2 per position, one column.
Eigen::ArrayXXd moments_by_position(const Shape& shape, const Eigen::MatrixXd& x) {
  Eigen::ArrayXXd moments(shape.positions(), 1);
  for (Index position = 0; position < shape.positions(); ++position) {
    const auto channels = x.middleRows(position * shape.channels, shape.channels);
    moments(position, 0) = channels.array().square().mean();
  }
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

}  // namespace

ValueMoments measure_input(const Network& network, ConstMatrixView x, Index groups) {
  const Shape& shape = network.node(0).shape;
  expects(x.rows() == shape.features() && x.cols() > 0, "at least one sample of the input's shape");
  const Eigen::MatrixXd samples = x.cast<double>();
  ValueMoments moments{.second_moment = convolves_input(network)
                                            ? moments_by_position(shape, samples)
                                            : moments_by_norm(samples, groups),
                       .mean = samples.mean(),
                       .batch = samples.cols()};
  const auto count = static_cast<double>(samples.cols());
  const double total = samples.squaredNorm();
  if (samples.cols() > 1 && total > 0) {
    // The mean over pairs of ||x - x'||^2 / 2 is the sum of squared deviations over count - 1.
    const Eigen::VectorXd mean = samples.rowwise().mean();
    const double deviations = (samples.colwise() - mean).squaredNorm();
    moments.gap = deviations / (count - 1) / (total / count);
  }
  return moments;
}

}  // namespace initbench
