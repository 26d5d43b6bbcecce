/// From a DataSpec to sets in memory.
#include <algorithm>
#include <array>
#include <utility>

#include "base/errors.h"
#include "data/data_spec.h"
#include "data/digest.h"
#include "data/idx.h"
#include "data/locate.h"
#include "data/normalize.h"
#include "data/synthetic.h"

namespace initbench {
namespace {

constexpr Index kMnistClasses = 10;

Shape shape_of(const std::string& path, const std::vector<Index>& dims) {
  if (dims.size() == 2) return Shape::flat(dims[1]);
  if (dims.size() == 3) return Shape::image(dims[1], dims[2], 1);
  if (dims.size() != 4) {
    throw DataError(path,
                    "has 1 dimension, as labels have; inputs need (samples, features), "
                    "(samples, height, width) or (samples, height, width, channels)");
  }
  const bool channels_first =
      (dims[1] == 1 || dims[1] == 3) && dims[2] == dims[3] && dims[3] > dims[1];
  if (channels_first) {
    throw DataError(path,
                    "seems to be (samples, channels, height, width); convert it to "
                    "(samples, height, width, channels)");
  }
  return Shape::image(dims[1], dims[2], dims[3]);
}

std::vector<std::uint8_t> read_labels(const std::string& path) {
  IdxArray labels = read_idx(path);
  if (labels.dims.size() != 1) {
    throw DataError(path, "has " + std::to_string(labels.dims.size()) +
                              " dimensions, labels need 1; are images and labels swapped?");
  }
  return std::move(labels.bytes);
}

/// The four files are the same two pairs of names in both sets: unpacked into one folder, only the
/// content tells them apart.
void check_identity(const DataSpec& spec, const IdxPaths& paths,
                    std::span<const std::uint8_t> train_labels) {
  constexpr std::array<std::uint8_t, 16> kMnist{5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7};
  constexpr std::array<std::uint8_t, 16> kFashion{9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9};
  constexpr std::size_t kTrainingSamples = 60000;
  if (spec.dataset == "idx" || train_labels.size() != kTrainingSamples) return;
  const bool is_mnist = spec.dataset == "mnist";
  const auto& other = is_mnist ? kFashion : kMnist;
  if (!std::ranges::equal(train_labels.first(other.size()), other)) return;
  const std::string other_name = is_mnist ? "fashion_mnist" : "mnist";
  throw DataError(paths.train_labels, "holds the labels of " + other_name + ", not of " +
                                          spec.dataset + "; set data.dataset to '" + other_name +
                                          "', or data.path to the right folder");
}

Index classes_of(const DataSpec& spec, std::span<const std::uint8_t> train_labels) {
  if (spec.dataset != "idx") return kMnistClasses;
  return spec.classes.value_or(Index{*std::ranges::max_element(train_labels)} + 1);
}

void check_labels(const DataSpec& spec, const std::string& path,
                  std::span<const std::uint8_t> labels, Index classes) {
  const auto bad =
      std::ranges::find_if(labels, [&](std::uint8_t label) { return Index{label} >= classes; });
  if (bad == labels.end()) return;
  std::string message = "label " + std::to_string(*bad) + " of sample " +
                        std::to_string(bad - labels.begin()) + " is outside 0 to " +
                        std::to_string(classes - 1);
  message += spec.dataset == "idx" ? "; raise data.classes" : "; get the file again";
  throw DataError(path, message);
}

struct Files {
  const std::string& images;
  const std::string& labels;
};

/// Number of samples to use of a pair of files whose headers agree.
Index checked_size(const Files& files, Index images, std::size_t labels, std::string_view setting,
                   std::optional<Index> wanted) {
  if (images != static_cast<Index>(labels)) {
    throw DataError(files.images, "has " + std::to_string(images) + " samples, but " +
                                      files.labels + " has " + std::to_string(labels) +
                                      " labels; they are not a pair");
  }
  if (wanted && *wanted > images) {
    throw ConfigError("data." + std::string(setting), std::to_string(*wanted) +
                                                          " samples wanted, " + files.images +
                                                          " has " + std::to_string(images));
  }
  return wanted.value_or(images);
}

Dataset read_pair(const Files& files, std::span<const std::uint8_t> labels,
                  std::string_view setting, std::optional<Index> wanted, Index classes) {
  const std::vector<Index> dims = read_idx_dims(files.images);
  const Index size = checked_size(files, dims[0], labels.size(), setting, wanted);
  Dataset set{.shape = shape_of(files.images, dims), .size = size, .classes = classes};
  set.bytes = read_idx(files.images, size).bytes;
  set.labels.assign(labels.begin(), labels.begin() + size);
  return set;
}

DataSplits read_files(const DataSpec& spec) {
  const IdxPaths paths = locate(spec);
  const std::vector<std::uint8_t> train_labels = read_labels(paths.train_labels);
  const std::vector<std::uint8_t> test_labels = read_labels(paths.test_labels);
  check_identity(spec, paths, train_labels);
  const Index classes = classes_of(spec, train_labels);
  check_labels(spec, paths.train_labels, train_labels, classes);
  check_labels(spec, paths.test_labels, test_labels, classes);
  DataSplits splits;
  splits.train = read_pair({.images = paths.train_images, .labels = paths.train_labels},
                           train_labels, "train_size", spec.train_size, classes);
  splits.test = read_pair({.images = paths.test_images, .labels = paths.test_labels}, test_labels,
                          "test_size", spec.test_size, classes);
  if (splits.test.shape != splits.train.shape) {
    throw DataError(paths.test_images, "has samples of " + to_string(splits.test.shape) +
                                           ", the training set " + to_string(splits.train.shape) +
                                           "; name the files of one data set");
  }
  return splits;
}

template <class T>
std::span<const std::byte> memory_of(const T* data, Index count) {
  return std::as_bytes(std::span(data, static_cast<std::size_t>(count)));
}

void add_set(Digest& digest, const Dataset& set) {
  for (const Index number : {set.shape.height, set.shape.width, set.shape.channels, set.size,
                             set.classes, set.targets.rows()}) {
    digest.add(static_cast<std::uint64_t>(number));
  }
  digest.add_bytes(std::as_bytes(std::span(set.bytes)));
  digest.add_bytes(memory_of(set.values.data(), set.values.size()));
  digest.add_bytes(std::as_bytes(std::span(set.labels)));
  digest.add_bytes(memory_of(set.targets.data(), set.targets.size()));
}

std::string count_of(Index count, std::string_view singular, std::string_view plural) {
  return std::to_string(count) + " " + std::string(count == 1 ? singular : plural);
}

std::string describe(const std::string& name, const DataSplits& splits) {
  const Dataset& train = splits.train;
  const Shape& shape = train.shape;
  std::string text = name + " (" + std::to_string(train.size) + " train, " +
                     std::to_string(splits.test.size) + " test, ";
  text += shape.is_image ? std::to_string(shape.height) + " x " + std::to_string(shape.width) +
                               " x " + std::to_string(shape.channels)
                         : count_of(shape.features(), "feature", "features");
  text += ", ";
  text += train.is_classification() ? count_of(train.classes, "class", "classes")
                                    : count_of(train.targets.rows(), "target", "targets");
  return text + ")";
}

}  // namespace

DataSplits load_data(const DataSpec& spec, std::uint64_t seed) {
  check_data_spec(spec);
  const DatasetRow& row = *find_dataset(spec.dataset);
  DataSplits splits =
      row.synthetic ? generate(row, resolve_synthetic(row, spec), seed) : read_files(spec);
  normalize(spec.normalize, splits.train, splits.test);
  splits.description = describe(spec.dataset, splits);
  Digest digest;
  add_set(digest, splits.train);
  add_set(digest, splits.test);
  splits.digest = digest.hex();
  return splits;
}

}  // namespace initbench
