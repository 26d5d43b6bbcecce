#include "probe/similarity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
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

/// A sample, and what scales it to norm 1.
struct Direction {
  const Scalar* values;
  double scale;
};

/// Sums of differences between unit vectors and the first of them: squares of the differences, and
/// the square of their sum.
struct Differences {
  double squares = 0;
  double squared_sum = 0;
};

/// Adds those of the features begin ... begin + size - 1, at most as many as lanes. A size that the
/// compiler knows (an integral_constant) keeps the sums in registers.
void add_block(std::span<const Direction> samples, Index begin, auto size, Differences& total) {
  const auto unit_entry = [begin](const Direction& sample, std::size_t i) {
    return static_cast<double>(sample.values[begin + static_cast<Index>(i)]) * sample.scale;
  };
  std::array<double, kLanes> first{};
  std::array<double, kLanes> sums{};
  std::array<double, kLanes> squares{};
  for (std::size_t i = 0; i < size; ++i) first[i] = unit_entry(samples.front(), i);
  for (const Direction& sample : samples.subspan(1)) {
    for (std::size_t i = 0; i < size; ++i) {
      const double difference = unit_entry(sample, i) - first[i];
      sums[i] += difference;
      squares[i] += difference * difference;
    }
  }
  for (double& sum : sums) sum *= sum;
  total.squares += folded(squares);
  total.squared_sum += folded(sums);
}

Differences differences_to_first(std::span<const Direction> samples, Index features) {
  constexpr auto kBlock = static_cast<Index>(kLanes);
  Differences total;
  Index begin = 0;
  for (; begin + kBlock <= features; begin += kBlock) {
    add_block(samples, begin, std::integral_constant<std::size_t, kLanes>{}, total);
  }
  if (begin < features) {
    add_block(samples, begin, static_cast<std::size_t>(features - begin), total);
  }
  return total;
}

/// Whether a product of samples neither overflows nor loses entries a millionth as large.
bool squares_fit(double squares) { return squares > 1e-20 && squares < 1e35; }

/// The products x^T x of samples. They are symmetric: half of those between the first half of the
/// samples and the second are left out.
class Products {
 public:
  explicit Products(Index samples)
      : half_(samples / 2),
        first_(Block::Zero(half_, half_)),
        second_(Block::Zero(samples - half_, samples - half_)),
        between_(Block::Zero(half_, samples - half_)) {}

  /// Adds those of some features.
  void add(ConstMatrixView x) {
    const ConstMatrixView first(x.data(), x.rows(), half_);
    const ConstMatrixView second(x.col(half_).data(), x.rows(), x.cols() - half_);
    add(first, first, first_);
    add(second, second, second_);
    add(first, second, between_);
  }
  double squares() const {
    return sum_of_squares(entries(first_)) + sum_of_squares(entries(second_)) +
           2 * sum_of_squares(entries(between_));
  }

 private:
  static constexpr int kMost = (kComparedSamples + 1) / 2;
  using Block =
      Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, kMost, kMost>;

  static void add(ConstMatrixView a, ConstMatrixView b, Block& products) {
    product(a, Transpose::yes, b, Transpose::no,
            MatrixView(products.data(), products.rows(), products.cols()), Accumulate::yes);
  }

  Index half_;
  Block first_, second_, between_;
};

/// `squares`: the sum of the squares of x, the trace of its products.
double rank_of(ConstMatrixView x, double squares) {
  Products products(x.cols());
  // Products of so many features at a time stay in the caches: half the time for large images.
  constexpr Index kFeatures = 512;
  if (x.rows() <= kFeatures) {
    products.add(x);
  } else {
    Matrix part;
    for (Index begin = 0; begin < x.rows(); begin += kFeatures) {
      part = x.middleRows(begin, std::min(kFeatures, x.rows() - begin));
      products.add({part.data(), part.rows(), part.cols()});
    }
  }
  return squares * squares / products.squares();
}

