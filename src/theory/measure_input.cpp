#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/errors.h"
#include "theory/batch_spectrum.h"
#include "theory/prediction.h"

namespace initbench {
namespace {

constexpr Index kMostCompared = 64;  // samples

/// Whether a convolution will read it, or what becomes of it.
bool is_convolved(const Network& network, NodeId node) {
  const auto layers = network.layers();
  return std::any_of(layers.begin(), layers.end(), [&](const Layer& layer) {
    const bool convolves =
        std::holds_alternative<ConvolutionOp>(network.node(layer.linear).operation);
    return convolves && layer.input >= node;
  });
}

bool has_batch_norm(const Network& network, bool of_images) {
  const auto nodes = network.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [of_images](const Node& node) {
    return std::holds_alternative<BatchNormOp>(node.operation) && node.shape.is_image == of_images;
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

/// Pictures differ in where they are bright, so that a position's mean over samples would stand for
/// none of them: chosen are the middle ones of groups of like norm, scaled together to the mean
/// square over all.
Eigen::MatrixXd chosen_samples(const Eigen::MatrixXd& x, Index most) {
  const std::vector<Index> order = by_norm(x);
  const Index used = std::min(most, x.cols());
  Eigen::MatrixXd chosen(x.rows(), used);
  for (Index group = 0; group < used; ++group) {
    const Index middle = (2 * group + 1) * x.cols() / (2 * used);
    chosen.col(group) = x.col(order[static_cast<std::size_t>(middle)]);
  }
  const double of_chosen = chosen.array().square().mean();
  if (of_chosen > 0) chosen *= std::sqrt(x.array().square().mean() / of_chosen);
  return chosen;
}

/// Means over channels, by position.
Eigen::ArrayXd channel_means(const Shape& shape, const Eigen::ArrayXd& features) {
  return features.reshaped(shape.channels, shape.positions()).colwise().mean().transpose();
}

/// Two samples and 1 - their cosine.
struct PairGap {
  std::array<Index, 2> pair;
  double gap = 0;
};

/// Of all pairs of samples that are not 0.
std::vector<PairGap> gaps_of(const Eigen::MatrixXd& x) {
  const Eigen::MatrixXd products = x.transpose() * x;
  std::vector<PairGap> gaps;
  for (Index i = 0; i < x.cols(); ++i) {
    for (Index j = i + 1; j < x.cols(); ++j) {
      const double lengths = std::sqrt(products(i, i) * products(j, j));
      if (lengths > 0) gaps.push_back({.pair = {i, j}, .gap = 1 - products(i, j) / lengths});
    }
  }
  return gaps;
}

/// As many pairs as samples are chosen, whose angles are spread as those of all samples `x` are.
PairsOfGroups typical_pairs(const Eigen::MatrixXd& chosen, const Eigen::MatrixXd& x) {
  std::vector<PairGap> candidates = gaps_of(chosen);
  std::vector<PairGap> all = gaps_of(evenly_spaced(x, kMostCompared));
  if (all.empty()) all = candidates;  // nearly all samples are 0
  std::sort(all.begin(), all.end(),
            [](const PairGap& a, const PairGap& b) { return a.gap < b.gap; });
  PairsOfGroups pairs;
  const std::size_t wanted = std::min(static_cast<std::size_t>(chosen.cols()), candidates.size());
  for (std::size_t k = 0; k < wanted; ++k) {
    const double gap = all[(2 * k + 1) * all.size() / (2 * wanted)].gap;
    const auto nearest = std::min_element(candidates.begin(), candidates.end(),
                                          [gap](const PairGap& a, const PairGap& b) {
                                            return std::abs(a.gap - gap) < std::abs(b.gap - gap);
                                          });
    pairs.push_back(nearest->pair);
    candidates.erase(nearest);
  }
  return pairs;
}

/// 1 - the cosine, mean over all pairs of samples that are not 0: of n unit vectors with the sum s
/// it is (n - |s|^2 / n) / (n - 1).
double mean_gap_of(const Eigen::MatrixXd& x) {
  const Eigen::ArrayXd lengths = x.colwise().norm().transpose();
  const auto count = static_cast<double>((lengths > 0).count());
  const Eigen::VectorXd scales = (lengths > 0).select(lengths.inverse(), 0.0);
  return (count - (x * scales).squaredNorm() / count) / (count - 1);
}

/// Stretches the differences of pairs so that their mean gap is that of all samples.
void match_gap(double wanted, ValueMoments& values) {
  const Eigen::ArrayXd squares = values.second_moment.colwise().mean().transpose();
  Eigen::ArrayXd of_lengths(values.half_difference.cols());
  Eigen::ArrayXd products(of_lengths.size());
  Index column = 0;
  for (const auto& [i, j] : values.pairs) {
    products(column) = std::sqrt(squares(i) * squares(j));
    of_lengths(column) = (squares(i) + squares(j)) / 2 - products(column);
    ++column;
  }
  const Eigen::ArrayXd halves = values.half_difference.colwise().mean().transpose();
  const Eigen::ArrayXd gaps = (halves - of_lengths) / products;
  if (!(gaps.mean() > 0)) return;
  const Eigen::ArrayXd stretched = of_lengths + wanted / gaps.mean() * gaps * products;
  values.half_difference.rowwise() *= (halves > 0).select(stretched / halves, 1.0).transpose();
}

double squared_channel_mean(const Shape& shape, const Eigen::MatrixXd& x) {
  const Eigen::VectorXd of_features = x.rowwise().mean();
  const auto by_channel = of_features.reshaped(shape.channels, shape.positions());
  return by_channel.rowwise().mean().array().square().mean();
}

/// What `measure_values` says where single samples stand for all.
void describe_samples(const Network& network, NodeId node, const Eigen::MatrixXd& x,
                      ValueMoments& values) {
  constexpr Index kPictures = 8;
  constexpr Index kVectors = 64;
  const Shape& shape = network.node(node).shape;
  const Eigen::MatrixXd chosen = chosen_samples(x, shape.is_image ? kPictures : kVectors);
  if (shape.is_image && has_batch_norm(network, true)) {
    if (node == 0) {
      values.pictures = evenly_spaced(x, kMostCompared);
      values.group_pictures = chosen;
    }
    values.places = place_products(shape, chosen);
    // Few pictures stand for all, whose channels' means are known.
    values.places.products += squared_channel_mean(shape, x) - values.places.squared_channel_mean();
  }
  values.second_moment.resize(shape.positions(), chosen.cols());
  for (Index group = 0; group < chosen.cols(); ++group) {
    values.second_moment.col(group) = channel_means(shape, chosen.col(group).array().square());
  }
  values.pairs = typical_pairs(chosen, x);
  values.half_difference.resize(shape.positions(), static_cast<Index>(values.pairs.size()));
  Index column = 0;
  for (const auto& [i, j] : values.pairs) {
    const Eigen::ArrayXd difference = chosen.col(i) - chosen.col(j);
    values.half_difference.col(column++) = channel_means(shape, difference.square() / 2);
  }
  if (!values.pairs.empty()) match_gap(mean_gap_of(x), values);
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
  ValueMoments values{
      .mean = samples.mean(), .gap = gap_between_samples(x), .batch = samples.cols()};
  if (has_batch_norm(network, false)) values.batch_spectrum = batch_spectrum(samples);
  // Samples of few features have the angles of few kinds, of which a mean is none.
  constexpr Index kFewFeatures = 4;
  const bool few = !shape.is_image && shape.features() <= kFewFeatures;
  if (is_convolved(network, node) || (few && !has_batch_norm(network, false))) {
    describe_samples(network, node, samples, values);
  } else {
    values.second_moment = moments_by_norm(samples, groups);
  }
  return values;
}

ValueMoments measure_input(const Network& network, ConstMatrixView x, Index groups) {
  return measure_values(network, 0, x, groups);
}

}  // namespace initbench
