/// The law of a unit's values where it is not normal, as thousands of units drawn by it: behind a
/// residual sum, an activation meets a sum of a shortcut that went through activations itself and
/// of a branch. Units are independent in the limit of wide layers, so that one law describes them
/// all.
///
/// The draws are always the same, and moments that theory knows are matched exactly; what is left
/// of the noise of sampling is a few tenths of a percent (theory/unit_sample_test.cpp).
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "nn/activation.h"

namespace initbench {

/// Moments over the units of a sample scaled by some factor.
struct SampleMoments {
  double second_moment = 0;          // E[phi^2]
  double mean = 0;                   // E[phi]
  double slope_second_moment = 0;    // E[phi'^2]
  double half_difference = 0;        // E[(phi - phi')^2] / 2 of two samples
  double elasticity = 0;             // d ln E[phi^2] / d ln E[x^2]
  double relative_spread = 0;        // Var(phi^2) / E[phi^2]^2
  double slope_spread = 0;           // Var(phi'^2) / E[phi'^2]^2
  double input_relative_spread = 0;  // Var(x^2) / E[x^2]^2
};

/// What each of these units has at two samples of the data.
class UnitSample {
 public:
  UnitSample() = default;
  /// Normal pairs of second moment 1 and correlation 0. Streams of other numbers are independent.
  explicit UnitSample(std::uint64_t stream);

  bool is_empty() const { return values_.rows() == 0; }

  /// To a second moment, and half of E[(x - x')^2]: lengths and differences are scaled apart.
  void match(double second_moment, double half_difference);
  /// Adds units that are independent of these; `is_centred`: theirs is a law around 0.
  void add(const UnitSample& branch, double scale, bool is_centred);
  void shift(double amount) { values_ += amount; }
  void activate(const Activation& activation);

  double mean() const { return values_.mean(); }
  SampleMoments moments(const Activation& activation, double factor = 1) const;
  /// phi'^2 of each unit at each sample.
  Eigen::ArrayXf squared_slopes(const Activation& activation) const;

 private:
  Eigen::ArrayX2d values_;  // units x samples
};

}  // namespace initbench
