#include "theory/batch_spectrum.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"

namespace initbench {
namespace {

Eigen::MatrixXd some_columns(const Eigen::MatrixXd& x) {
  constexpr Eigen::Index kMost = 512;
  const Eigen::Index used = std::min(kMost, x.cols());
  Eigen::MatrixXd some(x.rows(), used);
  for (Eigen::Index i = 0; i < used; ++i) some.col(i) = x.col(i * x.cols() / used);
  return some;
}

}  // namespace

Eigen::ArrayXd batch_spectrum(const Eigen::MatrixXd& x) {
  Eigen::MatrixXd samples = some_columns(x);
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

double mean_inverse(const Eigen::ArrayXd& spectrum, double epsilon) {
  expects(epsilon >= 0, "epsilon >= 0");
  if (epsilon == 0 && (spectrum > 0).count() <= 2) return std::numeric_limits<double>::infinity();
  // 1 / x is the integral of e^(-t x) over t > 0, and E[e^(-t lambda g^2)] = (1 + 2 t lambda)^-1/2.
  // In ln t the integrand is analytic and flat at both ends: equal steps converge exponentially.
  constexpr double kStep = 0.25;
  constexpr double kFirst = -32;  // t itself is what is left out there
  constexpr double kLast = 64;
  constexpr double kNothing = 1e-16;
  double sum = 0;
  for (double log_t = kFirst; log_t < kLast; log_t += kStep) {
    const double t = std::exp(log_t);
    const double term = std::exp(log_t - t * epsilon - (2 * t * spectrum).log1p().sum() / 2);
    sum += term;
    if (log_t > 0 && term < kNothing * sum) break;
  }
  return kStep * sum;
}

}  // namespace initbench
