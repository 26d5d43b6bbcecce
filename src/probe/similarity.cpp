#include "probe/similarity.h"

#include <algorithm>
#include <cmath>

#include "nn/product.h"

namespace initbench {
namespace {

/// Products of the first 32 samples after their mean is taken off; scaled to norm 1. Empty when
/// they are all the same.
std::optional<Eigen::MatrixXd> centred_products(ConstMatrixView samples) {
  const Index compared = std::min(samples.cols(), kComparedSamples);
  if (compared < 2) return std::nullopt;
  Eigen::MatrixXd centred = samples.leftCols(compared).cast<double>();
  centred.colwise() -= centred.rowwise().mean().eval();
  const double largest = centred.cwiseAbs().maxCoeff();
  if (!(largest > 0) || !std::isfinite(largest)) return std::nullopt;
  centred /= largest;
  Eigen::MatrixXd products = centred.transpose() * centred;
  products /= products.norm();
  return products;
}

}  // namespace

std::optional<double> mean_gap(ConstMatrixView samples, Index most) {
  const Index compared = std::min(samples.cols(), most);
  Eigen::MatrixXd unit(samples.rows(), compared);
  Index count = 0;
  for (Index j = 0; j < compared; ++j) {
    unit.col(count) = samples.col(j).cast<double>();
    const double norm = unit.col(count).norm();
    if (norm == 0) continue;  // a sample that nothing answers to has no direction
    unit.col(count++) /= norm;
  }
  if (count < 2) return std::nullopt;
  // The mean of 1 - cos over pairs is the sum of squared deviations over count - 1.
  const Eigen::VectorXd mean = unit.leftCols(count).rowwise().mean();
  double deviations = 0;
  for (Index j = 0; j < count; ++j) deviations += (unit.col(j) - mean).squaredNorm();
  return deviations / static_cast<double>(count - 1);
}

std::optional<double> effective_rank(ConstMatrixView samples) {
  const auto compared = samples.leftCols(std::min(samples.cols(), kComparedSamples));
  const auto largest = static_cast<double>(compared.cwiseAbs().maxCoeff());
  if (largest == 0) return std::nullopt;
  // Scaled, so that squares of vanishing or exploding signals stay finite.
  Matrix scaled = compared / static_cast<Scalar>(largest);
  Matrix products(compared.cols(), compared.cols());
  const ConstMatrixView view(scaled.data(), scaled.rows(), scaled.cols());
  product(view, Transpose::yes, view, Transpose::no,
          MatrixView(products.data(), products.rows(), products.cols()));
  const double trace = products.diagonal().cast<double>().sum();
  return trace * trace / products.cast<double>().squaredNorm();
}

std::optional<double> alignment(ConstMatrixView a, ConstMatrixView b) {
  const std::optional<Eigen::MatrixXd> of_a = centred_products(a);
  const std::optional<Eigen::MatrixXd> of_b = centred_products(b);
  if (!of_a || !of_b) return std::nullopt;
  return of_a->cwiseProduct(*of_b).sum();
}

}  // namespace initbench
