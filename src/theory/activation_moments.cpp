#include "theory/activation_moments.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

#include "base/errors.h"
#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

double square(double x) { return x * x; }

/// Moments divided by their power of q: nearly constant, so that they interpolate well.
struct ScaledMoments {
  double second = 0;  // E[phi^2] / q
  double mean = 0;    // E[phi] / sqrt(q)
  double slope = 0;   // E[phi'^2]
};

ScaledMoments scaled_moments(const Activation& activation, double q) {
  const GaussianMoments moments = gaussian_moments(activation, q);
  return {.second = moments.second_moment / q,
          .mean = moments.mean / std::sqrt(q),
          .slope = moments.slope_second_moment};
}

/// Moments as functions of ln q between two ends, interpolated at Chebyshev points by the
/// barycentric formula (Berrut & Trefethen 2004): relative error under 1e-9 over a factor 30 of q.
class MomentTable {
 public:
  static constexpr int kPoints = 40;

  MomentTable(const Activation& activation, double smallest, double largest) {
    const double low = std::log(smallest);
    const double high = std::log(largest);
    for (int i = 0; i < kPoints; ++i) {
      const double angle = std::numbers::pi * (i + 0.5) / kPoints;
      log_q_.push_back((low + high) / 2 + (high - low) / 2 * std::cos(angle));
      weights_.push_back((i % 2 == 0 ? 1 : -1) * std::sin(angle));
      moments_.push_back(scaled_moments(activation, std::exp(log_q_.back())));
    }
  }

  ScaledMoments at(double q) const {
    const double log_q = std::log(q);
    ScaledMoments sum;
    double total = 0;
    for (std::size_t i = 0; i < log_q_.size(); ++i) {
      const double distance = log_q - log_q_[i];
      if (distance == 0) return moments_[i];
      const double weight = weights_[i] / distance;
      sum.second += weight * moments_[i].second;
      sum.mean += weight * moments_[i].mean;
      sum.slope += weight * moments_[i].slope;
      total += weight;
    }
    return {sum.second / total, sum.mean / total, sum.slope / total};
  }

 private:
  std::vector<double> log_q_;
  std::vector<double> weights_;
  std::vector<ScaledMoments> moments_;
};

struct Fields {
  Eigen::ArrayXXd second_moment;
  Eigen::ArrayXXd mean;
  Eigen::ArrayXXd slope;
};

void store(const ScaledMoments& scaled, double q, Index cell, Fields& fields) {
  fields.second_moment(cell) = scaled.second * q;
  fields.mean(cell) = scaled.mean * std::sqrt(q);
  fields.slope(cell) = scaled.slope;
}

bool differ(double smaller, double larger) {
  constexpr double kSame = 1e-12;  // relative
  return larger > smaller * (1 + kSame);
}

/// Fills the cells, in ascending order of their positive variances: each distinct variance
/// integrated once, or tabulated if there are many.
void fill_cells(const Activation& activation, const Eigen::ArrayXXd& variances,
                std::span<const Index> cells, Fields& fields) {
  int distinct = 1;
  for (std::size_t i = 1; i < cells.size(); ++i) {
    distinct += differ(variances(cells[i - 1]), variances(cells[i])) ? 1 : 0;
  }
  if (distinct > MomentTable::kPoints) {
    const MomentTable table(activation, variances(cells.front()), variances(cells.back()));
    for (const Index cell : cells) store(table.at(variances(cell)), variances(cell), cell, fields);
    return;
  }
  double last = variances(cells.front());
  ScaledMoments scaled = scaled_moments(activation, last);
  for (const Index cell : cells) {
    if (differ(last, variances(cell))) {
      last = variances(cell);
      scaled = scaled_moments(activation, last);
    }
    store(scaled, variances(cell), cell, fields);
  }
}

void store_at_zero(const Activation& activation, std::span<const Index> cells, Fields& fields) {
  const GaussianMoments moments = gaussian_moments(activation, 0);
  for (const Index cell : cells) {
    fields.second_moment(cell) = moments.second_moment;
    fields.mean(cell) = moments.mean;
    fields.slope(cell) = moments.slope_second_moment;
  }
}

