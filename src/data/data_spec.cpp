#include "data/data_spec.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/errors.h"
#include "base/suggest.h"
#include "data/synthetic.h"

namespace initbench {
namespace {

constexpr Index kMaxValues = Index{1} << 30;  // 4 GiB of floats

class Issues {
 public:
  void add(std::string_view setting, std::string message) {
    list_.push_back({.place = "data." + std::string(setting), .message = std::move(message)});
  }
  bool empty() const { return list_.empty(); }
  const std::vector<ConfigIssue>& list() const { return list_; }

 private:
  std::vector<ConfigIssue> list_;
};

/// "blobs, xor and linear": the sets that take a setting.
template <class Predicate>
std::string sets_that(Predicate takes) {
  std::vector<std::string_view> names;
  for (const DatasetRow& row : dataset_table()) {
    if (takes(row)) names.push_back(row.name);
  }
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

/// A setting that the set does not take is an issue that names the sets which do.
template <class Predicate>
void check_applies(Issues& issues, std::string_view setting, bool given, const DatasetRow& row,
                   Predicate takes) {
  if (!given || takes(row)) return;
  issues.add(setting, "does not apply to '" + std::string(row.name) +
                          "'; the sets that take it: " + sets_that(takes));
}

void check_range(Issues& issues, std::string_view setting, std::optional<Index> value, Index low,
                 Index high) {
  if (!value || (*value >= low && *value <= high)) return;
  issues.add(setting, "must be from " + std::to_string(low) + " to " + std::to_string(high) +
                          ", not " + std::to_string(*value));
}

void check_which_apply(Issues& issues, const DataSpec& spec, const DatasetRow& row) {
  const auto takes_features = [](const DatasetRow& r) { return r.features.has_value(); };
  const auto takes_classes = [](const DatasetRow& r) { return r.classes.has_value(); };
  const auto takes_noise = [](const DatasetRow& r) { return r.noise.has_value(); };
  const auto takes_image_size = [](const DatasetRow& r) { return r.image_size.has_value(); };
  const auto takes_files = [](const DatasetRow& r) { return r.name == "idx"; };
  const auto takes_path = [](const DatasetRow& r) { return !r.synthetic && r.name != "idx"; };
  check_applies(issues, "path", spec.path.has_value(), row, takes_path);
  check_applies(issues, "features", spec.features.has_value(), row, takes_features);
  check_applies(issues, "classes", spec.classes.has_value(), row, takes_classes);
  check_applies(issues, "noise", spec.noise.has_value(), row, takes_noise);
  check_applies(issues, "image_size", spec.image_size.has_value(), row, takes_image_size);
  const std::pair<std::string_view, const std::optional<std::string>*> files[] = {
      {"train_images", &spec.train_images},
      {"train_labels", &spec.train_labels},
      {"test_images", &spec.test_images},
      {"test_labels", &spec.test_labels}};
  for (const auto& [setting, file] : files) {
    check_applies(issues, setting, file->has_value(), row, takes_files);
    if (takes_files(row) && file->value_or("").empty()) {
      issues.add(setting, "dataset 'idx' needs the path of this file");
    }
  }
  if (takes_path(row) && spec.path && spec.path->empty())
    issues.add("path", "is empty; name the folder of the IDX files, or leave the key out");
}

void check_ranges(Issues& issues, const DataSpec& spec, const DatasetRow& row) {
  const bool has_known_size = !row.synthetic && row.train_size > 0;
  check_range(issues, "train_size", spec.train_size, 1,
              has_known_size ? row.train_size : kMostSamples);
  check_range(issues, "test_size", spec.test_size, 1,
              has_known_size ? row.test_size : kMostSamples);
  if (row.features) {
    check_range(issues, "features", spec.features, row.name == "xor" ? 2 : 1, kMostFeatures);
  }
  if (row.classes) check_range(issues, "classes", spec.classes, kFewestClasses, kMostClasses);
  if (row.image_size) {
    check_range(issues, "image_size", spec.image_size, kSmallestImage, kLargestImage);
  }
  if (row.noise && spec.noise) {
    const bool is_share = row.name == "teacher";
    if (!std::isfinite(*spec.noise) || *spec.noise < 0 || (is_share && *spec.noise > 1)) {
      issues.add("noise", is_share ? "must be from 0 to 1 (a share of the labels)"
                                   : "must be a finite number, 0 or more");
    }
  }
}

/// What only shows when settings are seen together.
void check_synthetic(Issues& issues, const DataSpec& data, const DatasetRow& row) {
  const SyntheticSpec spec = resolve_synthetic(row, data);
  if (data.classes && spec.classes > spec.train_size) {
    issues.add("classes", std::to_string(spec.classes) + " classes, but only " +
                              std::to_string(spec.train_size) +
                              " training samples; raise data.train_size");
  }
  const Index features = std::max({spec.features, spec.image_size * spec.image_size, Index{1}});
  if (std::max(spec.train_size, spec.test_size) > kMaxValues / features) {
    issues.add(spec.train_size >= spec.test_size ? "train_size" : "test_size",
               "times " + std::to_string(features) + " features is more than 4 GiB; lower it");
  }
}

}  // namespace

void check_data_spec(const DataSpec& spec) {
  const DatasetRow* row = find_dataset(spec.dataset);
  if (row == nullptr) {
    std::vector<std::string_view> names;
    for (const DatasetRow& candidate : dataset_table()) names.push_back(candidate.name);
    const std::string suggestion = did_you_mean(spec.dataset, names);
    throw ConfigError("data.dataset", "unknown dataset '" + spec.dataset + "'" +
                                          (suggestion.empty() ? ";" : suggestion) +
                                          " see: initbench list datasets");
  }
  Issues issues;
  check_which_apply(issues, spec, *row);
  check_ranges(issues, spec, *row);
  if (row->synthetic && issues.empty()) check_synthetic(issues, spec, *row);
  if (!issues.empty()) throw ConfigError(issues.list());
}

}  // namespace initbench
