#include "theory/pair_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "theory/activation_rows.h"
#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

class TabulatedPairs : public ::testing::TestWithParam<const ActivationRow*> {};

TEST_P(TabulatedPairs, AreNearTheIntegral) {
  const Activation activation{.kind = GetParam()->kind, .parameter = GetParam()->default_parameter};
  PairTable table(activation);
  for (const double q : {1e-3, .3, 1.7, 45.0, 3e3}) {
    const double tolerance = q < 100 ? .05 : .15;
    const double second_moment = gaussian_moments(activation, q).second_moment;
    for (const double gap : {1e-5, 1e-3, .03, .3, 1.0, 1.6}) {
      const double expected = half_squared_difference(activation, q, gap) / second_moment;
      EXPECT_NEAR(table.gap_behind(q, gap) / expected, 1, tolerance)
          << "q " << q << ", gap " << gap;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Activations, TabulatedPairs,
                         ::testing::ValuesIn(testing::activation_rows()), testing::name_of_row);

}  // namespace
}  // namespace initbench
