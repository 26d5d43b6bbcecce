#include "theory/moment_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

ActivationMoments moments_at(const Activation& activation, double q) {
  const GaussianMoments moments = gaussian_moments(activation, q);
  return {moments.second_moment, moments.mean, moments.slope_second_moment, 0};
}

}  // namespace

ActivationMoments MomentTable::at(double q) {
  const Piece& piece = piece_of(q);
  const double x = (2 * q - piece.low - piece.high) / (piece.high - piece.low);
  // Clenshaw's recurrence.
  ActivationMoments next = ActivationMoments::Zero();
  ActivationMoments sum = piece.coefficients.back();
  for (std::size_t k = kPoints - 1; k-- > 1;) {
    const ActivationMoments before = (piece.coefficients[k] - next) + 2 * x * sum;
    next = sum;
    sum = before;
  }
  return piece.coefficients.front() + x * sum - next;
}

const MomentTable::Piece& MomentTable::piece_of(double q) {
  if (last_ == nullptr || !(q >= last_->low && q < last_->high)) last_ = &found_or_integrated(q);
  return *last_;
}

const MomentTable::Piece& MomentTable::found_or_integrated(double q) {
  int exponent = 0;
  const double mantissa = std::frexp(q, &exponent);  // in [1/2, 1)
  const int part = static_cast<int>((mantissa - 0.5) * 2 * kPieces);
  const int index = kPieces * exponent + part;
  const auto found = pieces_.find(index);
  if (found != pieces_.end()) return found->second;
  const auto edge = [&](int i) { return std::ldexp(0.5 + 0.5 * i / kPieces, exponent); };
  return pieces_.emplace(index, integrated(edge(part), edge(part + 1))).first->second;
}

MomentTable::Piece MomentTable::integrated(double low, double high) const {
  Piece piece{.low = low, .high = high, .coefficients = {}};
  piece.coefficients.fill(ActivationMoments::Zero());
  const auto points = static_cast<double>(kPoints);
  for (std::size_t j = 0; j < kPoints; ++j) {
    const double angle = std::numbers::pi * (static_cast<double>(j) + 0.5) / points;
    const ActivationMoments moments =
        moments_at(activation_, (low + high) / 2 + (high - low) / 2 * std::cos(angle));
    for (std::size_t k = 0; k < kPoints; ++k) {
      const double weight = (k == 0 ? 1 : 2) / points;
      piece.coefficients[k] += weight * std::cos(static_cast<double>(k) * angle) * moments;
    }
  }
  return piece;
}

}  // namespace initbench
