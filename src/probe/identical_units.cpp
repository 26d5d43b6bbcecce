#include "probe/identical_units.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "base/lane_sum.h"

namespace initbench {
namespace {

constexpr double kSameValue = 1e-6;
constexpr double kSameGradient = 1e-5;  // sums of floats in another order

using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = Eigen::Map<const RowMajor>;

/// One number per unit that equal rows share and others do not, but by chance.
struct Fingerprints {
  Eigen::VectorXd of_unit;
  double scale = 0;  // their size were all entries of one sign
};

/// The directions of a projection that no sensible weight matrix is orthogonal to.
Eigen::VectorXd irregular_direction(Index size, double irrational) {
  Eigen::VectorXd direction(size);
  for (Index i = 0; i < size; ++i) {
    const double multiple = static_cast<double>(i + 1) * irrational;
    direction(i) = 0.5 + multiple - std::floor(multiple);
  }
  return direction;
}

constexpr double kGoldenRatio = 0.618033988749895;
constexpr double kRootOfTwo = 0.414213562373095;

/// Of the first `columns` of each row. `bias` points to one entry per row, or is null.
Fingerprints fingerprints(const Rows& rows, Index columns, const Scalar* bias, double irrational) {
  const Eigen::VectorXd direction = irregular_direction(columns, irrational);
  Fingerprints prints{.of_unit = Eigen::VectorXd(rows.rows())};
  for (Index i = 0; i < rows.rows(); ++i) {
    const Scalar* const row = rows.data() + i * rows.cols();
    double print = lane_sum(static_cast<std::size_t>(columns), [&](std::size_t j, double sum) {
      return sum + static_cast<double>(row[j]) * direction.data()[j];
    });
    if (bias != nullptr) print += static_cast<double>(bias[i]);
    prints.of_unit(i) = print;
  }
  prints.scale = prints.of_unit.cwiseAbs().maxCoeff();
  return prints;
}

bool any_neighbours_alike(std::vector<double> prints, double difference) {
  std::sort(prints.begin(), prints.end());
  const auto alike = [=](double a, double b) { return b - a <= difference; };
  return std::adjacent_find(prints.begin(), prints.end(), alike) != prints.end();
}

/// Whether two prints may be the same: all differ where this is false. A tenth of the time that
/// sorting units takes.
bool may_be_alike(const Fingerprints& prints, double tolerance) {
  if (prints.scale == 0) return true;
  const auto count = static_cast<std::size_t>(prints.of_unit.size());
  // So many are compared each with each, in vector registers, before sorting takes less time.
  constexpr std::size_t kFew = 512;
  if (count > kFew) {
    return any_neighbours_alike({prints.of_unit.begin(), prints.of_unit.end()},
                                tolerance * prints.scale);
  }
  std::array<float, 2 * kFew> around;  // all of them twice: every one has its neighbours behind it
  for (std::size_t i = 0; i < count; ++i) {
    around[i] = around[i + count] =
        static_cast<float>(prints.of_unit(static_cast<Index>(i)) / prints.scale);
  }
  constexpr double kRounding = 2e-7;  // of differences of two floats up to 1
  const auto difference = static_cast<float>(tolerance + kRounding);
  std::int32_t found = 0;
  for (std::size_t shift = 1; shift <= count / 2; ++shift) {
    for (std::size_t i = 0; i < count; ++i) {
      found |= std::int32_t{std::abs(around[i + shift] - around[i]) <= difference};
    }
  }
  return found != 0;
}

/// Sorts `units` by fingerprint and calls `use` for each stretch of equal ones.
template <class Use>
void for_each_group(std::span<Index> units, const Fingerprints& prints, double tolerance,
                    const Use& use) {
  const auto& print = prints.of_unit;
  std::sort(units.begin(), units.end(), [&](Index a, Index b) { return print(a) < print(b); });
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= units.size(); ++i) {
    const bool same =
        i < units.size() && print(units[i]) - print(units[i - 1]) <= tolerance * prints.scale;
    if (same) continue;
    use(units.subspan(begin, i - begin));
    begin = i;
  }
}

}  // namespace

double identical_fraction(const Network& network, const Layer& layer, const Vector& gradient) {
  const Parameter& weight = network.parameter(layer.weight);
  const Index count = weight.dims.front();
  const Index row_size = weight.size / count;
  const auto prints_in = [&](const Vector& values, Index columns, double irrational) {
    const Scalar* bias =
        layer.bias ? values.data() + network.parameter(*layer.bias).offset : nullptr;
    return fingerprints(Rows(values.data() + weight.offset, count, row_size), columns, bias,
                        irrational);
  };
  std::vector<Index> candidates(static_cast<std::size_t>(count));
  std::iota(candidates.begin(), candidates.end(), Index{0});
  // Copies agree in their first weights, too; others are told apart there at little cost.
  constexpr Index kFirstLook = 4;
  for (const Index columns : {std::min(kFirstLook, row_size), row_size}) {
    const Fingerprints values = prints_in(network.values(), columns, kGoldenRatio);
    if (!values.of_unit.allFinite() || !may_be_alike(values, kSameValue)) return 0;
    // Of a thousand units two agree in one print by chance, in two they do not.
    std::vector<Index> alike_units;
    for_each_group(candidates, values, kSameValue, [&](std::span<Index> alike) {
      if (alike.size() > 1) alike_units.insert(alike_units.end(), alike.begin(), alike.end());
    });
    candidates = std::move(alike_units);
    if (candidates.empty()) return 0;
  }
  const Fingerprints other_values = prints_in(network.values(), row_size, kRootOfTwo);
  const Fingerprints gradients = prints_in(gradient, row_size, kGoldenRatio);
  const Fingerprints other_gradients = prints_in(gradient, row_size, kRootOfTwo);
  if (!gradients.of_unit.allFinite()) return 0;
  Index identical = 0;
  for_each_group(candidates, other_values, kSameValue, [&](std::span<Index> alike) {
    for_each_group(alike, gradients, kSameGradient, [&](std::span<Index> still_alike) {
      for_each_group(still_alike, other_gradients, kSameGradient, [&](std::span<Index> copies) {
        if (copies.size() > 1) identical += static_cast<Index>(copies.size());
      });
    });
  });
  return static_cast<double>(identical) / static_cast<double>(count);
}

}  // namespace initbench