Fields fields_of(const Activation& activation, const Eigen::ArrayXXd& variances) {
  constexpr double kTableRange = 30;
  std::vector<Index> order(static_cast<std::size_t>(variances.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(),
            [&](Index a, Index b) { return variances(a) < variances(b); });
  // The first cell of a larger variance than the given one.
  const auto first_above = [&](double variance) {
    return std::upper_bound(order.begin(), order.end(), variance,
                            [&](double value, Index cell) { return value < variances(cell); });
  };
  Fields fields{variances, variances, variances};
  auto begin = first_above(0);
  store_at_zero(activation, {order.begin(), begin}, fields);
  while (begin != order.end()) {
    const auto end = first_above(variances(*begin) * kTableRange);
    fill_cells(activation, variances, {begin, end}, fields);
    begin = end;
  }
  return fields;
}

/// The activation of which this one is a multiple, plus a constant at most, at large |z|; itself if
/// bounded.
Activation asymptote_of(const Activation& activation) {
  switch (activation.kind) {
    case ActivationKind::elu:
    case ActivationKind::selu:
    case ActivationKind::gelu:
    case ActivationKind::gelu_tanh:
    case ActivationKind::silu:
    case ActivationKind::mish:
    case ActivationKind::softplus: return {.kind = ActivationKind::relu, .parameter = 0};
    default: return activation;
  }
}

/// Lengths that differ between samples are a difference of their own: half of it is the variance
/// of the root of q over groups, the rest comes from the angle between samples.
struct Lengths {
  double mean = 0;      // of the square root of the second moment, squared
  double variance = 0;  // of the square root

  explicit Lengths(const Eigen::ArrayXXd& second_moment) {
    const Eigen::ArrayXd roots = second_moment.colwise().mean().sqrt().transpose();
    mean = square(roots.mean());
    variance = (roots - roots.mean()).square().mean();
  }
};

/// E[(phi - phi')^2] / 2 over pairs of samples. Exact for homogeneous activations; else the
/// correlation map at the mean variance stands for all.
double activated_half_difference(const NodeMoments& x, const NodeMoments& a,
                                 const Activation& activation, double second_moment,
                                 PairIntegral& pairs) {
  const Lengths before(x.second_moment);
  const Lengths after(a.second_moment);
  const double gap =
      std::clamp((x.half_difference.mean() - before.variance) / before.mean, 0.0, 2.0);
  const double new_gap =
      pairs.half_squared_difference(activation, x.mean_second_moment(), gap) / second_moment;
  return after.variance + new_gap * after.mean;
}

}  // namespace

double PairIntegral::half_squared_difference(const Activation& activation, double q, double gap) {
  constexpr double kFar = 1e8;     // from here on only the asymptotes of phi matter
  constexpr double kSame = 1e-12;  // relative
  const bool far = q > kFar;
  const Activation used = far ? asymptote_of(activation) : activation;
  const double near_q = std::min(q, kFar);
  const bool same = used == activation_ && std::abs(near_q - q_) <= kSame * q_ &&
                    std::abs(gap - gap_) <= kSame * gap_;
  if (!same) {
    activation_ = used;
    q_ = near_q;
    gap_ = gap;
    value_ = initbench::half_squared_difference(used, near_q, gap);
  }
  if (!far) return value_;
  return value_ * (gaussian_moments(activation, q).second_moment /
                   gaussian_moments(used, near_q).second_moment);
}

Activated through_activation(const NodeMoments& x, const Activation& activation,
                             PairIntegral& pairs) {
  expects(x.normal && x.mean_second_moment() > 0, "normal values of positive variance");
  const double q = x.mean_second_moment();
  const GaussianMoments at_mean = gaussian_moments(activation, q);
  Fields fields = fields_of(activation, x.second_moment);

  Activated result;
  NodeMoments& a = result.moments;
  a.units = x.units;
  a.second_moment = std::move(fields.second_moment);
  a.mean = std::move(fields.mean);
  a.why_not_normal = "an activation has no normal law";
  if (x.has_pairs()) {
    a.half_difference = x.half_difference;
    const double before = x.half_difference.mean();
    if (before > 0) {
      a.half_difference *=
          activated_half_difference(x, a, activation, at_mean.second_moment, pairs) / before;
    }
  }
  const double elasticity =
      at_mean.second_moment > 0 ? q * at_mean.growth / at_mean.second_moment : 0;
  const double units = static_cast<double>(x.units);
  // What a fixed length would leave of the fluctuations, plus those of the length itself.
  const double noise = (at_mean.relative_spread - 2 * square(elasticity)) / units +
                       square(elasticity) * x.length_noise;
  a.spread = (1 + square(elasticity) * x.length_spread) * (1 + noise) - 1;
  result.effect = {.slope_second_moment = fields.slope.rowwise().mean(),
                   .slope_spread = at_mean.slope_spread,
                   .fluctuation = at_mean.relative_spread,
                   .length = q};
  return result;
}

}  // namespace initbench
