#include "probe/similarity.h"

#include <algorithm>

namespace initbench {

std::optional<double> mean_gap(ConstMatrixView samples) {
  const Index compared = std::min(samples.cols(), kComparedSamples);
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
  products.noalias() = scaled.transpose() * scaled;
  const double trace = products.diagonal().cast<double>().sum();
  return trace * trace / products.cast<double>().squaredNorm();
}

}  // namespace initbench
