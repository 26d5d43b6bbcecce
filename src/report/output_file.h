/// A file being written, with every error noticed: what cannot be written completely is an
/// OutputError that names the path, never a file that is silently short.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace initbench {

/// Creates or empties the file at once, so that a path that cannot be written fails early. Text is
/// gathered in memory until `flush`. Only `close` makes the content complete and reports the last
/// errors; the destructor merely lets go.
class OutputFile {
 public:
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;

  void append(std::string_view text);
  /// Hands the gathered text to the operating system, for who reads along.
  void flush();
  /// Flushes, waits until the content is on the disk, and closes.
  void close();

  const std::string& path() const { return path_; }
  /// Bytes appended so far.
  std::int64_t size() const { return size_; }

 private:
  std::string path_;
  std::string gathered_;
  std::int64_t size_ = 0;
  int descriptor_ = -1;
};

/// Writes all of the text to an open file; `path` is for the message.
void write_fully(int descriptor, std::string_view text, const std::string& path);

/// Waits until the file's content is on the disk; `path` is for the message.
void synchronize(int descriptor, const std::string& path);

/// Replaces the file as a whole: whoever reads it, even after a crash, finds the old content or the
/// new one.
void replace_file(const std::string& path, std::string_view content);

/// "No space left on device; free some space or choose another --out": the reason in words and the
/// remedy.
std::string output_failure(int error_number);

}  // namespace initbench
