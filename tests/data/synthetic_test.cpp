#include "data/synthetic.h"

#include <Eigen/Cholesky>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace initbench {
namespace {

DataSplits raw(const char* dataset, std::uint64_t seed = 0, std::optional<Index> train_size = {}) {
  DataSpec spec;
  spec.dataset = dataset;
  spec.train_size = train_size;
  spec.normalize = Normalize::none;
  return load_data(spec, seed);
}

class EverySyntheticSet : public ::testing::TestWithParam<const char*> {};

TEST_P(EverySyntheticSet, IsFiniteAndHasTheAnnouncedShape) {
  const DataSplits splits = raw(GetParam());
  const DatasetRow& row = *find_dataset(GetParam());
  for (const Dataset* set : {&splits.train, &splits.test}) {
    EXPECT_EQ(set->shape.is_image, row.images);
    EXPECT_EQ(set->shape, splits.train.shape);
    EXPECT_EQ(set->outputs(), row.classification ? row.classes.value_or(2) : 1);
    EXPECT_EQ(set->is_classification(), row.classification);
    EXPECT_TRUE(set->values.allFinite());
    EXPECT_TRUE(set->targets.allFinite());
    EXPECT_EQ(set->values.cols(), set->size);
    for (const std::int32_t label : set->labels) {
      EXPECT_GE(label, 0);
      EXPECT_LT(label, set->classes);
    }
  }
  EXPECT_EQ(splits.train.size, 2000);
  EXPECT_EQ(splits.test.size, 500);
}

TEST_P(EverySyntheticSet, OfLargerSizeExtendsTheSmallerOne) {
  const Dataset small = raw(GetParam(), 3, 50).train;
  const Dataset large = raw(GetParam(), 3, 120).train;
  EXPECT_EQ(small.values, large.values.leftCols(50));
  EXPECT_TRUE(std::ranges::equal(small.labels, std::span(large.labels).first(small.labels.size())));
  if (!small.is_classification()) {
    EXPECT_EQ(small.targets, large.targets.leftCols(50));
  }
}

TEST_P(EverySyntheticSet, HasOtherSamplesForTestingAndForAnotherSeed) {
  const DataSplits splits = raw(GetParam(), 1);
  EXPECT_NE(splits.train.values.leftCols(500), splits.test.values);
  EXPECT_NE(splits.train.values, raw(GetParam(), 2).train.values);
  EXPECT_NE(splits.digest, raw(GetParam(), 2).digest);
}

TEST_P(EverySyntheticSet, HasClassesOfSimilarSize) {
  const Dataset train = raw(GetParam(), 5).train;
  std::map<std::int32_t, Index> counts;
  for (const std::int32_t label : train.labels) ++counts[label];
  EXPECT_EQ(static_cast<Index>(counts.size()), train.classes);
  for (const auto& [label, count] : counts) {
    EXPECT_GT(count * train.classes * 3, train.size) << "class " << label;  // a third of its share
  }
}

INSTANTIATE_TEST_SUITE_P(Datasets, EverySyntheticSet,
                         ::testing::Values("blobs", "moons", "circles", "spirals", "xor",
                                           "gaussian", "teacher", "images", "sine", "abs",
                                           "linear"),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST(SyntheticSets, AreAllInTheTestsAbove) {
  EXPECT_EQ(std::ranges::count_if(dataset_table(), &DatasetRow::synthetic), 11);
}

#ifndef INITBENCH_DOUBLE
TEST(SyntheticSets, KeepTheirBitsWhateverCompilesThem) {
  const std::map<std::string, std::string> expected = {
      {"blobs", "e7a3aa388661845a"},   {"moons", "da60c1dd899d5d12"},
      {"circles", "650ce04622bbc6c3"}, {"spirals", "8fdca7c685fc21ba"},
      {"xor", "e3114ba19acfd41f"},     {"gaussian", "b8a4794d6bb81f82"},
      {"teacher", "fc4aae044d894048"}, {"images", "772c6cec6fd4beda"},
      {"sine", "fab1da035f57d5af"},    {"abs", "1e547e12d4cd7fa9"},
      {"linear", "1ca752327f106dfb"}};
  for (const auto& [dataset, digest] : expected) {
    EXPECT_EQ(raw(dataset.c_str()).digest, digest) << dataset;
  }
}
#endif

TEST(Blobs, HaveTheirClosestCentresFourApartAndTheGivenSpread) {
  DataSpec spec;
  spec.dataset = "blobs";
  spec.train_size = 50000;
  spec.noise = 0.5;
  spec.normalize = Normalize::none;
  const Dataset train = load_data(spec, 0).train;
  Matrix means = Matrix::Zero(20, 5);
  for (Index i = 0; i < train.size; ++i) {
    means.col(train.labels[static_cast<std::size_t>(i)]) += train.values.col(i) / 10000;
  }
  double closest = 1e9;
  for (Index a = 0; a < 5; ++a) {
    for (Index b = 0; b < a; ++b) {
      closest = std::min(closest, static_cast<double>((means.col(a) - means.col(b)).norm()));
    }
  }
  EXPECT_NEAR(closest, 4, 0.03);
  double squares = 0;
  for (Index i = 0; i < train.size; ++i) {
    squares +=
        (train.values.col(i) - means.col(train.labels[static_cast<std::size_t>(i)])).squaredNorm();
  }
  EXPECT_NEAR(squares / (20.0 * 50000), 0.25, 0.002);
}

/// A set without noise.
Dataset clean(const char* dataset, std::optional<Index> classes = {}) {
  DataSpec spec;
  spec.dataset = dataset;
  spec.noise = 0;
  spec.classes = classes;
  spec.normalize = Normalize::none;
  return load_data(spec, 0).train;
}

TEST(Moons, LieOnTwoHalfCircles) {
  const Dataset train = clean("moons");
  for (Index i = 0; i < train.size; ++i) {
    const double x = train.values(0, i);
    const double y = train.values(1, i);
    const bool second = train.labels[static_cast<std::size_t>(i)] == 1;
    EXPECT_NEAR(second ? std::hypot(x - 1, y - 0.5) : std::hypot(x, y), 1, 1e-6);
    EXPECT_TRUE(second ? y <= 0.5 : y >= 0);
  }
}

TEST(Circles, HaveARadiusByClass) {
  const Dataset train = clean("circles", 3);
  for (Index i = 0; i < train.size; ++i) {
    const double radius = std::hypot(train.values(0, i), train.values(1, i));
    EXPECT_NEAR(radius, 0.5 * (train.labels[static_cast<std::size_t>(i)] + 1), 1e-6);
  }
}

TEST(Spirals, HaveArmsThatAreRotationsOfEachOther) {
  const Dataset train = clean("spirals", 4);
  for (Index i = 0; i < train.size; ++i) {
    const double x = train.values(0, i);
    const double y = train.values(1, i);
    const double radius = std::hypot(x, y);
    const double arm = 2 * std::numbers::pi * train.labels[static_cast<std::size_t>(i)] / 4;
    const double angle = std::atan2(x, y) - 4 * radius - arm;
    EXPECT_NEAR(std::cos(angle), 1, 1e-5) << "sample " << i;
    EXPECT_LE(radius, 1);
  }
}

TEST(Xor, ComparesTheSignsOfTheFirstTwoFeatures) {
  const Dataset train = clean("xor");
  for (Index i = 0; i < train.size; ++i) {
    const bool differ = train.values(0, i) * train.values(1, i) < 0;
    EXPECT_EQ(train.labels[static_cast<std::size_t>(i)], differ ? 1 : 0);
  }
}

TEST(Regression, TargetsAreTheFunctionOfTheInput) {
  const Dataset sine = clean("sine");
  const Dataset absolute = clean("abs");
  for (Index i = 0; i < sine.size; ++i) {
    EXPECT_NEAR(sine.targets(0, i), std::sin(static_cast<double>(sine.values(0, i))), 5e-7);
    EXPECT_EQ(absolute.targets(0, i), std::abs(absolute.values(0, i)));
  }
  EXPECT_NEAR(absolute.values.array().square().mean(), 1, 0.05);
}

TEST(Regression, OfALinearMapIsSolvedByLeastSquares) {
  const Dataset train = clean("linear");
  const Eigen::MatrixXd x = train.values.cast<double>();
  const Eigen::VectorXd y = train.targets.cast<double>().transpose();
  const Eigen::VectorXd w = (x * x.transpose()).ldlt().solve(x * y);
  EXPECT_LT((x.transpose() * w - y).cwiseAbs().maxCoeff(), 1e-5);
}

TEST(Gaussian, HasLabelsThatItsInputsDoNotTell) {
  const Dataset train = raw("gaussian").train;
  EXPECT_NEAR(train.values.array().square().mean(), 1, 0.02);
  // The class means of pure noise: variance 1 / 200 per feature, 640 of them.
  Matrix means = Matrix::Zero(64, 10);
  for (Index i = 0; i < train.size; ++i) {
    means.col(train.labels[static_cast<std::size_t>(i)]) += train.values.col(i) / 200;
  }
  EXPECT_NEAR(means.array().square().mean(), 1.0 / 200, 1.0 / 800);
}

TEST(Teacher, NoiseIsTheShareOfLabelsDrawnAtRandom) {
  DataSpec spec;
  spec.dataset = "teacher";
  spec.train_size = 20000;
  const Dataset sound = load_data(spec, 0).train;
  spec.noise = 0.5;
  const Dataset noisy = load_data(spec, 0).train;
  EXPECT_EQ(sound.values, noisy.values);
  Index changed = 0;
  for (std::size_t i = 0; i < sound.labels.size(); ++i) {
    changed += sound.labels[i] != noisy.labels[i] ? 1 : 0;
  }
  // Half are drawn again, a fifth of those meet the old label: 8000 expected, std 69.
  EXPECT_NEAR(static_cast<double>(changed), 8000, 350);
}

TEST(Images, TellTheClassByStructureNotByAnyPixelsMean) {
  const Dataset train = raw("images", 0, 6000).train;
  ASSERT_EQ(train.shape, Shape::image(16, 16, 1));
  Matrix means = Matrix::Zero(256, 6);
  for (Index i = 0; i < train.size; ++i) {
    means.col(train.labels[static_cast<std::size_t>(i)]) += train.values.col(i) / 1000;
  }
  const double pixel_variance = train.values.array().square().mean();
  // Means of 1000 independent pixels would have a thousandth of a pixel's variance.
  EXPECT_LT(means.array().square().mean(), 1.2 * pixel_variance / 1000);
  // Class 0 has vertical stripes, half a period (2 pixels) apart in x opposite, in y alike.
  double across = 0;
  double down = 0;
  for (Index i = 0; i < train.size; i += 6) {
    for (Index y = 0; y < 14; ++y) {
      for (Index x = 0; x < 14; ++x) {
        const double here = train.values(16 * y + x, i);
        across += here * train.values(16 * y + x + 2, i);
        down += here * train.values(16 * (y + 2) + x, i);
      }
    }
  }
  EXPECT_LT(across, 0);
  EXPECT_GT(down, 0);
}

}  // namespace
}  // namespace initbench
