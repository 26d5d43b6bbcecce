#include "nn/activation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "nn/activation_reference.h"

namespace initbench {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
MatrixView view(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

Activation at_default(const ActivationRow& row) {
  return {.kind = row.kind, .parameter = row.default_parameter};
}

Matrix forward(const Activation& activation, const Matrix& z) {
  Matrix a(z.rows(), z.cols());
  activation_forward(activation, view(z), view(a));
  return a;
}

Matrix backward(const Activation& activation, const Matrix& z, const Matrix& da) {
  const Matrix a = forward(activation, z);
  Matrix dz(z.rows(), z.cols());
  activation_backward(activation, view(z), view(a), view(da), view(dz));
  return dz;
}

/// -12 to 12 in steps that are not round, so that kinks are hit only at 0.
Matrix grid() { return Matrix(Vector::LinSpaced(1201, Scalar{-12}, Scalar{12})); }

TEST(ActivationTable, AgreesWithPyTorchToDoublePrecision) {
  for (const ActivationReference& reference : kActivationReferences) {
    const ActivationRow* row = find_activation(reference.name);
    ASSERT_NE(row, nullptr) << reference.name;
    for (std::size_t i = 0; i < kReferencePoints.size(); ++i) {
      const double z = kReferencePoints[i];
      const double value = reference.value[i];
      const double derivative = reference.derivative[i];
      EXPECT_NEAR(row->value(z, reference.parameter), value, 4e-15 * std::max(1.0, std::abs(value)))
          << reference.name << " at " << z;
      EXPECT_NEAR(row->derivative(z, reference.parameter), derivative,
                  4e-15 * std::max(1.0, std::abs(derivative)))
          << reference.name << " at " << z;
    }
  }
}

TEST(ActivationTable, HasEveryActivationInTheReference) {
  std::set<std::string_view> covered;
  for (const ActivationReference& reference : kActivationReferences) covered.insert(reference.name);
  for (const ActivationRow& row : activation_table()) {
    EXPECT_TRUE(covered.contains(row.name)) << row.name;
    EXPECT_EQ(&activation_row(row.kind), &row);
    EXPECT_FALSE(row.formula.empty()) << row.name;
    EXPECT_FALSE(row.source.empty()) << row.name;
  }
  EXPECT_EQ(activation_table().size(), 18U);
}

TEST(ActivationTable, FindsAliasesAndNothingElse) {
  EXPECT_EQ(find_activation("swish")->kind, ActivationKind::silu);
  EXPECT_EQ(find_activation("identity")->kind, ActivationKind::linear);
  EXPECT_EQ(find_activation("rleu"), nullptr);
  EXPECT_EQ(find_activation(""), nullptr);
}

TEST(ActivationTable, GivesEachNameAndAliasToOneRow) {
  std::set<std::string_view> seen;
  for (const ActivationRow& row : activation_table()) {
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    for (const std::string_view alias : row.aliases)
      EXPECT_TRUE(seen.insert(alias).second) << alias;
  }
}

// torch.nn.init.calculate_gain of PyTorch 1.13.
TEST(TorchGain, IsCalculateGainAndEmptyWhereItRaises) {
  const auto gain = [](std::string_view name, double parameter) {
    return find_activation(name)->torch_gain(parameter);
  };
  EXPECT_EQ(gain("linear", 0), 1.0);
  EXPECT_EQ(gain("sigmoid", 0), 1.0);
  EXPECT_DOUBLE_EQ(*gain("tanh", 0), 1.6666666666666667);
  EXPECT_DOUBLE_EQ(*gain("relu", 0), 1.4142135623730951);
  EXPECT_DOUBLE_EQ(*gain("leaky_relu", 0.01), 1.4141428569978354);
  EXPECT_DOUBLE_EQ(*gain("leaky_relu", 0.2), 1.3867504905630728);
  EXPECT_EQ(gain("selu", 0), 0.75);
  const std::set<std::string_view> with_gain{"linear", "sigmoid",    "tanh",
                                             "relu",   "leaky_relu", "selu"};
  for (const ActivationRow& row : activation_table()) {
    EXPECT_EQ(row.torch_gain(row.default_parameter).has_value(), with_gain.contains(row.name))
        << row.name;
  }
}

TEST(ActivationTable, BoundsAreTheExtremesOfTheValue) {
  const std::set<std::string_view> slow{"softsign"};  // 40/41 at the end of the scan
  for (const ActivationRow& row : activation_table()) {
    double least = 0;
    double most = 0;
    for (int i = -40000; i <= 40000; ++i) {
      const double value = row.value(i * 1e-3, row.default_parameter);
      least = std::min(least, value);
      most = std::max(most, value);
    }
    // An unbounded one is still growing along its outer slope at the end of the scan.
    const double low = row.lower.value_or(-40 * row.derivative(-40, row.default_parameter));
    const double high = row.upper.value_or(40 * row.derivative(40, row.default_parameter));
    const double tolerance = slow.contains(row.name) ? 0.03 : 1e-6;
    EXPECT_NEAR(least, low, tolerance) << row.name;
    EXPECT_NEAR(most, high, tolerance) << row.name;
  }
}

TEST(IsBounded, WantsBothEnds) {
  const std::set<std::string_view> bounded{"relu6",    "tanh", "sigmoid", "hardtanh",
                                           "softsign", "erf",  "sin"};
  for (const ActivationRow& row : activation_table()) {
    EXPECT_EQ(is_bounded(at_default(row)), bounded.contains(row.name)) << row.name;
  }
}

TEST(ActivationTable, DerivativeJumpsExactlyAtTheListedKinks) {
  for (const ActivationRow& row : activation_table()) {
    // elu is smooth at alpha 1 only.
    const double parameter = row.name == "elu" ? 0.5 : row.default_parameter;
    for (int i = -80; i <= 80; ++i) {
      const double z = i / 8.0;
      const double jump =
          std::abs(row.derivative(z + 1e-9, parameter) - row.derivative(z - 1e-9, parameter));
      const bool listed = std::find(row.kinks.begin(), row.kinks.end(), z) != row.kinks.end();
      EXPECT_EQ(jump > 1e-3, listed) << row.name << " at " << z;
    }
  }
}

TEST(ActivationForward, AgreesWithTheTableEverywhere) {
  const Matrix z = grid();
  for (const ActivationRow& row : activation_table()) {
    const Matrix a = forward(at_default(row), z);
    for (Index i = 0; i < z.size(); ++i) {
      const double expected = row.value(static_cast<double>(z(i)), row.default_parameter);
      EXPECT_NEAR(a(i), expected, 1e-6 * std::max(1.0, std::abs(expected)))
          << row.name << " at " << z(i);
    }
  }
}

TEST(ActivationBackward, AgreesWithTheTableEverywhere) {
  const Matrix z = grid();
  const Matrix da = Matrix::Constant(z.rows(), 1, Scalar{-1.5});
  for (const ActivationRow& row : activation_table()) {
    const Matrix dz = backward(at_default(row), z, da);
    for (Index i = 0; i < z.size(); ++i) {
      const double expected =
          -1.5 * row.derivative(static_cast<double>(z(i)), row.default_parameter);
      EXPECT_NEAR(dz(i), expected, 2e-6 * std::max(1.0, std::abs(expected)))
          << row.name << " at " << z(i);
    }
  }
}

TEST(ActivationForward, PassesNanOn) {
  const Matrix z = Matrix::Constant(67, 1, static_cast<Scalar>(kNan));
  for (const ActivationRow& row : activation_table()) {
    EXPECT_TRUE(forward(at_default(row), z).array().isNaN().all()) << row.name;
    EXPECT_TRUE(std::isnan(row.value(kNan, row.default_parameter))) << row.name;
  }
}

TEST(ActivationForward, StaysFiniteForHugeFiniteInputs) {
  const Matrix z{{-1e4F, 1e4F, -300.0F, 300.0F, -89.0F, 89.0F}};
  const Matrix da = Matrix::Ones(1, 6);
  for (const ActivationRow& row : activation_table()) {
    EXPECT_TRUE(forward(at_default(row), z).allFinite()) << row.name;
    EXPECT_TRUE(backward(at_default(row), z, da).allFinite()) << row.name;
    for (Index i = 0; i < z.size(); ++i) {
      const double derivative = backward(at_default(row), z, da)(i);
      EXPECT_NEAR(derivative, row.derivative(static_cast<double>(z(i)), row.default_parameter),
                  1e-6)
          << row.name << " at " << z(i);
    }
  }
}

TEST(ActivationBackward, IsFiniteWhereSquaresOverflow) {
  const Matrix z{{-1e30F, 1e30F}};
  for (const ActivationRow& row : activation_table()) {
    if (row.kind == ActivationKind::sin) continue;  // no digits of the phase are left
    EXPECT_TRUE(backward(at_default(row), z, Matrix::Ones(1, 2)).allFinite()) << row.name;
  }
}

TEST(ActivationForward, DoesNotDependOnWhereANumberLies) {
  const Matrix z = grid();
  for (const ActivationRow& row : activation_table()) {
    const Matrix whole = forward(at_default(row), z);
    for (const Index size : {1, 2, 63, 64, 65, 129}) {
      for (const Index first : {0, 1, 7, 500}) {
        const Matrix part = forward(at_default(row), z.block(first, 0, size, 1));
        EXPECT_TRUE(part == whole.block(first, 0, size, 1)) << row.name << " " << size;
      }
    }
  }
}

TEST(ActivationForward, TouchesNothingPastTheEnd) {
  for (const ActivationRow& row : activation_table()) {
    Matrix z = Matrix::Constant(70, 1, Scalar{2});
    const MatrixView first(z.data(), 69, 1);
    activation_forward(at_default(row), ConstMatrixView(z.data(), 69, 1), first);
    EXPECT_EQ(z(69), Scalar{2}) << row.name;
  }
}

TEST(ActivationForward, WorksInPlace) {
  for (const ActivationRow& row : activation_table()) {
    const Matrix expected = forward(at_default(row), grid());
    Matrix z = grid();
    activation_forward(at_default(row), ConstMatrixView(z.data(), z.rows(), 1), view(z));
    EXPECT_TRUE(z == expected) << row.name;
  }
}

TEST(ActivationBackward, WorksInPlace) {
  const Matrix z = grid();
  const Matrix da = Matrix::Random(z.rows(), 1);
  for (const ActivationRow& row : activation_table()) {
    const Matrix a = forward(at_default(row), z);
    Matrix gradient = da;
    activation_backward(at_default(row), view(z), view(a),
                        ConstMatrixView(gradient.data(), z.rows(), 1), view(gradient));
    EXPECT_TRUE(gradient == backward(at_default(row), z, da)) << row.name;
  }
}

TEST(PreluSlopeGradient, SumsNegativeInputsTimesTheirGradients) {
  Matrix z = Matrix::Ones(40, 1);
  Matrix da = Matrix::Constant(40, 1, Scalar{100});
  z(0) = -2;
  da(0) = 3;
  z(17) = Scalar{-0.5};
  da(17) = -4;
  z(39) = -1;
  da(39) = 10;
  EXPECT_DOUBLE_EQ(prelu_slope_gradient(view(std::as_const(z)), view(std::as_const(da))),
                   -6.0 + 2.0 - 10.0);
}

TEST(PreluSlopeGradient, PassesNanOn) {
  const Matrix z = Matrix::Constant(3, 1, static_cast<Scalar>(kNan));
  const Matrix da = Matrix::Ones(3, 1);
  EXPECT_TRUE(std::isnan(prelu_slope_gradient(view(z), view(da))));
}

}  // namespace
}  // namespace initbench
