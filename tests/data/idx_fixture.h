/// IDX files, sound and damaged, in a temporary folder of their own.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/errors.h"

namespace initbench::testing {

/// A folder that disappears with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "initbench_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline std::string write_file(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// An IDX file's bytes, written from the format's description.
inline std::string idx(const std::vector<std::uint32_t>& dims, const std::string& content,
                       int type = 8) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(dims.size())};
  for (const std::uint32_t dim : dims) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(dim >> shift & 255);
  }
  return bytes + content;
}

/// `content` as gzip, made by zlib's own file writer.
inline std::string gzip(const std::string& content) {
  const TemporaryFolder folder;
  const std::string path = folder / "content.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
  return read_file(path);
}

/// The message of the Error that `action` throws, or "" with a failure.
template <class Error, class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another error: " << error.what();
    return "";
  }
  ADD_FAILURE() << "no error";
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// 6 training and 3 test samples of 2 x 3 bytes counted up, labels 0 1 2 0 1 2 and 2 1 0.
struct SmallSet {
  std::string train_images = idx({6, 2, 3}, counted(36));
  std::string train_labels = idx({6}, std::string{0, 1, 2, 0, 1, 2});
  std::string test_images = idx({3, 2, 3}, counted(18));
  std::string test_labels = idx({3}, std::string{2, 1, 0});

  static std::string counted(int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes += static_cast<char>(i);
    return bytes;
  }
  void write(const std::string& folder) const {
    write_file(folder + "/train-images-idx3-ubyte", train_images);
    write_file(folder + "/train-labels-idx1-ubyte", train_labels);
    write_file(folder + "/t10k-images-idx3-ubyte", test_images);
    write_file(folder + "/t10k-labels-idx1-ubyte", test_labels);
  }
};

}  // namespace initbench::testing
