#include "report/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/errors.h"

namespace initbench {
namespace {

constexpr std::size_t kGatheredLimit = 1 << 16;
constexpr int kNewFileMode = 0666;  // less the user's umask

int open_or_throw(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, kNewFileMode);
  if (descriptor < 0) throw OutputError(path, "cannot be written: " + output_failure(errno));
  return descriptor;
}

}  // namespace

std::string output_failure(int error_number) {
  const std::string reason = std::generic_category().message(error_number);
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return reason + "; free some space, or choose another folder with --out";
    case EACCES:
    case EPERM:
    case EROFS: return reason + "; choose a folder that you may write with --out";
    case EISDIR: return reason + "; remove that folder, or choose another one with --out";
    default: return reason + "; choose another folder with --out";
  }
}

void write_fully(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw OutputError(path, "cannot be written: " + output_failure(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void synchronize(int descriptor, const std::string& path) {
  if (::fsync(descriptor) == 0) return;
  // EINVAL, EROFS and ENOTSUP: a pipe, a device, a file system that has nothing to wait for.
  if (errno == EINVAL || errno == EROFS || errno == ENOTSUP) return;
  throw OutputError(path, "cannot be written: " + output_failure(errno));
}

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)), descriptor_(open_or_throw(path_, O_WRONLY | O_CREAT | O_TRUNC)) {}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      gathered_(std::move(other.gathered_)),
      size_(other.size_),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(gathered_, other.gathered_);
  std::swap(size_, other.size_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void OutputFile::append(std::string_view text) {
  expects(descriptor_ >= 0, "the output file is open");
  gathered_ += text;
  size_ += static_cast<std::int64_t>(text.size());
  if (gathered_.size() >= kGatheredLimit) flush();
}

void OutputFile::flush() {
  write_fully(descriptor_, gathered_, path_);
  gathered_.clear();
}

void OutputFile::close() {
  if (descriptor_ < 0) return;
  flush();
  synchronize(descriptor_, path_);
  const int closing = std::exchange(descriptor_, -1);
  if (::close(closing) != 0 && errno != EINTR) {
    throw OutputError(path_, "cannot be written: " + output_failure(errno));
  }
}

void replace_file(const std::string& path, std::string_view content) {
  const std::string unfinished = path + ".tmp";
  OutputFile file(unfinished);
  file.append(content);
  file.close();
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    throw OutputError(path, "cannot be replaced: " + output_failure(errno));
  }
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const int descriptor = open_or_throw(folder, O_RDONLY | O_DIRECTORY);
  const int synchronized = ::fsync(descriptor);  // the new name; some file systems cannot: no harm
  static_cast<void>(synchronized);
  ::close(descriptor);
}

}  // namespace initbench
