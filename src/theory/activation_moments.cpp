#include "theory/activation_moments.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/errors.h"
#include "theory/batch_spectrum.h"
#include "theory/gaussian_moments.h"
#include "theory/mean_field.h"

namespace initbench {
namespace {

double square(double x) { return x * x; }

/// Of z = 0 itself, at a kink with the slope that training uses there.
ActivationMoments moments_of_zero(const Activation& activation) {
  const ActivationRow& row = activation_row(activation.kind);
  const double value = row.value(0, activation.parameter);
  return {square(value), value, square(row.derivative(0, activation.parameter)), 0};
}

/// E[phi^2], E[phi] and E[phi'^2] at single variances q of many.
class MomentSource {
 public:
  MomentSource(const Activation& activation, const Eigen::ArrayXXd& variances,
               const GaussianMoments& at_mean, ByActivation<MomentTable>& tables)
      : activation_(activation), mean_(variances.mean()), at_mean_(moments_of(at_mean)) {
    constexpr Index kFew = 16;       // a table would ask for as many integrals
    constexpr double kSame = 1e-12;  // relative
    all_alike_ = variances.maxCoeff() <= variances.minCoeff() * (1 + kSame);
    is_homogeneous_ = is_homogeneous(activation);
    if (variances.size() > kFew) table_ = &tables.of(activation);
    if (variances.minCoeff() == 0) at_zero_ = moments_of_zero(activation);
  }

  ActivationMoments at(double q) const {
    if (all_alike_) return at_mean_;
    if (q == 0) return at_zero_;
    if (is_homogeneous_) {
      const double ratio = q / mean_;
      return at_mean_ * ActivationMoments(ratio, std::sqrt(ratio), 1, 0);
    }
    return table_ != nullptr ? table_->at(q) : moments_of(gaussian_moments(activation_, q));
  }

 private:
  static ActivationMoments moments_of(const GaussianMoments& moments) {
    return {moments.second_moment, moments.mean, moments.slope_second_moment, 0};
  }

  const Activation& activation_;
  double mean_;
  ActivationMoments at_mean_;
  ActivationMoments at_zero_ = ActivationMoments::Zero();
  bool all_alike_ = false;
  bool is_homogeneous_ = false;
  MomentTable* table_ = nullptr;
};

/// The same of a law that is known by a sample of units, scaled to other variances: measured at a
/// few as they are asked for, and in proportion between. E[phi^2] grows at most as q does and at
/// least as a constant, so that this is wrong by 0.4 % at most; E[phi'^2] of a bounded activation
/// falls as 1 / sqrt(q), 1.2 %.
class SampleSource {
 public:
  SampleSource(const UnitSample& units, const Activation& activation,
               const Eigen::ArrayXXd& variances)
      : units_(units), activation_(activation), mean_(variances.mean()) {}

  ActivationMoments at(double q) {
    if (q == 0) return moments_of_zero(activation_);
    if (q == mean_) return measured(q);
    const double place = kNodes * std::log2(q / mean_);
    const int below = static_cast<int>(std::floor(place));
    const double low = variance(below);
    const double share = (q - low) / (variance(below + 1) - low);
    return (1 - share) * node(below) + share * node(below + 1);
  }

 private:
  static constexpr double kNodes = 2;  // to each factor 2 of the variance

  double variance(int node) const { return mean_ * std::exp2(node / kNodes); }

  const ActivationMoments& node(int index) {
    const auto found = nodes_.find(index);
    if (found != nodes_.end()) return found->second;
    return nodes_.emplace(index, measured(variance(index))).first->second;
  }

  ActivationMoments measured(double q) const {
    const SampleMoments moments = units_.moments(activation_, std::sqrt(q / mean_));
    return {moments.second_moment, moments.mean, moments.slope_second_moment, 0};
  }

  const UnitSample& units_;
  const Activation& activation_;
  double mean_;  // of the sample as it is
  std::map<int, ActivationMoments> nodes_;
};

/// At every position and group.
struct Fields {
  Eigen::ArrayXXd second_moment;
  Eigen::ArrayXXd mean;
  Eigen::ArrayXXd slope;  // one column if groups are alike

