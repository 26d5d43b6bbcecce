/// The bytes of a file, decompressed when it is gzip. Content decides, not the name: browsers and
/// unpackers leave raw files called .gz and the other way round.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace initbench {

/// Throws DataError, with the file's path, when the file cannot be opened or read, is not a regular
/// file, or is damaged gzip.
class ByteStream {
 public:
  explicit ByteStream(std::string path);

  /// Fills `out` from the stream; fewer bytes only at the end of the content. The end of a gzip
  /// file is reached only after its checksum has been verified.
  std::size_t read(std::span<std::uint8_t> out);
  /// Reads to the end and returns the number of bytes that were left.
  std::uint64_t skip_to_end();

  const std::string& path() const { return path_; }
  bool compressed() const { return inflater_ != nullptr; }
  std::uint64_t file_size() const { return file_size_; }

 private:
  struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct InflateEnder {
    void operator()(z_stream* stream) const;
  };

  std::size_t read_file(std::span<std::uint8_t> out);
  std::size_t inflate_into(std::span<std::uint8_t> out);
  /// At the end of one gzip member: true if another follows, false at the end of the file.
  bool next_member();
  bool refill();

  std::string path_;
  std::unique_ptr<std::FILE, FileCloser> file_;
  std::uint64_t file_size_ = 0;
  std::unique_ptr<z_stream, InflateEnder> inflater_;
  std::vector<std::uint8_t> input_;  // compressed bytes, the inflater's next_in points into it
  bool ended_ = false;
};

}  // namespace initbench
