#include "report/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/errors.h"

namespace initbench {
namespace {

constexpr std::size_t kGatheredLimit = 1 << 16;

/// A file being replaced is written under this name first.
std::string unfinished(const std::string& path) { return path + ".tmp"; }

int open_or_throw(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, kNewFileMode);
  if (descriptor < 0) throw OutputError(path, "cannot be written: " + output_failure(errno));
  return descriptor;
}

void close_or_throw(int descriptor, const std::string& path) {
  if (::close(descriptor) == 0 || errno == EINTR) return;
  throw OutputError(path, "cannot be written: " + output_failure(errno));
}

/// A new file with this content, on the disk.
void write_file(const std::string& path, std::string_view content) {
  const int descriptor = open_or_throw(path, O_WRONLY | O_CREAT | O_TRUNC);
  try {
    write_fully(descriptor, content, path);
    synchronize(descriptor, path);
  } catch (...) {
    ::close(descriptor);
    ::unlink(path.c_str());  // gives its space back
    throw;
  }
  close_or_throw(descriptor, path);
}

}  // namespace

bool begins_as(const std::string& path, const FileMark& mark) {
  std::ifstream file(path, std::ios::binary);
  std::string chunk(kGatheredLimit, '\0');
  FileMark found;
  while (file && found.size < mark.size) {
    const auto wanted = std::min(static_cast<std::int64_t>(chunk.size()), mark.size - found.size);
    file.read(chunk.data(), static_cast<std::streamsize>(wanted));
    const std::int64_t size = file.gcount();
    found.size += size;
    found.hash =
        fnv1a(std::string_view(chunk).substr(0, static_cast<std::size_t>(size)), found.hash);
  }
  return found == mark && file.is_open();
}

std::string output_failure(int error_number) {
  const std::string reason = std::generic_category().message(error_number);
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return reason + "; free some space there, or work in a folder elsewhere";
    case EACCES:
    case EPERM:
    case EROFS: return reason + "; make the folder writable, or work in another one";
    case EISDIR: return reason + "; move that folder away";
    default: return reason + "; work in another folder if this one cannot be mended";
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

void synchronize_folder_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const int descriptor = open_or_throw(folder, O_RDONLY | O_DIRECTORY);
  const int synchronized = ::fsync(descriptor);
  static_cast<void>(synchronized);
  ::close(descriptor);
}

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)), descriptor_(open_or_throw(path_, O_WRONLY | O_CREAT | O_TRUNC)) {}

OutputFile::OutputFile(std::string path, const FileMark& mark)
    : path_(std::move(path)), mark_(mark), descriptor_(open_or_throw(path_, O_WRONLY)) {
  if (::ftruncate(descriptor_, mark.size) == 0 && ::lseek(descriptor_, 0, SEEK_END) >= 0) return;
  const int failure = errno;
  ::close(descriptor_);
  throw OutputError(path_, "cannot be written: " + output_failure(failure));
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      gathered_(std::move(other.gathered_)),
      mark_(other.mark_),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(gathered_, other.gathered_);
  std::swap(mark_, other.mark_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void OutputFile::append(std::string_view text) {
  expects(descriptor_ >= 0, "the output file is open");
  gathered_ += text;
  mark_.size += static_cast<std::int64_t>(text.size());
  mark_.hash = fnv1a(text, mark_.hash);
  if (gathered_.size() >= kGatheredLimit) flush();
}

void OutputFile::flush() {
  write_fully(descriptor_, gathered_, path_);
  gathered_.clear();
}

void OutputFile::synchronize() {
  flush();
  initbench::synchronize(descriptor_, path_);
}

void OutputFile::close() {
  if (descriptor_ < 0) return;
  synchronize();
  close_or_throw(std::exchange(descriptor_, -1), path_);
}

void replace_file(const std::string& path, std::string_view content) {
  const std::string written = unfinished(path);
  write_file(written, content);
  if (std::rename(written.c_str(), path.c_str()) != 0) {
    const int failure = errno;
    ::unlink(written.c_str());
    throw OutputError(path, "cannot be replaced: " + output_failure(failure));
  }
  synchronize_folder_of(path);
}

void remove_file(const std::string& path) {
  for (const std::string& name : {path, unfinished(path)}) {
    std::error_code error;
    std::filesystem::remove(name, error);
    if (error) throw OutputError(name, "cannot be removed: " + output_failure(error.value()));
  }
}

}  // namespace initbench
