/// The critical line between order and chaos, chi = sigma_w2 E[phi'^2] = 1, and the gains that
/// follow from an activation's Gaussian moments.
#pragma once

#include <optional>
#include <string>

#include "nn/activation.h"
#include "theory/mean_field.h"

namespace initbench {

struct CriticalPoint {
  double q = 0;  // the length at which chi = 1 and which the layer keeps
  WeightScale scale;
  double growth = 0;  // d q_new / d q there

  /// Lengths that are a little off leave the point.
  bool repels() const {
    constexpr double kRounding = 1e-9;
    return growth > 1 + kRounding;
  }
};

/// A point of the critical line, or why there is none; of a point at lengths that nobody uses, why
/// there is none at usual ones.
struct CriticalResult {
  std::optional<CriticalPoint> point;
  std::string reason;
};

/// sigma_w2 = 1 / E[phi'^2], sigma_b2 = q - sigma_w2 E[phi^2], at the length q > 0. sigma_b2 is
/// accurate to 1e-13 q.
CriticalResult critical_at_length(const Activation& activation, double q);

/// The critical point with this bias variance, the one with the smallest q if there are several.
CriticalResult critical_at_bias(const Activation& activation, double sigma_b2);

/// Factors of the standard deviation 1 / sqrt(fan_in) that are right for one purpose each, at
/// pre-activations of second moment q.
struct Gains {
  std::optional<double> torch;    // torch.nn.init.calculate_gain; empty: it raises
  double second_moment = 0;       // 1 / sqrt(E[phi^2] / q): keeps q, when biases are 0
  double variance = 0;            // 1 / sqrt(Var(phi) / q): keeps the variance, ignoring the mean
  double critical = 0;            // 1 / sqrt(E[phi'^2]): keeps gradients
  double chi = 0;                 // of gradients at the gain `second_moment`
  CriticalResult critical_point;  // the biases that make `critical` keep q as well
};
Gains gains_of(const Activation& activation, double q = 1);

}  // namespace initbench
