#include "base/moments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace initbench {
namespace {

TEST(MomentsOf, DividesByTheCountAsAPopulation) {
  const std::vector<Scalar> values{1, 2, 3, 4};
  const Moments moments = moments_of(values);
  EXPECT_DOUBLE_EQ(moments.mean, 2.5);
  EXPECT_DOUBLE_EQ(moments.variance, 1.25);
  EXPECT_DOUBLE_EQ(moments.second_moment, 7.5);
  EXPECT_EQ(moments.count, 4);
}

// mean(x^2) - mean(x)^2 would be off by 1e6 here in float.
TEST(MomentsOf, KeepsASmallVarianceOnALargeMean) {
  std::vector<Scalar> values(1001, Scalar{10000000});
  for (std::size_t i = 0; i < values.size(); i += 2) values[i] += 1;
  const Moments moments = moments_of(values);
  EXPECT_NEAR(moments.mean, 10000000 + 501.0 / 1001, 1e-8);
  EXPECT_NEAR(moments.variance, 501.0 / 1001 * (500.0 / 1001), 1e-9);
}

TEST(MomentsOf, CountsEveryValueWhateverTheLength) {
  for (std::size_t count = 1; count < 70; ++count) {
    std::vector<Scalar> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<Scalar>(i + 1);
    const auto n = static_cast<double>(count);
    const Moments moments = moments_of(values);
    EXPECT_DOUBLE_EQ(moments.mean, (n + 1) / 2);
    EXPECT_NEAR(moments.variance, (n * n - 1) / 12, 1e-11);
    EXPECT_DOUBLE_EQ(sum_of_squares(values), n * (n + 1) * (2 * n + 1) / 6);
  }
}

TEST(MomentsOf, AreUnknownWithoutValues) {
  const Moments moments = moments_of({});
  EXPECT_TRUE(std::isnan(moments.mean));
  EXPECT_TRUE(std::isnan(moments.variance));
  EXPECT_TRUE(std::isnan(moments.second_moment));
  EXPECT_EQ(moments.count, 0);
  EXPECT_EQ(sum_of_squares({}), 0);
}

TEST(MomentsOf, PassNotANumberOn) {
  const std::vector<Scalar> values{1, std::nanf(""), 3};
  EXPECT_TRUE(std::isnan(moments_of(values).mean));
  EXPECT_TRUE(std::isnan(moments_of(values).variance));
}

TEST(SumOfSquares, DoesNotOverflowAtTheLargestFloats) {
  const std::vector<Scalar> values(20, Scalar(3e38F));
  EXPECT_NEAR(sum_of_squares(values) / (20 * 9e76), 1, 1e-6);
}

}  // namespace
}  // namespace initbench
