#include "data/data_spec.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/errors.h"

namespace initbench {
namespace {

DataSpec spec_of(const char* dataset) {
  DataSpec spec;
  spec.dataset = dataset;
  return spec;
}

std::vector<ConfigIssue> issues_of(const DataSpec& spec) {
  try {
    check_data_spec(spec);
  } catch (const ConfigError& error) {
    return error.issues();
  }
  return {};
}

TEST(DatasetTable, HasEveryNameOnceAndAGeneratorForEverySyntheticSet) {
  std::set<std::string_view> names;
  for (const DatasetRow& row : dataset_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(row.generator != nullptr, row.synthetic) << row.name;
    EXPECT_EQ(find_dataset(row.name), &row);
  }
  for (const char* name : {"mnist", "fashion_mnist", "idx", "blobs", "moons", "circles", "spirals",
                           "gaussian", "teacher", "images", "sine", "abs"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_EQ(find_dataset("nothing"), nullptr);
}

TEST(CheckDataSpec, AcceptsEverySetWithItsDefaults) {
  for (const DatasetRow& row : dataset_table()) {
    if (row.name == "idx") continue;  // needs four paths
    EXPECT_TRUE(issues_of(spec_of(std::string(row.name).c_str())).empty()) << row.name;
  }
}

TEST(CheckDataSpec, SuggestsTheSetThatWasMeant) {
  const auto issues = issues_of(spec_of("fashion-mnist"));
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].place, "data.dataset");
  EXPECT_EQ(issues[0].message,
            "unknown dataset 'fashion-mnist'; did you mean 'fashion_mnist'? see: initbench list "
            "datasets");
}

TEST(CheckDataSpec, NamesTheSetsThatTakeASettingAndReportsAllAtOnce) {
  DataSpec spec = spec_of("moons");
  spec.features = 3;
  spec.classes = 4;
  spec.path = "somewhere";
  const auto issues = issues_of(spec);
  ASSERT_EQ(issues.size(), 3U);
  EXPECT_EQ(issues[0].place, "data.path");
  EXPECT_EQ(issues[0].message,
            "does not apply to 'moons'; the sets that take it: mnist and fashion_mnist");
  EXPECT_EQ(issues[1].place, "data.features");
  EXPECT_EQ(issues[2].place, "data.classes");
  DataSpec images = spec_of("mnist");
  images.image_size = 16;
  images.noise = 0.1;
  EXPECT_EQ(issues_of(images).size(), 2U);
}

TEST(CheckDataSpec, WantsTheFourFilesOfAnIdxSet) {
  DataSpec spec = spec_of("idx");
  spec.train_images = "a";
  const auto issues = issues_of(spec);
  ASSERT_EQ(issues.size(), 3U);
  EXPECT_EQ(issues[0].place, "data.train_labels");
  EXPECT_EQ(issues[2].place, "data.test_labels");
  DataSpec other = spec_of("blobs");
  other.test_images = "a";
  ASSERT_EQ(issues_of(other).size(), 1U);
  EXPECT_EQ(issues_of(other)[0].place, "data.test_images");
}

/// The place of the only issue, "" when the spec is accepted.
std::string place_of(const DataSpec& spec) {
  const auto issues = issues_of(spec);
  EXPECT_LE(issues.size(), 1U);
  return issues.empty() ? "" : issues[0].place;
}

TEST(CheckDataSpec, RefusesNumbersOutOfRange) {
  for (const Index size : {Index{0}, Index{-1}, std::numeric_limits<Index>::max()}) {
    DataSpec spec = spec_of("blobs");
    spec.train_size = size;
    EXPECT_EQ(place_of(spec), "data.train_size") << size;
    spec = spec_of("blobs");
    spec.test_size = size;
    EXPECT_EQ(place_of(spec), "data.test_size") << size;
    spec = spec_of("blobs");
    spec.features = size;
    EXPECT_EQ(place_of(spec), "data.features") << size;
    spec = spec_of("blobs");
    spec.classes = size;
    EXPECT_EQ(place_of(spec), "data.classes") << size;
    spec = spec_of("images");
    spec.image_size = size;
    EXPECT_EQ(place_of(spec), "data.image_size") << size;
  }
  for (const double noise :
       {-0.1, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    DataSpec spec = spec_of("blobs");
    spec.noise = noise;
    EXPECT_EQ(place_of(spec), "data.noise") << noise;
  }
  DataSpec teacher = spec_of("teacher");
  teacher.noise = 1.5;
  EXPECT_EQ(place_of(teacher), "data.noise");
}

TEST(CheckDataSpec, RefusesMoreSamplesThanTheOriginalSetHas) {
  DataSpec spec = spec_of("mnist");
  spec.train_size = 60000;
  EXPECT_EQ(place_of(spec), "");
  spec.train_size = 60001;
  EXPECT_EQ(place_of(spec), "data.train_size");
}

TEST(CheckDataSpec, RefusesMoreClassesThanSamplesAndMoreThanMemory) {
  DataSpec spec = spec_of("blobs");
  spec.train_size = 10;
  spec.classes = 11;
  EXPECT_EQ(place_of(spec), "data.classes");
  DataSpec large = spec_of("gaussian");
  large.features = 1000000;
  large.train_size = 1000000;
  EXPECT_EQ(place_of(large), "data.train_size");
}

}  // namespace
}  // namespace initbench
