// Laws of each unit's incoming weights as a vector, what frameworks do unasked, and moments that
// the literature states.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/moments.h"
#include "init/law_cases.h"
#include "init/scheme.h"
#include "init/tensor_cases.h"

namespace initbench {
namespace {

using testing::HasSubstr;
using Values = std::vector<Scalar>;

double excess_kurtosis(const Values& values) {
  const Moments moments = moments_of(values);
  double fourth = 0;
  for (const Scalar w : values) fourth += std::pow(static_cast<double>(w) - moments.mean, 4);
  return fourth / static_cast<double>(values.size()) / std::pow(moments.variance, 2) - 3;
}

// constants

TEST(Moments, AreThoseOfTheLiterature) {
  const auto std_of_scheme = [](const InitChoice& choice, const TestTensor& tensor) {
    return std::sqrt(moments_of(filled(choice, tensor)).second_moment);
  };
  EXPECT_NEAR(std_of_scheme(choose("xavier_normal", {{{"gain", "tanh"}}}), dense_weight(300, 100)) /
                  0.117851,
              1, 0.016);
  EXPECT_NEAR(std_of_scheme(choose("kaiming_normal", {{{"mode", "fan_out"}}}),
                            convolution_weight({.out = 32, .in = 16, .height = 3, .width = 3})) /
                  0.083333,
              1, 0.04);
  EXPECT_NEAR(std_of_scheme(choose("torch_default"), dense_weight(100, 400)) * std::sqrt(1200.0), 1,
              0.012);
  EXPECT_NEAR(std_of_scheme(choose("trunc_normal"), dense_weight(512, 512)), 0.8796256610342398,
              0.006);
}

TEST(Kurtosis, IsThatOfTheDistribution) {
  const TestTensor tensor = dense_weight(512, 512);
  EXPECT_NEAR(excess_kurtosis(filled(choose("uniform"), tensor)), -1.2, 0.02);
  EXPECT_NEAR(excess_kurtosis(filled(choose("kaiming_normal"), tensor)), 0, 0.04);
  EXPECT_NEAR(excess_kurtosis(filled(choose("trunc_normal"), tensor)), -0.63, 0.02);
}

// Drawn in single precision, values of small std can land on a bound 100 std away.
TEST(TruncNormal, StaysNearItsMeanWhenBoundsAreFar) {
  const Values values = filled(choose("trunc_normal", {{{"std", 0.02}}}), dense_weight(1000, 1000));
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  EXPECT_LT(std::max(-*least, *most), 0.02 * 7);
  EXPECT_NEAR(std::sqrt(moments_of(values).variance), 0.02, 0.02 * 0.006);
}

TEST(TruncatedNormal, KeepsItsBoundsAroundALargeMean) {
  const Values values =
      filled(choose("truncated_normal", {{{"mean", 1e6}, {"std", 1e-20}}}), dense_weight(10, 10));
  EXPECT_EQ(values, Values(100, Scalar{1e6}));
}

TEST(TruncatedNormal, RefusesAnIntervalWithoutProbability) {
  try {
    choose("truncated_normal", {{{"lower", 40.0}, {"upper", 41.0}}});
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("begins 40 standard deviations from the mean"));
  }
}

// sparse_martens

TEST(SparseMartens, GivesEachUnitExactlyKIncomingWeights) {
  for (const auto& [k, inputs, expected] :
       {std::tuple{15.0, 40, 15}, {15.0, 15, 15}, {15.0, 9, 9}, {1.0, 40, 1}}) {
    const Values values = filled(choose("sparse_martens", {{{"k", k}}}), dense_weight(30, inputs));
    for (auto row = values.begin(); row != values.end(); row += inputs) {
      EXPECT_EQ(inputs - std::count(row, row + inputs, Scalar{0}), expected) << "k = " << k;
    }
  }
}

TEST(SparseMartens, ChoosesEveryInputAlike) {
  const Values values = filled(choose("sparse_martens", {{{"k", 3.0}}}), dense_weight(10000, 10));
  for (std::size_t input = 0; input < 10; ++input) {
    int count = 0;
    for (std::size_t i = input; i < values.size(); i += 10) count += values[i] != 0 ? 1 : 0;
    EXPECT_NEAR(count, 3000, 4 * std::sqrt(10000 * 0.3 * 0.7)) << "input " << input;
  }
}

TEST(SparseMartens, DrawsTheOthersFromANormalDistribution) {
  Values values = filled(choose("sparse_martens", {{{"std", 0.5}}}), dense_weight(4000, 60));
  std::erase(values, Scalar{0});
  ASSERT_EQ(values.size(), 60000U);
  EXPECT_GT(kolmogorov_smirnov_p(values, normal_law(0, 0.5)), 1e-4);
}

// equinorm, nguyen_widrow

void expect_rows_of_length(const Values& values, std::ptrdiff_t columns, double length) {
  for (auto row = values.begin(); row != values.end(); row += columns) {
    double square = 0;
    for (auto w = row; w != row + columns; ++w) square += std::pow(static_cast<double>(*w), 2);
    EXPECT_NEAR(std::sqrt(square), length, 1e-6 * length);
  }
}

TEST(Equinorm, GivesEachUnitsIncomingWeightsOneLength) {
  expect_rows_of_length(filled(choose("equinorm"), dense_weight(20, 50)), 50, std::sqrt(2.0));
  expect_rows_of_length(
      filled(choose("equinorm", {{{"scale", 0.09}}}),
             convolution_weight({.out = 6, .in = 4, .height = 3, .width = 3, .groups = 2})),
      18, 0.3);
}

// Archimedes: on a sphere in three dimensions each coordinate is uniform.
TEST(Equinorm, IsUniformOnTheSphere) {
  const Values values = filled(choose("equinorm", {{{"scale", 4.0}}}), dense_weight(50000, 3));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Values coordinate;
    for (std::size_t i = axis; i < values.size(); i += 3) coordinate.push_back(values[i]);
    EXPECT_GT(kolmogorov_smirnov_p(coordinate, uniform_law(-2.000001, 2.000001)), 1e-4);
  }
}