std::optional<double> effective_rank(ConstMatrixView samples, double squares) {
  if (squares == 0) return std::nullopt;
  if (squares_fit(squares)) return rank_of(samples, squares);
  const Matrix scaled = samples / samples.cwiseAbs().maxCoeff();
  return rank_of({scaled.data(), scaled.rows(), scaled.cols()}, sum_of_squares(entries(scaled)));
}

/// Of each sample.
Eigen::ArrayXd squared_norms(ConstMatrixView samples) {
  Eigen::ArrayXd squares(samples.cols());
  for (Index j = 0; j < samples.cols(); ++j) {
    squares(j) = sum_of_squares({samples.col(j).data(), static_cast<std::size_t>(samples.rows())});
  }
  return squares;
}

/// The square of the sum of the samples, each times its scale: of the features begin ...
/// begin + size - 1, at most as many as lanes. `size` as in add_block.
double squared_sum(ConstMatrixView samples, const Eigen::ArrayXd& scales, Index begin, auto size) {
  std::array<double, kLanes> sums{};
  for (Index j = 0; j < samples.cols(); ++j) {
    const Scalar* const values = samples.col(j).data() + begin;
    for (std::size_t i = 0; i < size; ++i) sums[i] += static_cast<double>(values[i]) * scales(j);
  }
  for (double& sum : sums) sum *= sum;
  return folded(sums);
}

std::optional<double> mean_cosine(ConstMatrixView samples, const Eigen::ArrayXd& squares) {
  const auto count = static_cast<double>((squares != 0).count());
  if (count < 2) return std::nullopt;
  const Eigen::ArrayXd scales = (squares == 0).select(0, squares.sqrt().inverse());
  constexpr auto kBlock = static_cast<Index>(kLanes);
  double total = 0;
  Index begin = 0;
  for (; begin + kBlock <= samples.rows(); begin += kBlock) {
    total += squared_sum(samples, scales, begin, std::integral_constant<std::size_t, kLanes>{});
  }
  if (begin < samples.rows()) {
    total += squared_sum(samples, scales, begin, static_cast<std::size_t>(samples.rows() - begin));
  }
  // A sum of unit vectors: its square is their number and twice the cosine of each pair.
  return std::min((total - count) / (count * (count - 1)), 1.0);
}

}  // namespace

std::optional<double> mean_gap(ConstMatrixView samples, Index most) {
  std::vector<Direction> directions;
  for (Index j = 0; j < std::min(samples.cols(), most); ++j) {
    const Scalar* const values = samples.col(j).data();
    const double norm =
        std::sqrt(sum_of_squares({values, static_cast<std::size_t>(samples.rows())}));
    // A sample that nothing answers to has no direction.
    if (norm != 0) directions.push_back({.values = values, .scale = 1 / norm});
  }
  if (directions.size() < 2) return std::nullopt;
  // The mean of 1 - cos over pairs is the sum of squared deviations from the mean over count - 1;
  // of differences to one of them, because that keeps the digits when all are nearly parallel.
  const Differences differences = differences_to_first(directions, samples.rows());
  const auto count = static_cast<double>(directions.size());
  return (differences.squares - differences.squared_sum / count) / (count - 1);
}

std::optional<double> mean_cosine(ConstMatrixView samples) {
  return mean_cosine(samples, squared_norms(samples));
}

Likeness likeness(ConstMatrixView samples) {
  const ConstMatrixView compared(samples.data(), samples.rows(),
                                 std::min(samples.cols(), kComparedSamples));
  const Eigen::ArrayXd squares = squared_norms(compared);
  return {.mean_cosine = mean_cosine(compared, squares),
          .effective_rank = effective_rank(compared, squares.sum())};
}

std::optional<double> alignment(ConstMatrixView a, ConstMatrixView b) {
  const std::optional<Eigen::MatrixXd> of_a = centred_products(a);
  const std::optional<Eigen::MatrixXd> of_b = centred_products(b);
  if (!of_a || !of_b) return std::nullopt;
  return of_a->cwiseProduct(*of_b).sum();
}

}  // namespace initbench
