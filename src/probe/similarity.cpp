#include "probe/similarity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <vector>

#include "base/lane_sum.h"
#include "base/moments.h"
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

/// Sums of differences between unit vectors and the first of them: squares of the differences, and
/// the square of their sum. Features go by blocks, whose sums stay in registers.
struct Differences {
  double squares = 0;
  double squared_sum = 0;
};

Differences differences_to_first(ConstMatrixView samples, const std::vector<Index>& columns,
                                 const std::vector<double>& scales) {
  Differences total;
  const auto add_block = [&](Index begin, auto size) {
    std::array<double, kLanes> sums{};
    std::array<double, kLanes> squares{};
    std::array<double, kLanes> first{};
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const Scalar* const values = samples.col(columns[j]).data() + begin;
      if (j == 0) {
        for (std::size_t i = 0; i < size; ++i) {
          first[i] = static_cast<double>(values[i]) * scales[0];
        }
        continue;
      }
      for (std::size_t i = 0; i < size; ++i) {
        const double difference = static_cast<double>(values[i]) * scales[j] - first[i];
        sums[i] += difference;
        squares[i] += difference * difference;
      }
    }
    for (double& sum : sums) sum *= sum;
    total.squares += folded(squares);
    total.squared_sum += folded(sums);
  };
  constexpr auto kBlock = static_cast<Index>(kLanes);
  Index begin = 0;
  for (; begin + kBlock <= samples.rows(); begin += kBlock) {
    add_block(begin, std::integral_constant<std::size_t, kLanes>{});
  }
  if (begin < samples.rows()) add_block(begin, static_cast<std::size_t>(samples.rows() - begin));
  return total;
}

/// Whether a product of samples neither overflows nor loses entries a millionth as large.
bool squares_fit(double squares) { return squares > 1e-20 && squares < 1e35; }

/// `squares`: the sum of the squares of x, the trace of its products.
double rank_of(ConstMatrixView x, double squares) {
  Matrix products(x.cols(), x.cols());
  product(x, Transpose::yes, x, Transpose::no,
          MatrixView(products.data(), products.rows(), products.cols()));
  return squares * squares / sum_of_squares(entries(products));
}

}  // namespace

std::optional<double> mean_gap(ConstMatrixView samples, Index most) {
  const auto features = static_cast<std::size_t>(samples.rows());
  std::vector<Index> columns;
  std::vector<double> scales;  // to unit vectors
  for (Index j = 0; j < std::min(samples.cols(), most); ++j) {
    const double norm = std::sqrt(sum_of_squares({samples.col(j).data(), features}));
    if (norm == 0) continue;  // a sample that nothing answers to has no direction
    columns.push_back(j);
    scales.push_back(1 / norm);
  }
  if (columns.size() < 2) return std::nullopt;
  // The mean of 1 - cos over pairs is the sum of squared deviations from the mean over count - 1;
  // of differences to one of them, because that keeps the digits when all are nearly parallel.
  const Differences differences = differences_to_first(samples, columns, scales);
  const auto count = static_cast<double>(columns.size());
  return (differences.squares - differences.squared_sum / count) / (count - 1);
}

std::optional<double> effective_rank(ConstMatrixView samples) {
  const ConstMatrixView compared(samples.data(), samples.rows(),
                                 std::min(samples.cols(), kComparedSamples));
  const double squares = sum_of_squares(entries(compared));
  if (squares == 0) return std::nullopt;
  if (squares_fit(squares)) return rank_of(compared, squares);
  const Matrix scaled = compared / compared.cwiseAbs().maxCoeff();
  return rank_of({scaled.data(), scaled.rows(), scaled.cols()}, sum_of_squares(entries(scaled)));
}

std::optional<double> alignment(ConstMatrixView a, ConstMatrixView b) {
  const std::optional<Eigen::MatrixXd> of_a = centred_products(a);
  const std::optional<Eigen::MatrixXd> of_b = centred_products(b);
  if (!of_a || !of_b) return std::nullopt;
  return of_a->cwiseProduct(*of_b).sum();
}

}  // namespace initbench
