#include "data/normalize.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/moments.h"
#include "base/random.h"

namespace initbench {
namespace {

Matrix all_inputs(const Dataset& set) {
  std::vector<Index> samples(static_cast<std::size_t>(set.size));
  std::iota(samples.begin(), samples.end(), 0);
  Matrix inputs(set.shape.features(), set.size);
  gather_inputs(set, samples, MatrixView(inputs.data(), inputs.rows(), inputs.cols()));
  return inputs;
}

Moments moments(const Matrix& values) {
  return moments_of({values.data(), static_cast<std::size_t>(values.size())});
}

Dataset bytes_of(Index features, std::vector<std::uint8_t> bytes) {
  const auto size = static_cast<Index>(bytes.size()) / features;
  return {.shape = Shape::flat(features), .size = size, .bytes = std::move(bytes)};
}

Dataset values_of(const Matrix& values) {
  return {.shape = Shape::flat(values.rows()), .size = values.cols(), .values = values};
}

Dataset random_bytes(Index features, Index size) {
  Rng rng({.seed = 1, .purpose = Purpose::probe});
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(features * size));
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.below(200));
  return bytes_of(features, std::move(bytes));
}

Dataset random_values(Index features, Index size) {
  Rng rng({.seed = 2, .purpose = Purpose::probe});
  Matrix values(features, size);
  for (Index i = 0; i < values.size(); ++i) {
    values.data()[i] = static_cast<Scalar>(1000 + 0.01 * rng.normal());
  }
  return values_of(values);
}

TEST(Normalize, StandardizesTheTrainingSetToMeanZeroAndVarianceOne) {
  for (Dataset train : {random_bytes(7, 30000), random_values(7, 500)}) {
    Dataset test = train;
    normalize(Normalize::standardize, train, test);
    EXPECT_NEAR(moments(all_inputs(train)).mean, 0, 2e-3);  // 1000 in float has steps of 6e-5
    EXPECT_NEAR(moments(all_inputs(train)).variance, 1, 1e-5);
  }
}

TEST(Normalize, UsesThePopulationVarianceOfTheTrainingSetAlone) {
  Dataset train = bytes_of(1, {0, 4});  // mean 2, variance 4
  Dataset test = bytes_of(1, {6, 255});
  normalize(Normalize::standardize, train, test);
  EXPECT_EQ(train.offset, std::vector<float>{2});
  EXPECT_EQ(train.scale, std::vector<float>{0.5F});
  EXPECT_EQ(all_inputs(test)(0, 0), 2);
}

TEST(Normalize, CountsManyBytesExactly) {
  // 200000 bytes, more than one chunk: half 0, half 255, variance 127.5^2.
  std::vector<std::uint8_t> bytes(200000, 255);
  std::fill(bytes.begin(), bytes.begin() + 100000, 0);
  Dataset train = bytes_of(1, bytes);
  Dataset test = train;
  normalize(Normalize::standardize, train, test);
  EXPECT_FLOAT_EQ(train.offset[0], 127.5F);
  EXPECT_FLOAT_EQ(train.scale[0], 1 / 127.5F);
}

TEST(Normalize, StandardizesEveryFeatureByItself) {
  for (Dataset train : {random_bytes(3, 1000), random_values(3, 1000)}) {
    Dataset test = train;
    normalize(Normalize::per_feature, train, test);
    ASSERT_EQ(train.offset.size(), 3U);
    const Matrix inputs = all_inputs(train);
    for (Index row = 0; row < 3; ++row) {
      const Matrix feature = inputs.row(row);
      EXPECT_NEAR(moments(feature).mean, 0, 4e-3);
      EXPECT_NEAR(moments(feature).variance, 1, 1e-5);
    }
  }
}

TEST(Normalize, MapsBytesToTheRangeOfCenterAndUnit) {
  Dataset train = bytes_of(1, {0, 255, 51});
  Dataset test = train;
  normalize(Normalize::center, train, test);
  EXPECT_TRUE(all_inputs(train).isApprox(Matrix{{-0.5F, 0.5F, -0.3F}}, 1e-6F));
  normalize(Normalize::unit, train, test);
  EXPECT_TRUE(all_inputs(train).isApprox(Matrix{{0, 1, 0.2F}}, 1e-6F));
  normalize(Normalize::none, train, test);
  EXPECT_EQ(all_inputs(train), (Matrix{{0, 255, 51}}));
}

TEST(Normalize, MapsTheRangeOfSyntheticValuesToCenterAndUnit) {
  Dataset train = values_of(Matrix{{-3, 1}, {0, 5}});
  Dataset test = values_of(Matrix{{9}, {1}});
  normalize(Normalize::unit, train, test);
  EXPECT_TRUE(all_inputs(train).isApprox(Matrix{{0, 0.5}, {0.375, 1}}, 1e-6F));
  EXPECT_TRUE(all_inputs(test).isApprox(Matrix{{1.5}, {0.5}}, 1e-6F));
  normalize(Normalize::center, train, test);
  EXPECT_TRUE(all_inputs(train).isApprox(Matrix{{-0.5, 0}, {-0.125, 0.5}}, 1e-6F));
}

TEST(Normalize, MakesAConstantTrainingSetZeroNotNan) {
  const Scalar tenth = static_cast<Scalar>(0.1);
  for (const Normalize how :
       {Normalize::standardize, Normalize::per_feature, Normalize::center, Normalize::unit}) {
    Dataset train = values_of(Matrix::Constant(2, 7, tenth));
    Dataset test = values_of(Matrix::Constant(2, 1, 5));
    normalize(how, train, test);
    EXPECT_TRUE(all_inputs(train).isZero(0));
    EXPECT_TRUE(all_inputs(test).isZero(0));
  }
  for (const Normalize how : {Normalize::standardize, Normalize::per_feature}) {
    Dataset train = bytes_of(2, {7, 7, 7, 7, 7, 7});
    Dataset test = bytes_of(2, {0, 255});
    normalize(how, train, test);
    EXPECT_TRUE(all_inputs(train).isZero(0));
    EXPECT_TRUE(all_inputs(test).isZero(0));
  }
}

}  // namespace
}  // namespace initbench
