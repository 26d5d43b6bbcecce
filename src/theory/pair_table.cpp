#include "theory/pair_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "theory/gaussian_moments.h"
#include "theory/gaussian_rule.h"
#include "theory/mean_field.h"

namespace initbench {
namespace {

// Powers of 2 that have a row; beyond, the last one stands for all.
constexpr int kLowest = -320;
constexpr int kHighest = 320;
constexpr double kFurthest = 2;         // the largest gap
constexpr double kSmallestRoot = 1e-4;  // what stands for gaps of 0

/// The activation of which this one is a multiple, plus a constant at most, at large |z|; itself if
/// bounded.
Activation asymptote_of(const Activation& activation) {
  if (!activation_row(activation.kind).ends_as_relu) return activation;
  return {.kind = ActivationKind::relu, .parameter = 0};
}

/// E[phi(u) phi(v)] for u, v ~ N(0, q) of correlation c: sum_k a_k^2 c^k of the coefficients of phi
/// in normalized Hermite polynomials (Mehler's formula). Kinks and steep places leave something to
/// orders beyond kOrders: some orders stand for it that double from one to the next, with shares
/// that fall as those of the last known octaves, up to where the sum has the slope q E[phi'^2] at
/// c = 1.
class Covariance {
 public:
  Covariance(const Activation& activation, double q) {
    const GaussianMoments moments = gaussian_moments(activation, q);
    second_moment_ = moments.second_moment;
    add_known(activation, std::sqrt(q));
    add_rest(q * moments.slope_second_moment);
  }

  /// (E[phi^2] - E[phi(u) phi(v)]) / E[phi^2], c = 1 - gap.
  double gap_behind(double gap) const {
    if (!(second_moment_ > 0)) return 0;
    const double c = 1 - gap;
    double lost = 0;
    double power = 1;
    for (const double square : squares_) {
      lost += square * (1 - power);
      power *= c;
    }
    // Orders that are no integers: whole ones near them are even or odd.
    const double sign = c < 0 ? parity_ : 1;
    for (const Term& term : rest_) {
      lost += term.square * (1 - sign * std::pow(std::abs(c), term.order));
    }
    return lost / second_moment_;
  }

 private:
  static constexpr std::size_t kOrders = 32;

  struct Term {
    double order = 0;
    double square = 0;
  };

  void add_known(const Activation& activation, double scale) {
    constexpr std::array<double, 1> kNoShift{0};
    const Texture texture = texture_of(activation);
    if (phase_is_uniform(texture, scale)) return;  // all of it is of high orders
    const ActivationRow& row = activation_row(activation.kind);
    GaussianRule builder;
    const QuadratureRule& rule = builder.build(texture, scale, kNoShift);
    std::array<double, kOrders> coefficients{};
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) {
      const double z = rule.nodes[i];
      const double part = rule.weights[i] * row.value(scale * z, activation.parameter);
      double before = 0;
      double polynomial = 1;
      for (std::size_t k = 0; k < kOrders; ++k) {
        coefficients[k] += part * polynomial;
        const auto order = static_cast<double>(k);
        const double next = (z * polynomial - std::sqrt(order) * before) / std::sqrt(order + 1);
        before = polynomial;
        polynomial = next;
      }
    }
    for (std::size_t k = 0; k < kOrders; ++k) squares_[k] = coefficients[k] * coefficients[k];
  }

  /// Of the known squares from `begin` on.
  double sum(std::size_t begin, std::size_t end) const {
    return std::accumulate(squares_.data() + begin, squares_.data() + end, 0.0);
  }

  void add_rest(double slope) {
    const double mass = second_moment_ - sum(0, kOrders);
    if (!(mass > 1e-12 * second_moment_)) return;
    double order = 0;
    for (const double square : squares_) slope -= order++ * square;
    const double mean_order = std::max(slope / mass, static_cast<double>(kOrders));

    const double last = sum(kOrders / 2, kOrders);
    const double odd = odd_share();
    parity_ = 1 - 2 * odd;
    const double ratio = last > 0 ? std::clamp(last / sum(kOrders / 4, kOrders / 2), .02, .98) : 1;
    // The mean over an octave of a falling density lies below its middle.
    std::vector<Term> terms{{.order = 1.4 * kOrders, .square = 1}};
    double total = 1;
    double weighted = terms.back().order;
    while (last > 0 && weighted < mean_order * total && terms.size() < 60) {
      terms.push_back({.order = 2 * terms.back().order, .square = ratio * terms.back().square});
      total += terms.back().square;
      weighted += terms.back().order * terms.back().square;
    }
    // The last order takes what the others leave of the slope.
    Term& end = terms.back();
    const double others = weighted - end.order * end.square;
    end.order = std::max((mean_order * total - others) / end.square, static_cast<double>(kOrders));
    for (Term& term : terms) term.square *= mass / total;
    rest_ = std::move(terms);
  }

