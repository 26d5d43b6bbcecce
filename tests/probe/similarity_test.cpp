#include "probe/similarity.h"

#include <gtest/gtest.h>

#include <cmath>

namespace initbench {
namespace {

ConstMatrixView view(const Matrix& x) { return {x.data(), x.rows(), x.cols()}; }

TEST(MeanGap, IsOneMinusTheMeanCosineOverPairs) {
  const Matrix x{{1, 0, 1}, {0, 2, 1}};  // cosines 0, 1/sqrt(2), 1/sqrt(2)
  EXPECT_NEAR(mean_gap(view(x)).value(), 1 - std::sqrt(2.0) / 3, 1e-7);
}

TEST(MeanGap, KeepsItsDigitsWhereTheCosineHasLostThem) {
  const Matrix x{{1, 1}, {0, Scalar(1e-5)}};  // 1 - cos 1e-5 = 5e-11
  EXPECT_NEAR(mean_gap(view(x)).value() / 5e-11, 1, 1e-4);
}

TEST(MeanGap, CountsEveryFeatureWhateverTheirNumber) {
  for (Index features = 2; features < 70; ++features) {
    Matrix x = Matrix::Ones(features, 3);
    x.col(1) = -2 * x.col(0);  // cosines -1, 1 and -1
    EXPECT_NEAR(mean_gap(view(x)).value(), 4.0 / 3, 1e-12) << features;
  }
}

TEST(MeanGap, LeavesOutSamplesThatAreZero) {
  const Matrix x{{1, 0, 0}, {0, 0, 1}};
  EXPECT_NEAR(mean_gap(view(x)).value(), 1, 1e-12);
  EXPECT_FALSE(mean_gap(view(Matrix{{1, 0}, {0, 0}})).has_value());
}

TEST(MeanCosine, IsTheMeanOverPairs) {
  const Matrix x{{1, 0, 1}, {0, 2, 1}};  // 0, 1/sqrt(2), 1/sqrt(2)
  EXPECT_NEAR(mean_cosine(view(x)).value(), std::sqrt(2.0) / 3, 1e-15);
  EXPECT_NEAR(likeness(view(x)).mean_cosine.value(), std::sqrt(2.0) / 3, 1e-15);
}

TEST(MeanCosine, CountsEveryFeatureWhateverTheirNumber) {
  for (Index features = 2; features < 70; ++features) {
    Matrix x = Matrix::Ones(features, 3);
    x.col(1) = -2 * x.col(0);  // cosines -1, 1 and -1
    EXPECT_NEAR(mean_cosine(view(x)).value(), -1.0 / 3, 1e-14) << features;
  }
}

TEST(MeanCosine, LeavesOutSamplesThatAreZero) {
  const Matrix x{{1, 0, 1}, {0, 0, 1}};
  EXPECT_NEAR(mean_cosine(view(x)).value(), std::sqrt(0.5), 1e-15);
  EXPECT_FALSE(mean_cosine(view(Matrix{{1, 0}, {0, 0}})).has_value());
}

TEST(MeanCosine, IsNeverAboveOne) {
  for (Index samples = 2; samples < 40; ++samples) {
    const Matrix x = Vector::LinSpaced(7, Scalar(0.1), 1).replicate(1, samples);
    EXPECT_LE(mean_cosine(view(x)).value(), 1) << samples;
    EXPECT_NEAR(mean_cosine(view(x)).value(), 1, 1e-14) << samples;
  }
}

std::optional<double> rank(const Matrix& x) { return likeness(view(x)).effective_rank; }

TEST(EffectiveRank, CountsEqualDirections) {
  EXPECT_NEAR(rank(Matrix::Identity(5, 3)).value(), 3, 1e-6);
  EXPECT_NEAR(rank(Matrix::Ones(5, 3)).value(), 1, 1e-6);
  // singular values squared 4 and 1: 5^2 / 17
  EXPECT_NEAR(rank(Matrix{{2, 0}, {0, 1}}).value(), 25.0 / 17, 1e-6);
}

// Among many features, taken in parts, and an odd number of samples.
TEST(EffectiveRank, CountsFeaturesFarApart) {
  Matrix x = Matrix::Zero(2000, 5);
  for (Index i = 0; i < 5; ++i) x(499 * i, i) = 1;
  EXPECT_NEAR(rank(x).value(), 5, 1e-6);
  x.row(1998).setOnes();  // products 2 and 1, singular values squared 6 and four times 1
  EXPECT_NEAR(rank(x).value(), 100.0 / 40, 1e-6);
}

TEST(EffectiveRank, DoesNotOverflowOrVanish) {
  for (const double size : {1e-30, 1e30}) {
    const Matrix x = static_cast<Scalar>(size) * Matrix::Identity(4, 4);
    EXPECT_NEAR(rank(x).value(), 4, 1e-6) << size;
  }
  EXPECT_FALSE(rank(Matrix::Zero(4, 4)).has_value());
}

TEST(Alignment, IsTheCosineBetweenCentredProducts) {
  // Centred: (1, -1, 0) and (2, -4, 2) / 3, whose product is 2: 2^2 / (2 * 24/9).
  EXPECT_NEAR(alignment(view(Matrix{{1, -1, 0}}), view(Matrix{{1, -1, 1}})).value(), 0.75, 1e-6);
}

TEST(Alignment, IsOneForARotationAScaleAndAShift) {
  const Matrix a{{1, 2, -1, 0}, {0, 1, 3, -2}};
  Matrix b(2, 4);
  b.row(0) = -3 * a.row(1).array() + 5;
  b.row(1) = 3 * a.row(0);
  EXPECT_NEAR(alignment(view(a), view(b)).value(), 1, 1e-6);
}

TEST(Alignment, IsUnknownWhereAllSamplesAreTheSame) {
  const Matrix x{{1, 2, 3}};
  EXPECT_FALSE(alignment(view(x), view(Matrix::Ones(4, 3))).has_value());
}

}  // namespace
}  // namespace initbench