// 0.7 * 10^(1/5) and 0.7 * 400^(1/600)
TEST(NguyenWidrow, GivesEachUnitsIncomingWeightsTheLengthOfTheRule) {
  expect_rows_of_length(filled(choose("nguyen_widrow"), dense_weight(10, 5)), 5,
                        1.1094252347227795);
  expect_rows_of_length(filled(choose("nguyen_widrow"), dense_weight(400, 600)), 600,
                        0.7070250589222363);
}

// The ratio r of two uniform numbers in (-1, 1): P(|r| < x) = x / 2 below 1, 1 - 1 / (2 x) above.
TEST(NguyenWidrow, DrawsDirectionsFromTheCube) {
  const Values values = filled(choose("nguyen_widrow"), dense_weight(50000, 2));
  Values probabilities;
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const Scalar ratio = std::fabs(values[i] / values[i + 1]);
    probabilities.push_back(ratio < 1 ? ratio / 2 : 1 - 1 / (2 * ratio));
  }
  EXPECT_GT(kolmogorov_smirnov_p(probabilities, uniform_law(0, 1)), 1e-4);
}

// rai

struct RaiEntries {
  std::vector<Index> columns;  // of each unit's exceptional entries; fan_in: the bias
  Values values;
  std::size_t most_per_unit = 0;
  std::size_t least_per_unit = 1000;
};

