#include "theory/activation_moments.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "theory/gaussian_moments.h"
#include "theory/mean_field.h"

namespace initbench {
namespace {

double square(double x) { return x * x; }

/// E[phi^2], E[phi] and E[phi'^2] at single variances q of many.
class MomentSource {
 public:
  MomentSource(const Activation& activation, const Eigen::ArrayXXd& variances,
               const GaussianMoments& at_mean, MomentTables& tables)
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

  /// Of z = 0 itself, at a kink with the slope that training uses there.
  static ActivationMoments moments_of_zero(const Activation& activation) {
    const ActivationRow& row = activation_row(activation.kind);
    const double value = row.value(0, activation.parameter);
    return {square(value), value, square(row.derivative(0, activation.parameter)), 0};
  }

  const Activation& activation_;
  double mean_;
  ActivationMoments at_mean_;
  ActivationMoments at_zero_ = ActivationMoments::Zero();
  bool all_alike_ = false;
  bool is_homogeneous_ = false;
  MomentTable* table_ = nullptr;
};

/// At every position and group.
struct Fields {
  Eigen::ArrayXXd second_moment;
  Eigen::ArrayXXd mean;
  Eigen::ArrayXd slope;  // mean over groups

  Fields(const Eigen::ArrayXXd& variances, const MomentSource& source)
      : second_moment(variances.rows(), variances.cols()),
        mean(variances.rows(), variances.cols()),
        slope(Eigen::ArrayXd::Zero(variances.rows())) {
    for (Index group = 0; group < variances.cols(); ++group) {
      for (Index position = 0; position < variances.rows(); ++position) {
        const ActivationMoments moments = source.at(variances(position, group));
        second_moment(position, group) = moments(0);
        mean(position, group) = moments(1);
        slope(position) += moments(2);
      }
    }
    slope /= static_cast<double>(variances.cols());
  }
};

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

/// E[(phi - phi')^2] / 2 over pairs of samples. Exact for homogeneous activations; else the
/// correlation map at the mean variance stands for all.
double activated_half_difference(const NodeMoments& x, const NodeMoments& a,
                                 const Activation& activation, double second_moment,
                                 PairIntegral& pairs) {
  const Lengths after(a.second_moment);
  const double new_gap =
      pairs.half_squared_difference(activation, x.mean_second_moment(), x.gap()) / second_moment;
  return after.variance + new_gap * after.mean_squared;
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
  if (x.has_pairs()) {
    a.half_difference = x.half_difference;
    const double before = x.half_difference.mean();
    if (before > 0) {
      a.half_difference *=
          activated_half_difference(x, a, activation, at_mean.second_moment, integrals.pairs) /
          before;
    }
  }
  const double elasticity =
      at_mean.second_moment > 0 ? q * at_mean.growth / at_mean.second_moment : 0;
  const double units = static_cast<double>(x.units);
  // What a fixed length would leave of the fluctuations, plus those of the length itself.
  const double noise = (at_mean.relative_spread - 2 * square(elasticity)) / units +
                       square(elasticity) * x.length_noise;
  a.spread = (1 + square(elasticity) * x.length_spread) * (1 + noise) - 1;
  result.effect = {.slope_second_moment = std::move(fields.slope),
                   .slope_spread = at_mean.slope_spread,
                   .fluctuation = at_mean.relative_spread,
                   .length = q};
  return result;
}

}  // namespace initbench
