#include "theory/saturated_units.h"

#include <gtest/gtest.h>

#include <cmath>

namespace initbench {
namespace {

struct SaturationCase {
  ActivationKind kind;
  double q;
  double share;
};

// By Python's statistics.NormalDist, the ends of the range found by bisection.
TEST(SaturatedShare, IsThatOfTheNormalLaw) {
  const SaturationCase cases[] = {
      {ActivationKind::tanh, 4, .295492771341},     {ActivationKind::softsign, 400, .105950252872},
      {ActivationKind::erf, 1, .124910227819},      {ActivationKind::sigmoid, 9, .163056911186},
      {ActivationKind::hardtanh, 2, .492780220334}, {ActivationKind::relu6, 6.5, .024302240197},
      {ActivationKind::relu6, 100, .280850642531},
  };
  for (const SaturationCase& expected : cases) {
    EXPECT_NEAR(saturated_share({expected.kind, 0}, expected.q), expected.share, 1e-9)
        << activation_row(expected.kind).name << " at q " << expected.q;
  }
}

// z = 0 is the middle of tanh's range, and rest for relu6.
TEST(SaturatedShare, OfZeroIsNone) {
  EXPECT_EQ(saturated_share({ActivationKind::tanh, 0}, 0), 0);
  EXPECT_EQ(saturated_share({ActivationKind::relu6, 0}, 0), 0);
}

}  // namespace
}  // namespace initbench
