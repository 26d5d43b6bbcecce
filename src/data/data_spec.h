/// Which data to load or to generate, and how to normalize them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "data/dataset.h"

namespace initbench {

/// standardize: global mean 0 and variance 1 over the training set; center: bytes / 255 - 0.5;
/// unit: bytes / 255; per_feature: mean 0 and variance 1 of every feature; none: raw values (bytes
/// 0..255). For synthetic sets, whose values have no byte range, center and unit map the training
/// set's [min, max] to [-0.5, 0.5] and [0, 1]. What is constant over the training set becomes 0.
enum class Normalize { standardize, center, unit, per_feature, none };

// What a DataSpec may ask for. Single sets may ask for less.
inline constexpr Index kMostSamples = 10'000'000;
inline constexpr Index kMostFeatures = 1'000'000;
inline constexpr Index kFewestClasses = 2;
inline constexpr Index kMostClasses = 10'000;
inline constexpr Index kSmallestImage = 8;  // the striped patch needs the room
inline constexpr Index kLargestImage = 256;

struct DataSpec {
  std::string dataset = "blobs";    // a row of dataset_table()
  std::optional<std::string> path;  // mnist, fashion_mnist: the only folder that is searched
  std::optional<Index> train_size;  // the first that many samples; empty: all, or the row's default
  std::optional<Index> test_size;
  std::optional<Index> features;  // synthetic sets; empty: the row's default
  std::optional<Index> classes;
  std::optional<double> noise;
  std::optional<Index> image_size;          // height and width of the synthetic images
  std::optional<std::string> train_images;  // dataset "idx": the four files
  std::optional<std::string> train_labels;
  std::optional<std::string> test_images;
  std::optional<std::string> test_labels;
  Normalize normalize = Normalize::standardize;
};

struct SyntheticSpec;
struct SampleGenerator;

/// One row of the table of data sets. A default that is empty means "does not apply": giving the
/// setting is a ConfigError that says which sets take it.
struct DatasetRow {
  std::string_view name;
  std::string_view summary;
  bool synthetic = false;
  bool classification = false;
  bool images = false;
  std::optional<Index> features = std::nullopt;
  std::optional<Index> classes = std::nullopt;  // 0: from the labels
  std::optional<double> noise = std::nullopt;
  std::optional<Index> image_size = std::nullopt;
  Index train_size =
      0;  // synthetic: the default; IDX: the size of the original set, 0 if it has none
  Index test_size = 0;
  // Synthetic: makes what draws the samples; nullptr for sets that are read from files.
  SampleGenerator (*generator)(const SyntheticSpec&, std::uint64_t seed) = nullptr;
};

std::span<const DatasetRow> dataset_table();
/// The row with this name, or nullptr.
const DatasetRow* find_dataset(std::string_view name);

/// Throws ConfigError with every setting (place "data....") that does not fit the set. Reads no
/// file, so a size that only the files can refute is left to load_data.
void check_data_spec(const DataSpec& spec);
/// Throws ConfigError or DataError.
DataSplits load_data(const DataSpec& spec, std::uint64_t seed);

}  // namespace initbench
