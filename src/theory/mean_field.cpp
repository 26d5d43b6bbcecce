#include "theory/mean_field.h"

#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSmallestLength = 1e-12;
constexpr double kLargestLength = 1e12;
constexpr double kStepsPerDecade = 6;
/// A multiplier this close to 1 is taken for 1: quadrature alone is uncertain by 1e-13.
constexpr double kMarginal = 1e-10;

bool is_marginal(double multiplier) { return std::abs(multiplier - 1) < kMarginal; }

double depth_scale(double multiplier) {
  if (is_marginal(multiplier)) return kInfinity;
  return 1 / std::abs(std::log(multiplier));
}

/// ln(q' / q) as a function of ln q: 0 at fixed points.
struct LogGrowth {
  const Activation& activation;
  const WeightScale& scale;

  double operator()(double log_q) const {
    const double q = std::exp(log_q);
    return std::log(next_length(activation, scale, q) / q);
  }
};

/// The root of a function that changes its sign between a and b.
template <typename Function>
double root_between(Function f, double a, double b, double f_a, double f_b) {
  std::uintmax_t iterations = 100;
  const boost::math::tools::eps_tolerance<double> tolerance(50);
  const auto bracket = boost::math::tools::toms748_solve(f, a, b, f_a, f_b, tolerance, iterations);
  return bracket.first + (bracket.second - bracket.first) / 2;
}

struct GridPoint {
  double log_q = 0;
  double value = 0;
};

std::vector<GridPoint> grid_of(const LogGrowth& growth) {
  const double from = std::log(kSmallestLength);
  const double to = std::log(kLargestLength);
  const auto steps =
      static_cast<int>(kStepsPerDecade * std::log10(kLargestLength / kSmallestLength));
  std::vector<GridPoint> grid;
  for (int i = 0; i <= steps; ++i) {
    const double log_q = from + (to - from) * i / steps;
    const double value = growth(log_q);
    grid.push_back({log_q, is_marginal(std::exp(value)) ? 0 : value});
  }
  return grid;
}

/// Where the curve bends towards 0 and back between grid points, it may touch it twice: adds its
/// extremum to the grid.
void refine_extrema(const LogGrowth& growth, std::vector<GridPoint>& grid) {
  std::vector<GridPoint> extrema;
  for (std::size_t i = 1; i + 1 < grid.size(); ++i) {
    const double sign = grid[i].value > 0 ? 1 : -1;
    const double middle = sign * grid[i].value;
    const bool bends =
        middle > 0 && sign * grid[i - 1].value > middle && sign * grid[i + 1].value > middle;
    if (!bends) continue;
    const auto [log_q, value] = boost::math::tools::brent_find_minima(
        [&](double x) { return sign * growth(x); }, grid[i - 1].log_q, grid[i + 1].log_q, 26);
    extrema.push_back({log_q, sign * value});
  }
  grid.insert(grid.end(), extrema.begin(), extrema.end());
  std::sort(grid.begin(), grid.end(),
            [](const GridPoint& a, const GridPoint& b) { return a.log_q < b.log_q; });
}

LengthFixedPoint fixed_point_at(const Activation& activation, const WeightScale& scale, double q) {
  const GaussianMoments moments = gaussian_moments(activation, q);
  const double growth = scale.sigma_w2 * moments.growth;
  return {.q = q,
          .growth = growth,
          .chi = scale.sigma_w2 * moments.slope_second_moment,
          .algebraic = is_marginal(growth)};
}

bool zero_is_fixed(const Activation& activation, const WeightScale& scale) {
  return scale.sigma_b2 == 0 && gaussian_moments(activation, 0).second_moment == 0;
}

LengthFixedPoints homogeneous_fixed_points(const Activation& activation, const WeightScale& scale) {
  const double factor = scale.sigma_w2 * gaussian_moments(activation, 1).second_moment;
  if (scale.sigma_b2 == 0 && is_marginal(factor)) return {.every_length = true};
  LengthFixedPoints found;
  if (scale.sigma_b2 == 0) {
    found.points.push_back(fixed_point_at(activation, scale, 0));
  } else if (factor < 1 && !is_marginal(factor)) {
    found.points.push_back(fixed_point_at(activation, scale, scale.sigma_b2 / (1 - factor)));
  }
  return found;
}

/// c* and what follows from it, at a finite fixed point of the length.
void add_correlations(const Activation& activation, const WeightScale& scale, Phase& phase) {
  const double q = phase.length.q;
  phase.gap = 0;
  phase.chi_c = phase.length.chi;
  if (phase.length.chi > 1 && !is_marginal(phase.length.chi)) {
    // A power series with coefficients >= 0: convex, so c = 1 repels and one root lies in [0, 1).
    const auto excess = [&](double log_gap) {
      const double gap = std::exp(log_gap);
      return std::log(next_gap(activation, scale, q, gap) / gap);
    };
    constexpr double kSmallestLogGap = -32;
    const double at_zero_correlation = excess(0);
    const double near_one = excess(kSmallestLogGap);
    if (at_zero_correlation > -1e-12) {
      phase.gap = 1;
    } else if (near_one > 0) {  // else c* is nearer to 1 than any gap looked at
      phase.gap =
          std::exp(root_between(excess, kSmallestLogGap, 0.0, near_one, at_zero_correlation));
    }
    phase.chi_c = scale.sigma_w2 * slope_covariance(activation, q, *phase.gap);
  }
  phase.correlation = 1 - *phase.gap;
  phase.xi_c = depth_scale(*phase.chi_c);
  phase.trainable_depth = kTrainableDepthScales * *phase.xi_c;
}

}  // namespace

