/// Quadrature rules for expectations over a standard normal z of an activation of (scale z +
/// shift).
#pragma once

#include <span>
#include <vector>

#include "base/quadrature.h"
#include "nn/activation.h"

namespace initbench {

/// What a rule has to know about an activation: where it is not smooth, how fast it varies there
/// and near 0, and whether it repeats.
struct Texture {
  std::vector<double> breaks;  // kinks of the function or of its derivative
  double width = 0;            // of its variation around 0; infinite: straight between kinks
  double period = 0;           // 0: none
};

Texture texture_of(const Activation& activation);

/// |z| beyond this has a probability, and carries a share of E[z^2], under 1e-13.
inline constexpr double kFarthestZ = 8.0;

/// Panels on which the normal density itself is resolved.
inline constexpr double kWidestPanel = 4.0;

/// Scale times frequency from which the phase of a periodic function is uniform to within
/// exp(-8^2 / 2) = 1e-14.
inline constexpr double kUniformPhase = 8.0;

/// The same, when activation(scale * z) repeats faster.
double widest_panel(const Texture& texture, double scale);

/// True when activation(scale * z) has so many periods within the bulk of z that only the mean over
/// a period is left.
bool phase_is_uniform(const Texture& texture, double scale);

/// Where to put panels on [lower, kFarthestZ].
struct Panels {
  double lower = -kFarthestZ;
  std::span<const double> breaks;
  std::span<const Feature> features;
  double widest = kWidestPanel;
};

/// Builds rules, keeping its memory between them.
class GaussianRule {
 public:
  /// Nodes z and weights (which sum to 1) for products of activation(scale * z + shift) over the
  /// given shifts.
  const QuadratureRule& build(const Texture& texture, double scale, std::span<const double> shifts);
  /// For any other function, on the given panels.
  const QuadratureRule& build(const Panels& panels);
  /// One period of a function of scale * z, all phases alike.
  const QuadratureRule& build_period(double period, double scale);

 private:
  QuadratureRule rule_;
  std::vector<double> edges_;
  std::vector<double> breaks_;
  std::vector<Feature> features_;
};

}  // namespace initbench