  template <typename Source>
  Fields(const Eigen::ArrayXXd& variances, Source source)
      : second_moment(variances.rows(), variances.cols()),
        mean(variances.rows(), variances.cols()),
        slope(variances.rows(), variances.cols()) {
    for (Index group = 0; group < variances.cols(); ++group) {
      for (Index position = 0; position < variances.rows(); ++position) {
        const ActivationMoments moments = source.at(variances(position, group));
        second_moment(position, group) = moments(0);
        mean(position, group) = moments(1);
        slope(position, group) = moments(2);
      }
    }
    constexpr double kSame = 1e-12;  // relative
    const Eigen::ArrayXd first = slope.col(0);
    const bool all_alike =
        ((slope.colwise() - first).abs().rowwise().maxCoeff() <= kSame * first).all();
    if (all_alike) slope = Eigen::ArrayXXd(first);
  }
};

/// E[(phi - phi')^2] / 2 of the pairs that are followed, by position: `gap_behind` of the root of
/// the product of two variances, which stands for both (exact for homogeneous activations), and of
/// 1 - cosine.
template <typename GapBehind>
void set_half_differences(const NodeMoments& x, GapBehind gap_behind, NodeMoments& a) {
  const Eigen::ArrayXXd x_roots = x.second_moment.sqrt();
  const Eigen::ArrayXXd a_roots = a.second_moment.sqrt();
  a.half_difference.resize(x.half_difference.rows(), x.half_difference.cols());
  Index column = 0;
  for (const auto& [i, j] : x.pairs) {
    for (Index position = 0; position < x_roots.rows(); ++position) {
      const double root = x_roots(position, i);
      const double other = x_roots(position, j);
      const double of_lengths = square(a_roots(position, i) - a_roots(position, j)) / 2;
      const double product = a_roots(position, i) * a_roots(position, j);
      double lost = 0;  // of the product by the angle
      if (root > 0 && other > 0) {
        const double of_angle = x.half_difference(position, column) - square(root - other) / 2;
        lost = product * gap_behind(root * other, std::clamp(of_angle / (root * other), 0.0, 2.0));
      } else {
        lost = product - a.mean(position, i) * a.mean(position, j);
      }
      a.half_difference(position, column) = of_lengths + lost;
    }
    ++column;
  }
  a.pairs = x.pairs;
}

/// The same over any two samples: `gap` is that behind two at the mean variance, which stands for
/// all.
void set_half_difference(const NodeMoments& x, double gap, NodeMoments& a) {
  // Each position keeps the share of its length that is a difference.
  const Eigen::ArrayXd old_lengths = x.second_moment.rowwise().mean();
  const Eigen::ArrayXd new_lengths = a.second_moment.rowwise().mean();
  a.half_difference = (old_lengths > 0).select(x.half_difference * new_lengths / old_lengths, 0.0);
  const double now = a.half_difference.mean();
  if (!(now > 0)) return;
  const Lengths after(a.second_moment);
  a.half_difference *= (after.variance + gap * after.mean_squared) / now;
}

/// Of the pairs of places: as of pairs of samples.
void set_places(const NodeMoments& x, PairTable& table, NodeMoments& a) {
  const Eigen::ArrayXXd x_roots = x.second_moment.sqrt();
  const Eigen::ArrayXXd a_roots = a.second_moment.sqrt();
  a.places = x.places;
  x.places.for_each([&](Index k, const PlacePair& pair, Index place, Index other) {
    const double roots = x_roots(place, pair.group) * x_roots(other, pair.other);
    double& product = a.places.products(place, k);
    if (!(roots > 0)) {
      product = a.mean(place, pair.group) * a.mean(other, pair.other);
      return;
    }
    const double gap = std::clamp(1 - product / roots, 0.0, 2.0);
    product = a_roots(place, pair.group) * a_roots(other, pair.other) *
              (1 - table.gap_behind(roots, gap));
  });
}

/// What moments at the mean variance say of fluctuations: `own` is Var(x^2) / E[x^2]^2 of the
/// input.
struct Fluctuation {
  double elasticity = 0;
  double relative_spread = 0;
  double own = 2;
};

/// Of the second moment over draws of the weights: what a fixed length would leave of the
/// fluctuations, plus those of the length itself.
double spread_behind(const NodeMoments& x, const Fluctuation& of) {
  const double squared = square(of.elasticity);
  const double noise =
      std::max(of.relative_spread - of.own * squared, 0.0) / static_cast<double>(x.units) +
      squared * x.length_noise;
  return (1 + squared * x.length_spread) * (1 + noise) - 1;
}

}  // namespace

Activated through_activation(const NodeMoments& x, const Activation& activation,
                             Integrals& integrals) {
  expects(x.normal && x.mean_second_moment() > 0, "normal values of positive variance");
  const double q = x.mean_second_moment();
  const GaussianMoments at_mean = gaussian_moments(activation, q);
  Fields fields(x.second_moment,
                MomentSource(activation, x.second_moment, at_mean, integrals.tables));

  Activated result;
  NodeMoments& a = result.moments;
  a.units = x.units;
  a.second_moment = std::move(fields.second_moment);
  a.mean = std::move(fields.mean);
  a.why_not_normal = "an activation has no normal law";
  PairTable& table = integrals.pair_tables.of(activation);
  if (x.has_pairs() && !x.pairs.empty()) {
    set_half_differences(
        x, [&](double variance, double gap) { return table.gap_behind(variance, gap); }, a);
  } else if (x.has_pairs()) {
    const double half_difference = integrals.pairs.half_squared_difference(activation, q, x.gap());
    set_half_difference(x, half_difference / at_mean.second_moment, a);
  }
  if (x.has_pairs() && x.batch_spectrum.size() > 0) {
    const double linear_share = integrals.pairs.elasticity(activation, q, x.gap());
    a.batch_spectrum = mixed_with_noise(x.batch_spectrum, linear_share);
  }
  if (x.places.are_known()) set_places(x, table, a);
  const double elasticity =
      at_mean.second_moment > 0 ? q * at_mean.growth / at_mean.second_moment : 0;
  a.spread = spread_behind(
      x, {.elasticity = elasticity, .relative_spread = at_mean.relative_spread, .own = 2});
  result.effect = {.slope_second_moment = std::move(fields.slope),
                   .slope_spread = at_mean.slope_spread,
                   .fluctuation = at_mean.relative_spread,
                   .length = q,
                   .unit_slopes = {}};
  return result;
}

void set_places(const NodeMoments& x, double gap, NodeMoments& a) {
  const double mean = x.places.squared_channel_mean();
  const double variance = x.mean_second_moment() - mean;
  const double size = a.mean_second_moment();
  a.places = x.places;
  a.places.products -= mean;
  a.places.products *= variance > 0 ? size * gap / variance : 0;
  a.places.products += size * (1 - gap);
}

Activated through_activation(const NodeMoments& x, const UnitSample& units,
                             const Activation& activation) {
  expects(x.mean_second_moment() > 0, "values of positive variance");
  const SampleMoments at_mean = units.moments(activation);
  Fields fields(x.second_moment, SampleSource(units, activation, x.second_moment));
  Activated result;
  NodeMoments& a = result.moments;
  a.units = x.units;
  a.second_moment = std::move(fields.second_moment);
  a.mean = std::move(fields.mean);
  a.why_not_normal = "an activation has no normal law";
  a.batch_spectrum = x.batch_spectrum;
  if (x.has_pairs()) {
    const double gap = at_mean.half_difference / at_mean.second_moment;
    if (x.pairs.empty()) {
      set_half_difference(x, gap, a);
    } else {
      const double factor = x.gap() > 0 ? gap / x.gap() : 0;
      set_half_differences(
          x, [&](double, double before) { return std::min(factor * before, 2.0); }, a);
    }
  }
  a.spread = spread_behind(x, {.elasticity = at_mean.elasticity,
                               .relative_spread = at_mean.relative_spread,
                               .own = at_mean.input_relative_spread});
  result.effect = {.slope_second_moment = std::move(fields.slope),
                   .slope_spread = at_mean.slope_spread,
                   .fluctuation = at_mean.relative_spread,
                   .length = x.mean_second_moment(),
                   .unit_slopes = units.squared_slopes(activation)};
  return result;
}

}  // namespace initbench