double next_length(const Activation& activation, const WeightScale& scale, double q) {
  return scale.sigma_w2 * gaussian_moments(activation, q).second_moment + scale.sigma_b2;
}

double next_gap(const Activation& activation, const WeightScale& scale, double q, double gap) {
  return scale.sigma_w2 * half_squared_difference(activation, q, gap) /
         next_length(activation, scale, q);
}

LengthFixedPoints length_fixed_points(const Activation& activation, const WeightScale& scale) {
  expects(scale.sigma_w2 >= 0 && scale.sigma_b2 >= 0, "variances >= 0");
  if (scale.sigma_w2 == 0) return {.points = {fixed_point_at(activation, scale, scale.sigma_b2)}};
  if (is_homogeneous(activation)) return homogeneous_fixed_points(activation, scale);
  LengthFixedPoints found;
  if (zero_is_fixed(activation, scale)) {
    found.points.push_back(fixed_point_at(activation, scale, 0));
  }
  const LogGrowth growth{activation, scale};
  std::vector<GridPoint> grid = grid_of(growth);
  refine_extrema(growth, grid);
  // Grid values of 0 are skipped: a fixed point on the grid, or a stretch of marginal lengths.
  std::erase_if(grid, [](const GridPoint& point) { return point.value == 0; });
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
    const GridPoint& a = grid[i];
    const GridPoint& b = grid[i + 1];
    if (a.value * b.value > 0) continue;
    const double root = root_between(growth, a.log_q, b.log_q, a.value, b.value);
    found.points.push_back(fixed_point_at(activation, scale, std::exp(root)));
  }
  return found;
}

Destination destination(const Activation& activation, const WeightScale& scale, double start) {
  expects(start >= 0 && std::isfinite(start), "a finite starting length");
  const LengthFixedPoints fixed = length_fixed_points(activation, scale);
  if (fixed.every_length) {
    const double chi = scale.sigma_w2 * gaussian_moments(activation, start).slope_second_moment;
    return {.kind = LongRun::neutral, .q = start, .growth = 1, .chi = chi, .algebraic = true};
  }
  // The length map rises with q, so iteration is monotone and ends at the next fixed point.
  const bool rises = next_length(activation, scale, start) > start;
  const LengthFixedPoint* reached = nullptr;
  for (const LengthFixedPoint& point : fixed.points) {
    constexpr double kSame = 1e-9;  // relative: rounding does not decide on which side it starts
    if (std::abs(point.q - start) <= kSame * start) {
      reached = &point;
      break;
    }
    if (rises && point.q >= start && reached == nullptr) reached = &point;
    if (!rises && point.q <= start) reached = &point;
  }
  if (reached != nullptr) {
    return {.kind = reached->q > 0 ? LongRun::finite : LongRun::zero,
            .q = reached->q,
            .growth = reached->growth,
            .chi = reached->chi,
            .algebraic = reached->algebraic};
  }
  const LengthFixedPoint far = fixed_point_at(activation, scale, kLargestLength);
  return {.kind = LongRun::infinite,
          .q = kInfinity,
          .growth = far.growth,
          .chi = far.chi,
          .algebraic = is_marginal(far.growth)};
}

Phase phase_of(const Activation& activation, const WeightScale& scale, double start) {
  Phase phase{.length = destination(activation, scale, start)};
  const Destination& length = phase.length;
  if (length.chi > 0) phase.xi_gradient = depth_scale(length.chi);
  switch (length.kind) {
    case LongRun::infinite:
      phase.reason = "pre-activations grow without bound, so there is no q* and no c*";
      return phase;
    case LongRun::zero:
      if (length.growth > 0) phase.xi_q = depth_scale(length.growth);
      if (phase.xi_gradient) phase.trainable_depth = kTrainableDepthScales * *phase.xi_gradient;
      phase.reason =
          "pre-activations decay to 0, where c* depends on the inputs; the trainable depth is the "
          "gradient's";
      return phase;
    case LongRun::neutral:
    case LongRun::finite: break;
  }
  if (length.growth > 0) phase.xi_q = depth_scale(length.growth);
  if (length.kind == LongRun::neutral && activation.kind == ActivationKind::linear) {
    phase.reason = "a linear layer keeps every length and every correlation";
    return phase;
  }
  if (length.chi > 0) add_correlations(activation, scale, phase);
  if (length.kind == LongRun::neutral) {
    phase.reason = "every length is a fixed point, so q* is the first layer's";
  }
  return phase;
}

}  // namespace initbench
