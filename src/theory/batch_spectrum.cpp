#include "theory/batch_spectrum.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/errors.h"

namespace initbench {

Eigen::MatrixXd evenly_spaced(const Eigen::MatrixXd& x, Eigen::Index most) {
  const Eigen::Index used = std::min(most, x.cols());
  Eigen::MatrixXd some(x.rows(), used);
  for (Eigen::Index i = 0; i < used; ++i) some.col(i) = x.col(i * x.cols() / used);
  return some;
}

Eigen::ArrayXd batch_spectrum(const Eigen::MatrixXd& x) {
  constexpr Eigen::Index kMost = 512;
  Eigen::MatrixXd samples = evenly_spaced(x, kMost);
  const Eigen::VectorXd mean = samples.rowwise().mean();
  samples.colwise() -= mean;
  const Eigen::MatrixXd gram = samples.rows() < samples.cols()
                                   ? Eigen::MatrixXd(samples * samples.transpose())
                                   : Eigen::MatrixXd(samples.transpose() * samples);
  const double trace = gram.trace();
  if (!(trace > 0)) return {};
  Eigen::ArrayXd values =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(gram, Eigen::EigenvaluesOnly).eigenvalues();
  std::sort(values.begin(), values.end(), std::greater<>());
  Eigen::ArrayXd spectrum = Eigen::ArrayXd::Zero(samples.cols() - 1);
  const Eigen::Index known = std::min(spectrum.size(), values.size());
  constexpr double kDigits = 1e-12;  // of the trace, below which an eigenvalue is rounding
  spectrum.head(known) = (values.head(known) > kDigits * trace).select(values.head(known), 0.0);
  return spectrum / spectrum.sum();
}

Eigen::ArrayXd mixed_with_noise(const Eigen::ArrayXd& spectrum, double linear_share) {
  const double share = std::clamp(linear_share, 0.0, 1.0);  // of samples further than apart: 0
  return share * spectrum + (1 - share) / static_cast<double>(spectrum.size());
}

double effective_count(const Eigen::ArrayXd& spectrum) { return 1 / spectrum.square().sum(); }

InverseMoments inverse_moments(const Eigen::ArrayXd& spectrum, double epsilon) {
  expects(epsilon >= 0, "epsilon >= 0");
  // 1 / x is the integral of e^(-t x) over t > 0, and E[e^(-t lambda g^2)] = (1 + 2 t lambda)^-1/2.
  // In ln t the integrand is analytic and flat at both ends: equal steps converge exponentially.
  constexpr double kStep = 0.25;
  constexpr double kFirst = -32;  // t itself is what is left out there
  constexpr double kLast = 64;
  constexpr double kNothing = 1e-16;
  InverseMoments sums{.mean = 0, .ratios = Eigen::ArrayXd::Zero(spectrum.size())};
  const double first = kFirst - kStep * std::ceil(std::log1p(epsilon) / kStep);
  for (double log_t = first; log_t < kLast; log_t += kStep) {
    const double t = std::exp(log_t);
    const Eigen::ArrayXd factors = 1 + 2 * t * spectrum;
    const double term = kStep * std::exp(log_t - t * epsilon - factors.log().sum() / 2);
    sums.mean += term;
    sums.ratios += term / factors;
    if (log_t > 0 && term < kNothing * sums.mean) break;
  }
  if (epsilon == 0 && (spectrum > 0).count() <= 2) {
    sums.mean = std::numeric_limits<double>::infinity();
  }
  return sums;
}

namespace {

struct PowerLaw {
  double sum_of_squares = 0;
  double inverse = 1;
};

std::vector<PowerLaw> power_laws() {
  constexpr Eigen::Index kRanks = 400;
  const Eigen::ArrayXd log_ranks = Eigen::ArrayXd::LinSpaced(kRanks, 1, kRanks).log();
  std::vector<PowerLaw> laws{{.sum_of_squares = 0, .inverse = 1}};
  for (const double power : {.3, .6, .8, 1., 1.2, 1.4, 1.6, 1.8, 2., 2.3, 2.6, 3., 3.5, 4., 5.}) {
    Eigen::ArrayXd spectrum = (-power * log_ranks).exp();
    spectrum /= spectrum.sum();
    laws.push_back(
        {.sum_of_squares = spectrum.square().sum(), .inverse = inverse_moments(spectrum, 0).mean});
  }
  return laws;
}

}  // namespace

double power_law_inverse(double sum_of_squares) {
  static const std::vector<PowerLaw> laws = power_laws();
  const auto above = std::find_if(laws.begin(), laws.end(), [sum_of_squares](const PowerLaw& law) {
    return law.sum_of_squares > sum_of_squares;
  });
  if (above == laws.end()) return laws.back().inverse;
  if (above == laws.begin()) return above->inverse;
  const PowerLaw& below = *(above - 1);
  const double share =
      (sum_of_squares - below.sum_of_squares) / (above->sum_of_squares - below.sum_of_squares);
  return below.inverse + share * (above->inverse - below.inverse);
}

}  // namespace initbench
