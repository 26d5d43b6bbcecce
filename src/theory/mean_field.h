/// Mean-field theory of one layer repeated for ever: where lengths and correlations go, and how
/// deep a signal survives (Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017,
/// arXiv:1611.01232).
///
/// q is the second moment of pre-activations, z = W a + b with W ~ (0, sigma_w2 / fan_in) and
/// b ~ (0, sigma_b2). Fixed points are found by solving for them, never by iterating to a
/// tolerance: at criticality iteration converges only algebraically.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nn/activation.h"

namespace initbench {

/// Variances of the weights times the fan-in, and of the biases.
struct WeightScale {
  double sigma_w2 = 1;
  double sigma_b2 = 0;
  bool operator==(const WeightScale&) const = default;
};

/// q of the next layer.
double next_length(const Activation& activation, const WeightScale& scale, double q);

/// 1 - c of the next layer for two inputs of equal length q and correlation 1 - gap.
double next_gap(const Activation& activation, const WeightScale& scale, double q, double gap);

/// A length that the layer maps to itself.
struct LengthFixedPoint {
  double q = 0;
  double growth = 0;  // d q' / d q there: attracting below 1, marginal at 1, repelling above
  double chi = 0;     // sigma_w2 E[phi'^2]
  /// The multiplier of a small deviation is 1: it fades or grows like a power of depth.
  bool algebraic = false;
};

struct LengthFixedPoints {
  std::vector<LengthFixedPoint> points;  // by ascending q, 0 included
  bool every_length = false;             // relu at (2, 0): `points` is empty
};
/// Those up to q = 1e12.
LengthFixedPoints length_fixed_points(const Activation& activation, const WeightScale& scale);

enum class LongRun {
  zero,     // q decays to 0
  finite,   // q tends to a fixed point
  neutral,  // every q stays
  infinite  // q grows without bound
};

/// Where the length map leads from a starting length.
struct Destination {
  LongRun kind = LongRun::finite;
  double q = 0;       // infinity when it diverges
  double growth = 0;  // the factor of q, or of its deviation from the fixed point, per layer
  double chi = 0;     // of gradients' squared norm per layer there
  bool algebraic = false;
};
Destination destination(const Activation& activation, const WeightScale& scale, double start = 1);

/// The share of trainable depths in depth scales: networks up to about 6 xi_c deep train
/// (Schoenholz et al. 2017, figure 5).
inline constexpr double kTrainableDepthScales = 6;

/// What happens to lengths, correlations and gradients far from the input. Depth scales are in
/// layers, infinite at criticality. Empty: `reason` says why.
struct Phase {
  Destination length;
  std::optional<double> correlation;      // c*, the attracting correlation
  std::optional<double> gap;              // 1 - c*, with its digits
  std::optional<double> chi_c;            // slope of the correlation map at c*
  std::optional<double> xi_q;             // lengths forget the input's within
  std::optional<double> xi_c;             // correlations forget the inputs' within
  std::optional<double> xi_gradient;      // gradients change by a factor e within
  std::optional<double> trainable_depth;  // 6 xi_c; 6 xi_gradient where correlations have no limit
  std::string reason;
};
Phase phase_of(const Activation& activation, const WeightScale& scale, double start = 1);

}  // namespace initbench