/// Exceptions are what differs from the normal numbers of the same streams.
RaiEntries rai_entries(Index units, Index inputs) {
  const double sigma = 0.6007 / std::sqrt(static_cast<double>(inputs));
  const InitChoice normal = choose("normal", {{{"std", sigma}}});
  const TestTensor weight_tensor = dense_weight(units, inputs);
  const TestTensor bias_tensor = bias(units, inputs);
  const Values weight = filled(choose("rai"), weight_tensor);
  const Values bias = filled(choose("rai"), bias_tensor);
  const Values normal_weight = filled(normal, weight_tensor);
  const Values normal_bias = filled(normal, bias_tensor);
  RaiEntries result;
  for (Index unit = 0; unit < units; ++unit) {
    const std::size_t before = result.values.size();
    for (Index column = 0; column <= inputs; ++column) {
      const bool is_bias = column == inputs;
      const auto place = static_cast<std::size_t>(is_bias ? unit : unit * inputs + column);
      const Scalar value = is_bias ? bias[place] : weight[place];
      if (std::fabs(value - (is_bias ? normal_bias[place] : normal_weight[place])) < 1e-7) continue;
      result.columns.push_back(column);
      result.values.push_back(value);
    }
    const std::size_t count = result.values.size() - before;
    result.most_per_unit = std::max(result.most_per_unit, count);
    result.least_per_unit = std::min(result.least_per_unit, count);
  }
  return result;
}

TEST(Rai, HasOneExceptionPerUnitAmongItsWeightsAndItsBias) {
  const RaiEntries entries = rai_entries(20000, 4);
  EXPECT_EQ(entries.most_per_unit, 1U);
  EXPECT_EQ(entries.least_per_unit, 1U);
}

TEST(Rai, PutsItInEveryColumnAlikeBiasIncluded) {
  const RaiEntries entries = rai_entries(20000, 4);
  for (Index column = 0; column <= 4; ++column) {
    EXPECT_NEAR(
        static_cast<double>(std::count(entries.columns.begin(), entries.columns.end(), column)),
        4000, 4 * std::sqrt(20000 * 0.2 * 0.8));
  }
}

// At s = 0.6007 the bound on a unit's mean square, E[(relu(s z) + B)^2], is 1.
TEST(Rai, HasTheScaleThatKeepsMeanSquaresFromGrowing) {
  const Values weights = filled(choose("rai"), dense_weight(300, 1000));
  Values small = weights;
  std::erase_if(small, [](Scalar w) { return w > Scalar(0.12); });  // six standard deviations
  const double s = std::sqrt(1000 * moments_of(small).variance);
  EXPECT_NEAR(s * s / 2 + 2 * s * (2.0 / 3) / std::sqrt(2 * M_PI) + 0.5, 1, 0.01);
}

// The distribution function of Beta(2, 1) is x^2.
TEST(Rai, DrawsItFromBetaTwoOne) {
  Values squares = rai_entries(20000, 4).values;
  EXPECT_GE(*std::min_element(squares.begin(), squares.end()), 0);
  for (Scalar& value : squares) value *= value;
  EXPECT_GT(kolmogorov_smirnov_p(squares, uniform_law(0, 1)), 1e-4);
}

// framework defaults

TEST(FrameworkDefaults, AreTheSchemesThatTheirLibrariesName) {
  const TestTensor tensor = dense_weight(30, 20);
  EXPECT_EQ(filled(choose("keras_default"), tensor), filled(choose("glorot_uniform"), tensor));
  EXPECT_EQ(filled(choose("tf1_default"), tensor), filled(choose("glorot_uniform"), tensor));
  EXPECT_EQ(filled(choose("flax_default"), tensor), filled(choose("lecun_normal"), tensor));
  EXPECT_EQ(filled(choose("lecun98"), tensor), filled(choose("torch_default"), tensor));
}

TEST(FrameworkDefaults, SetBiasesToZeroButPyTorchs) {
  for (const char* scheme : {"keras_default", "tf1_default", "flax_default"}) {
    EXPECT_TRUE(find_scheme(scheme)->brings_biases);
    EXPECT_EQ(filled(choose(scheme), bias(5, 3)), Values(5, 0)) << scheme;
  }
  EXPECT_GT(moments_of(filled(choose("torch_default"), bias(5, 3))).second_moment, 0.01);
}

}  // namespace
}  // namespace initbench
