/// Moments of activations at many variances: integrals at few of them, polynomials between.
#pragma once

#include <Eigen/Core>
#include <array>
#include <map>
#include <vector>

#include "nn/activation.h"

namespace initbench {

/// E[phi^2], E[phi] and E[phi'^2] of z ~ N(0, q), and a 0 that fills a register.
using ActivationMoments = Eigen::Array4d;

/// Of one activation, as functions of q: Chebyshev series on each half of a factor 2, integrated
/// when first asked for. Relative error under 1e-10 (as functions of q these moments are analytic
/// away from 0).
class MomentTable {
 public:
  explicit MomentTable(const Activation& activation) : activation_(activation) {}
  MomentTable(MomentTable&&) = default;  // a copy would point into the original

  const Activation& activation() const { return activation_; }
  /// For q > 0.
  ActivationMoments at(double q);

 private:
  // An ellipse around a piece that leaves out q = 0 gives an error of (5 + sqrt(24))^-kPoints.
  static constexpr int kPieces = 2;  // of each factor 2
  static constexpr std::size_t kPoints = 11;

  struct Piece {
    double low = 0;
    double high = 0;
    std::array<ActivationMoments, kPoints> coefficients;
  };

  const Piece& piece_of(double q);
  const Piece& found_or_integrated(double q);
  Piece integrated(double low, double high) const;

  Activation activation_;
  std::map<int, Piece> pieces_;
  const Piece* last_ = nullptr;  // neighbours ask for the same
};

}  // namespace initbench
