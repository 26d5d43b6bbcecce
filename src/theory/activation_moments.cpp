#include "theory/activation_moments.h"

#include <algorithm>
#include <cmath>
#include <numbers>
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
/// barycentric formula (Berrut & Trefethen 2004): relative error under 1e-9 over a factor 1e4 of q.
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

/// The moments of every cell, each distinct variance integrated once, or tabulated if there are
/// many.
Fields fields_of(const Activation& activation, const Eigen::ArrayXXd& variances) {
  constexpr double kSame = 1e-12;  // relative
  std::vector<Index> order(static_cast<std::size_t>(variances.size()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
  std::sort(order.begin(), order.end(),
            [&](Index a, Index b) { return variances(a) < variances(b); });
  const auto differs = [&](Index a, Index b) { return variances(b) > variances(a) * (1 + kSame); };
  int distinct = 1;
  for (std::size_t i = 1; i < order.size(); ++i) distinct += differs(order[i - 1], order[i]);

  Fields fields{variances, variances, variances};
  if (distinct > MomentTable::kPoints) {
    const MomentTable table(activation, variances.minCoeff(), variances.maxCoeff());
    for (const Index cell : order) store(table.at(variances(cell)), variances(cell), cell, fields);
    return fields;
  }
  Index last = order.front();
  ScaledMoments scaled = scaled_moments(activation, variances(last));
  for (const Index cell : order) {
    if (differs(last, cell)) {
      scaled = scaled_moments(activation, variances(cell));
      last = cell;
    }
    store(scaled, variances(cell), cell, fields);
  }
  return fields;
}

}  // namespace

double PairIntegral::half_squared_difference(const Activation& activation, double q, double gap) {
  constexpr double kFar = 1e8;     // from here on only the asymptotes of phi matter
  constexpr double kSame = 1e-12;  // relative
  const double near_q = std::min(q, kFar);
  const bool same = activation == activation_ && std::abs(near_q - q_) <= kSame * q_ &&
                    std::abs(gap - gap_) <= kSame * gap_;
  if (!same) {
    activation_ = activation;
    q_ = near_q;
    gap_ = gap;
    value_ = initbench::half_squared_difference(activation, near_q, gap);
  }
  if (q <= kFar) return value_;
  return value_ * (gaussian_moments(activation, q).second_moment /
                   gaussian_moments(activation, kFar).second_moment);
}

Activated through_activation(const NodeMoments& x, const Activation& activation,
                             PairIntegral& pairs) {
  expects(x.normal && x.second_moment.minCoeff() > 0, "normal values of positive variance");
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
    const double gap = x.gap();
    a.half_difference = x.half_difference;
    if (gap > 0) {
      a.half_difference *= pairs.half_squared_difference(activation, q, gap) / (gap * q);
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
