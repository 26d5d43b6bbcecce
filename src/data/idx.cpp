#include "data/idx.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/errors.h"
#include "data/byte_stream.h"

namespace initbench {
namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;
// Deflate cannot compress better than this (a 258-byte match in two bits): bounds what a gzip file
// of known size can hold.
constexpr std::uint64_t kDeflateLimit = 1032;

/// What a file that is not IDX probably is, with the remedy.
std::string foreign_content(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);  // a byte order mark
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && head[start] == '<') {
    return "looks like HTML, a failed download; delete it and get the file again";
  }
  if (head.starts_with("version https://git-lfs")) {
    return "is a Git LFS pointer, not the data; run git lfs pull";
  }
  if (head.starts_with("PK\x03\x04")) return "is a ZIP archive; unpack it first";
  if (head.starts_with("\x1F\x8B")) return "is gzip inside gzip; unpack it once";
  return "is not an IDX file: it does not start with two zero bytes, the element type and the "
         "number of dimensions";
}

std::uint64_t big_endian(std::span<const std::uint8_t, 4> bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

/// Product of the dimensions, or nothing when it is beyond any file (2^48 bytes).
std::optional<std::uint64_t> content_bytes(const std::vector<Index>& dims) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 48;
  std::uint64_t product = 1;
  for (const Index dim : dims) {
    const auto factor = static_cast<std::uint64_t>(dim);
    if (factor != 0 && product > kLimit / factor) return std::nullopt;
    product *= factor;
  }
  return product;
}

struct Header {
  std::vector<Index> dims;
  std::uint64_t content = 0;  // bytes that follow the header
};

[[noreturn]] void throw_truncated(const ByteStream& stream, const std::string& expected) {
  throw DataError(stream.path(), "is truncated: " + expected + "; get the file again");
}

/// Compares what the header announces with what the file can hold, before anything is allocated.
void check_size(const ByteStream& stream, const Header& header, std::uint64_t header_bytes) {
  const std::uint64_t expected = header_bytes + header.content;
  const std::uint64_t size = stream.file_size();
  if (stream.compressed()) {
    if (header.content / kDeflateLimit <= size) return;
    throw_truncated(stream, "its header announces " + std::to_string(expected) +
                                " bytes, more than " + std::to_string(size) +
                                " compressed bytes can hold");
  }
  if (size < expected) {
    throw_truncated(stream, "its header announces " + std::to_string(expected) +
                                " bytes, the file has " + std::to_string(size));
  }
  if (size > expected) {
    throw DataError(stream.path(), "has " + std::to_string(size - expected) +
                                       " trailing bytes more than its header announces; get the "
                                       "file again");
  }
}

Header read_header(ByteStream& stream) {
  const std::string& path = stream.path();
  if (stream.file_size() == 0) throw DataError(path, "is empty; get the file again");
  // Long enough to recognize other formats; IDX headers of up to four dimensions are 20 bytes.
  std::array<std::uint8_t, 4> magic{};
  const std::size_t count = stream.read(magic);
  const bool is_idx = std::ranges::all_of(std::span(magic).first(std::min<std::size_t>(count, 2)),
                                          [](std::uint8_t byte) { return byte == 0; });
  if (!is_idx) {
    std::array<std::uint8_t, 60> more{};
    const std::size_t rest = count == magic.size() ? stream.read(more) : 0;
    std::string head(magic.begin(), magic.begin() + static_cast<std::ptrdiff_t>(count));
    head.append(more.begin(), more.begin() + static_cast<std::ptrdiff_t>(rest));
    throw DataError(path, foreign_content(head));
  }
  if (count < magic.size()) throw_truncated(stream, "an IDX header has at least 8 bytes");
  if (magic[2] != kUnsignedByte) {
    throw DataError(path, "holds elements of IDX type " + std::to_string(magic[2]) +
                              "; only unsigned bytes (type 8) are read, convert the file");
  }
  if (magic[3] < 1 || magic[3] > 4) {
    throw DataError(path, "announces " + std::to_string(magic[3]) +
                              " dimensions; labels have 1, inputs 2 to 4");
  }
  Header header;
  for (int i = 0; i < magic[3]; ++i) {
    std::array<std::uint8_t, 4> bytes{};
    if (stream.read(bytes) < bytes.size()) {
      throw_truncated(stream, "it ends inside its header of " +
                                  std::to_string(4 + 4 * int{magic[3]}) + " bytes");
    }
    header.dims.push_back(static_cast<Index>(big_endian(bytes)));
  }
  const std::optional<std::uint64_t> content = content_bytes(header.dims);
  if (!content) {
    throw DataError(path, "announces absurd dimensions, its header is damaged; get the file again");
  }
  if (*content == 0)
    throw DataError(path, "holds no data: one of its dimensions is 0; get the file again");
  header.content = *content;
  check_size(stream, header, 4 + 4 * std::uint64_t{magic[3]});
  return header;
}

/// The next `count` bytes. A damaged gzip header may announce far more than there is, so memory
/// grows with what really comes; a sound file is read in one piece.
std::vector<std::uint8_t> read_content(ByteStream& stream, std::uint64_t count) {
  constexpr std::uint64_t kUsualRatio = 8;
  const std::uint64_t plausible =
      stream.compressed() ? std::max<std::uint64_t>(stream.file_size() * kUsualRatio, 4096) : count;
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < count) {
    const std::size_t filled = bytes.size();
    bytes.resize(std::min<std::uint64_t>(count, std::max<std::uint64_t>(plausible, 2 * filled)));
    const std::size_t got = stream.read(std::span(bytes).subspan(filled));
    if (filled + got < bytes.size()) {
      throw_truncated(stream, "its content ends after " + std::to_string(filled + got) + " bytes");
    }
  }
  return bytes;
}

}  // namespace

std::vector<Index> read_idx_dims(const std::string& path) {
  ByteStream stream(path);
  return read_header(stream).dims;
}

IdxArray read_idx(const std::string& path, std::optional<Index> max_items) {
  ByteStream stream(path);
  const Header header = read_header(stream);
  const auto items = static_cast<std::uint64_t>(header.dims[0]);
  const std::uint64_t wanted =
      max_items ? std::min(items, static_cast<std::uint64_t>(*max_items)) : items;
  IdxArray array{.dims = header.dims,
                 .bytes = read_content(stream, header.content / items * wanted)};
  if (stream.compressed()) {
    const std::uint64_t rest = stream.skip_to_end();
    const std::uint64_t expected = header.content - array.bytes.size();
    if (rest < expected) {
      throw_truncated(stream, "its content ends " + std::to_string(expected - rest) +
                                  " bytes before what its header announces");
    }
    if (rest > expected) {
      throw DataError(path, "has " + std::to_string(rest - expected) +
                                " trailing bytes more than its header announces; get the file "
                                "again");
    }
  }
  return array;
}

}  // namespace initbench
