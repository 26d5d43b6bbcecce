#include "theory/unit_sample.h"

#include <gtest/gtest.h>

#include <cmath>

#include "theory/activation_moments.h"
#include "theory/gaussian_moments.h"

namespace initbench {
namespace {

constexpr Activation kRelu{ActivationKind::relu, 0};
constexpr Activation kTanh{ActivationKind::tanh, 0};

UnitSample normals(std::uint64_t stream, double second_moment, double gap) {
  UnitSample sample(stream);
  sample.match(second_moment, second_moment * gap);
  return sample;
}

TEST(UnitSample, OfNormalPairsHasTheMomentsOfRelu) {
  const SampleMoments moments = normals(1, 2, 0.3).moments(kRelu);
  EXPECT_NEAR(moments.second_moment, 1, 0.005);
  EXPECT_NEAR(moments.mean, 1 / std::sqrt(std::acos(-1)), 0.005);  // sqrt(2) / sqrt(2 pi)
  EXPECT_NEAR(moments.slope_second_moment, 0.5, 0.005);
  // 1 - kappa(0.7), kappa the arc-cosine kernel of Cho & Saul 2009.
  const double c = 0.7;
  const double kappa = (std::sqrt(1 - c * c) + c * (std::acos(-1) - std::acos(c))) / std::acos(-1);
  EXPECT_NEAR(moments.half_difference, 1 - kappa, 0.005);
  EXPECT_NEAR(moments.elasticity, 1, 1e-9);
  EXPECT_NEAR(moments.relative_spread, 5, 0.05);
}

// x = relu(u) + n with u of variance 1 and n of variance 1/2: E[relu(x)^2] and E[tanh(x)^2] by
// scipy.integrate.dblquad.
TEST(UnitSample, OfAShortcutAndABranchHasTheMomentsOfTheirSum) {
  UnitSample sum = normals(1, 1, 0.5);
  sum.activate(kRelu);
  sum.add(normals(2, 0.5, 0.5), 1, true);
  const SampleMoments relu = sum.moments(kRelu);
  EXPECT_NEAR(relu.second_moment / 0.8406046, 1, 0.005);
  EXPECT_NEAR(relu.mean / 0.5848198, 1, 0.005);
  EXPECT_NEAR(relu.slope_second_moment / 0.6520434, 1, 0.005);
  const SampleMoments tanh = sum.moments(kTanh);
  EXPECT_NEAR(tanh.second_moment / 0.3709823, 1, 0.005);
  EXPECT_NEAR(tanh.slope_second_moment / 0.4936477, 1, 0.005);
}

TEST(UnitSample, MatchesLengthsAndDifferencesThatAreKnown) {
  UnitSample sample = normals(3, 1, 0.2);
  sample.activate(kRelu);
  sample.match(3, 0.1);
  const Activation linear{ActivationKind::linear, 0};
  EXPECT_NEAR(sample.moments(linear).second_moment, 3, 1e-9);
  EXPECT_NEAR(sample.moments(linear).half_difference, 0.1, 1e-9);
}

// A picture's places differ so much where some of its borders are dark.
TEST(UnitSample, IsScaledToVariancesOfSixDecades) {
  NodeMoments x;
  x.second_moment = Eigen::ArrayXXd(13, 1);
  for (Index i = 0; i < 13; ++i) {
    x.second_moment(i) = 30 * std::pow(10, -0.5 * static_cast<double>(i));
  }
  const UnitSample sample = normals(1, x.mean_second_moment(), 1);
  for (const ActivationRow& row : activation_table()) {
    const Activation activation{row.kind, row.default_parameter};
    const Activated activated = through_activation(x, sample, activation);
    for (Index i = 0; i < 13; ++i) {
      const GaussianMoments normal = gaussian_moments(activation, x.second_moment(i));
      EXPECT_NEAR(activated.moments.second_moment(i) / normal.second_moment, 1, 0.02)
          << row.name << " " << x.second_moment(i);
    }
  }
}

TEST(UnitSample, OfNoLengthHasWhatTheActivationMakesOfZero) {
  NodeMoments x;
  x.second_moment = Eigen::ArrayXXd{{0}, {2}};
  const Activated activated = through_activation(x, normals(1, 1, 1), {ActivationKind::sigmoid, 0});
  EXPECT_EQ(activated.moments.second_moment(0), 0.25);
}

}  // namespace
}  // namespace initbench