  /// Of the last known octave, or of all that is known.
  double odd_share() const {
    double odd = 0;
    for (std::size_t k = kOrders / 2 + 1; k < kOrders; k += 2) odd += squares_[k];
    const double both = sum(kOrders / 2, kOrders);
    return both > 0 ? odd / both : 1;
  }

  double second_moment_ = 0;
  std::array<double, kOrders> squares_{};
  std::vector<Term> rest_;
  double parity_ = 1;  // +1: even orders, -1: odd
};

}  // namespace

double PairIntegral::half_squared_difference(const Activation& activation, double q, double gap) {
  constexpr double kSame = 1e-12;               // relative
  const bool far = q > kLargestAccurateLength;  // only the asymptotes of phi matter
  const Activation used = far ? asymptote_of(activation) : activation;
  const double near_q = std::min(q, kLargestAccurateLength);
  const bool same = used == activation_ && std::abs(near_q - q_) <= kSame * q_ &&
                    std::abs(gap - gap_) <= kSame * gap_;
  if (!same) {
    activation_ = used;
    q_ = near_q;
    gap_ = gap;
    value_ = initbench::half_squared_difference(used, near_q, gap);
    elasticity_.reset();
  }
  if (!far) return value_;
  return value_ * (gaussian_moments(activation, q).second_moment /
                   gaussian_moments(used, near_q).second_moment);
}

double PairIntegral::elasticity(const Activation& activation, double q, double gap) {
  half_squared_difference(activation, q, gap);  // of which it is
  if (!elasticity_) {
    // Price's theorem: q E[phi'(u) phi'(v)] is the derivative by the gap.
    elasticity_ = value_ > 0 ? q_ * gap_ * slope_covariance(activation_, q_, gap_) / value_ : 1.0;
  }
  return *elasticity_;
}

PairTable::PairTable(const Activation& activation)
    : activation_(activation),
      is_homogeneous_(is_homogeneous(activation)),
      rows_(static_cast<std::size_t>(kHighest - kLowest + 1)) {}

double PairTable::gap_behind(double q, double gap) {
  const double place = std::sqrt(gap / kFurthest) * static_cast<double>(kCells);
  const auto cell = std::min(static_cast<std::size_t>(place), kCells - 1);
  const double share = place - static_cast<double>(cell);
  const auto factor_of = [&](const Row& row) {
    return row[cell] + share * (row[cell + 1] - row[cell]);
  };
  if (is_homogeneous_) return gap * factor_of(row(0));
  int exponent = 0;
  const double mantissa = std::frexp(q, &exponent);  // in [1/2, 1)
  exponent = std::clamp(exponent, kLowest + 1, kHighest);
  const double low = factor_of(row(exponent - 1));
  return gap * (low + (2 * mantissa - 1) * (factor_of(row(exponent)) - low));
}

const PairTable::Row& PairTable::row(int exponent) {
  std::unique_ptr<Row>& found = rows_[static_cast<std::size_t>(exponent - kLowest)];
  if (!found) found = integrated(std::ldexp(1.0, exponent));
  return *found;
}

std::unique_ptr<PairTable::Row> PairTable::integrated(double q) const {
  const double used_q = std::clamp(q, kSmallestAccurateLength, kLargestAccurateLength);
  const Activation used = q > kLargestAccurateLength ? asymptote_of(activation_) : activation_;
  const Covariance covariance(used, used_q);
  // Below the range, values other than phi(0) = 0 differ by what is in proportion to q.
  const bool starts_at_zero = gaussian_moments(used, 0).second_moment == 0;
  const double below = q < used_q && !starts_at_zero ? q / used_q : 1;
  auto row = std::make_unique<Row>();
  for (std::size_t cell = 0; cell <= kCells; ++cell) {
    const double root = std::max(static_cast<double>(cell) / kCells, kSmallestRoot);
    const double gap = kFurthest * root * root;
    (*row)[cell] = below * covariance.gap_behind(gap) / gap;
  }
  return row;
}

}  // namespace initbench
