#include "theory/moment_table.h"
#include "theory/activation_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

class Table : public ::testing::TestWithParam<const ActivationRow*> {};

// Every factor 1.37 from 1e-8 to 1e8: in the middle of pieces and near their ends.
TEST_P(Table, IsAsExactAsSingleIntegrals) {
  const Activation activation{GetParam()->kind, GetParam()->default_parameter};
  MomentTable table(activation);
  for (double q = 1e-8; q < 1e8; q *= 1.37) {
    const GaussianMoments exact = gaussian_moments(activation, q);
    const ActivationMoments found = table.at(q);
    const double root = std::sqrt(exact.second_moment);
    EXPECT_NEAR(found(0) / exact.second_moment, 1, 1e-10) << "q " << q;
    EXPECT_NEAR(found(1) / root, exact.mean / root, 1e-10) << "q " << q;
    EXPECT_NEAR(found(2) / exact.slope_second_moment, 1, 1e-10) << "q " << q;
  }
}

INSTANTIATE_TEST_SUITE_P(Activations, Table, ::testing::ValuesIn(testing::activation_rows()),
                         testing::name_of_row);

// E[sin^2] = (1 - exp(-2 q)) / 2, E[cos^2] = (1 + exp(-2 q)) / 2.
TEST(Table, HasTheClosedFormOfSinOnBothSidesOfAPiecesEnd) {
  MomentTable table({.kind = ActivationKind::sin, .parameter = 1});
  for (const double q : {std::nextafter(1.5, 0), 1.5, std::nextafter(2.0, 0), 2.0, 2.9, 3.1}) {
    const ActivationMoments found = table.at(q);
    EXPECT_NEAR(found(0), (1 - std::exp(-2 * q)) / 2, 1e-11) << "q " << q;
    EXPECT_NEAR(found(2), (1 + std::exp(-2 * q)) / 2, 1e-11) << "q " << q;
  }
}

}  // namespace
}  // namespace initbench
