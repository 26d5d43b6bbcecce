#include "data/byte_stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/errors.h"

namespace initbench {
namespace {

constexpr std::size_t kInputBytes = std::size_t{1} << 18;
constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib: a gzip header and trailer are required

/// Size of a regular file, or a DataError that says what else it is.
std::uint64_t regular_file_size(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw DataError(path, "no such file; check the path");
  if (std::filesystem::is_directory(status)) {
    throw DataError(path, "is a directory, an IDX file was expected; name the file in it");
  }
  if (!std::filesystem::is_regular_file(status))
    throw DataError(path, "is not a regular file; name an IDX file");
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) throw DataError(path, "cannot be read: " + error.message());
  return size;
}

}  // namespace

void ByteStream::InflateEnder::operator()(z_stream* stream) const {
  inflateEnd(stream);
  delete stream;
}

ByteStream::ByteStream(std::string path)
    : path_(std::move(path)), file_size_(regular_file_size(path_)) {
  file_.reset(std::fopen(path_.c_str(), "rb"));
  if (!file_) throw DataError(path_, std::string("cannot be opened: ") + std::strerror(errno));
  std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // reads are large; a second copy would be waste
  std::array<std::uint8_t, 2> head{};
  const bool gzip = read_file(head) == 2 && head[0] == 0x1f && head[1] == 0x8b;
  std::rewind(file_.get());
  if (!gzip) return;
  input_.resize(kInputBytes);
  auto stream = std::make_unique<z_stream>();  // all zero: zlib's own allocator, no input yet
  if (inflateInit2(stream.get(), kGzipOnly) != Z_OK) throw std::bad_alloc();
  inflater_.reset(stream.release());
}

std::size_t ByteStream::read(std::span<std::uint8_t> out) {
  return inflater_ ? inflate_into(out) : read_file(out);
}

std::uint64_t ByteStream::skip_to_end() {
  std::vector<std::uint8_t> scratch(kInputBytes);
  std::uint64_t skipped = 0;
  while (const std::size_t count = read(scratch)) skipped += count;
  return skipped;
}

std::size_t ByteStream::read_file(std::span<std::uint8_t> out) {
  const std::size_t count = std::fread(out.data(), 1, out.size(), file_.get());
  if (count < out.size() && std::ferror(file_.get()) != 0) {
    throw DataError(path_, std::string("cannot be read: ") + std::strerror(errno));
  }
  return count;
}

bool ByteStream::refill() {
  if (inflater_->avail_in > 0) return true;
  inflater_->avail_in = static_cast<uInt>(read_file(input_));
  inflater_->next_in = input_.data();
  return inflater_->avail_in > 0;
}

bool ByteStream::next_member() {
  if (!refill()) return false;
  if (*inflater_->next_in != 0x1f) {
    throw DataError(path_, "has bytes after the end of its gzip stream; get the file again");
  }
  inflateReset(inflater_.get());
  return true;
}

std::size_t ByteStream::inflate_into(std::span<std::uint8_t> out) {
  std::size_t filled = 0;
  while (filled < out.size() && !ended_) {
    if (!refill()) {
      throw DataError(path_,
                      "its gzip stream ends too early, an incomplete download; get the "
                      "file again");
    }
    const std::size_t room = std::min<std::size_t>(out.size() - filled, std::size_t{1} << 30);
    inflater_->next_out = out.data() + filled;
    inflater_->avail_out = static_cast<uInt>(room);
    const int status = inflate(inflater_.get(), Z_NO_FLUSH);
    filled += room - inflater_->avail_out;
    if (status == Z_STREAM_END) {
      ended_ = !next_member();
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      const char* reason = inflater_->msg != nullptr ? inflater_->msg : "invalid data";
      throw DataError(path_, std::string("corrupt gzip (") + reason + "); get the file again");
    }
  }
  return filled;
}

}  // namespace initbench
