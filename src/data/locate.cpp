#include "data/locate.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/errors.h"

namespace initbench {
namespace {

namespace fs = std::filesystem;

struct IdxFileName {
  std::string_view stem;
  std::string_view suffix;
  std::string IdxPaths::*path;
};

constexpr std::array<IdxFileName, 4> kFiles = {{
    {"train-images", "idx3-ubyte", &IdxPaths::train_images},
    {"train-labels", "idx1-ubyte", &IdxPaths::train_labels},
    {"t10k-images", "idx3-ubyte", &IdxPaths::test_images},
    {"t10k-labels", "idx1-ubyte", &IdxPaths::test_labels},
}};

bool is_there(const fs::path& path) {
  std::error_code ignored;  // a folder that may not be searched holds nothing for us
  return fs::exists(path, ignored);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The file in one of its spellings, or empty. Something else of that name counts only when no file
/// does: some unpackers leave a folder called train-images-idx3-ubyte.
std::string find_file(const fs::path& folder, const IdxFileName& file) {
  std::string other;
  for (const std::string_view ending : {"", ".gz"}) {
    for (const std::string_view separator : {"-", "."}) {
      std::string name(file.stem);
      name.append(separator).append(file.suffix).append(ending);
      const fs::path path = folder / name;
      if (is_file(path)) return path.string();
      if (other.empty() && is_there(path)) other = path.string();
    }
  }
  return other;
}

/// The folders of a place to look into, "" being the place itself.
std::vector<fs::path> subfolders(const DataSpec& spec) {
  std::vector<fs::path> names = {"MNIST/raw", "mnist"};
  if (spec.dataset != "mnist") names = {"FashionMNIST/raw", "fashion_mnist", "fashion-mnist"};
  if (spec.path) names.emplace_back("raw");  // data.path may be torchvision's MNIST folder
  names.emplace_back("");
  return names;
}

std::vector<fs::path> places(const DataSpec& spec) {
  if (spec.path) return {*spec.path};
  std::vector<fs::path> result;
  const char* environment = std::getenv("INITBENCH_DATA");
  if (environment != nullptr && *environment != '\0') result.emplace_back(environment);
  result.emplace_back("data");
  result.emplace_back("/usr/share/datasets");
  return result;
}

/// All four files of a folder; empty paths when it has none; DataError when it has some.
IdxPaths files_in(const fs::path& folder, const std::string& remedy) {
  IdxPaths paths;
  std::string missing;
  std::size_t found = 0;
  for (const IdxFileName& file : kFiles) {
    paths.*file.path = find_file(folder, file);
    if (!(paths.*file.path).empty()) {
      ++found;
      continue;
    }
    if (!missing.empty()) missing += ", ";
    missing.append(file.stem).append("-").append(file.suffix);
  }
  if (found != 0 && found != kFiles.size()) {
    throw DataError(folder.string(), "lacks " + missing + " (or .gz) of the four files; " + remedy);
  }
  return paths;
}

[[noreturn]] void throw_missing(const DataSpec& spec, const std::vector<fs::path>& searched,
                                const std::string& remedy) {
  const std::string wanted =
      "no " + spec.dataset + " files (train-images-idx3-ubyte or .gz, and three more)";
  if (spec.path) {
    if (!is_there(*spec.path)) {
      throw DataError(*spec.path, "no such folder (data.path); " + remedy);
    }
    throw DataError(*spec.path, wanted + " in this folder (data.path); " + remedy);
  }
  std::string list;
  for (const fs::path& folder : searched) list += (list.empty() ? "" : ", ") + folder.string();
  throw DataError("data/" + spec.dataset, wanted + "; looked in " + list + "; " + remedy +
                                              ", or set data.path or $INITBENCH_DATA to a folder "
                                              "that has them");
}

}  // namespace

IdxPaths locate(const DataSpec& spec) {
  if (spec.dataset == "idx") {
    return {.train_images = spec.train_images.value_or(""),
            .train_labels = spec.train_labels.value_or(""),
            .test_images = spec.test_images.value_or(""),
            .test_labels = spec.test_labels.value_or("")};
  }
  const std::string remedy = "get them with: scripts/get_data.sh " + spec.dataset;
  std::vector<fs::path> searched;
  for (const fs::path& place : places(spec)) {
    for (const fs::path& subfolder : subfolders(spec)) {
      const fs::path folder = subfolder.empty() ? place : place / subfolder;
      searched.push_back(folder);
      IdxPaths paths = files_in(folder, remedy);
      if (!paths.train_images.empty()) return paths;
    }
  }
  throw_missing(spec, searched, remedy);
}

}  // namespace initbench
