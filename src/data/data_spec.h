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
/// unit: bytes / 255; per_feature: mean 0 and variance 1 of every feature (a constant one becomes
/// 0); none: raw values (bytes 0..255). For synthetic sets, whose values have no byte range, center
/// and unit map the training set's [min, max] to [-0.5, 0.5] and [0, 1].
enum class Normalize { standardize, center, unit, per_feature, none };

struct DataSpec {
  std::string dataset = "blobs";    // a row of dataset_table()
  std::optional<std::string> path;  // IDX sets: a folder, searched first
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

/// One row of the table of data sets. A default that is empty means "does not apply": giving the
/// setting is a ConfigError that says which sets take it.
struct DatasetRow {
  std::string_view name;
  std::string_view summary;
  bool synthetic;
  bool classification;
  bool images;
  std::optional<Index> features;
  std::optional<Index> classes;
  std::optional<double> noise;
  std::optional<Index> image_size;
};

std::span<const DatasetRow> dataset_table();
/// The row with this name, or nullptr.
const DatasetRow* find_dataset(std::string_view name);

/// Shape of a sample and number of outputs, without reading or generating more than needed (IDX
/// headers).
struct DataShape {
  Shape input;
  Index outputs = 0;
  bool classification = true;
};

/// Throws ConfigError (place "data....") for settings that do not fit the set, including sizes
/// larger than it.
void check_data_spec(const DataSpec& spec);
/// Throws ConfigError or DataError.
DataSplits load_data(const DataSpec& spec, std::uint64_t seed);

}  // namespace initbench
