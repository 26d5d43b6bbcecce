/// A file being written, with every error noticed: what cannot be written completely is an
/// OutputError that names the path, never a file that is silently short.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace initbench {

inline constexpr int kNewFileMode = 0666;  // less the user's umask

/// How far a file is written, and a hash of what it holds until there.
struct FileMark {
  std::int64_t size = 0;
  std::uint64_t hash = kEmptyHash;
  bool operator==(const FileMark&) const = default;
};

/// Whether the file is there and begins with what the mark was made of.
bool begins_as(const std::string& path, const FileMark& mark);

/// Creates or empties the file at once, so that a path that cannot be written fails early. Text is
/// gathered in memory until `flush`. Only `close` makes the content complete and reports the last
/// errors; the destructor merely lets go.
class OutputFile {
 public:
  explicit OutputFile(std::string path);
  /// Goes on with a file that `begins_as` the mark: what comes after it is cut off.
  OutputFile(std::string path, const FileMark& mark);
  ~OutputFile();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;

  void append(std::string_view text);
  /// Hands the gathered text to the operating system, for who reads along.
  void flush();
  /// Flushes, and waits until the content is on the disk.
  void synchronize();
  /// Flushes, waits until the content is on the disk, and closes.
  void close();

  const std::string& path() const { return path_; }
  /// Of everything appended so far.
  const FileMark& mark() const { return mark_; }

 private:
  std::string path_;
  std::string gathered_;
  FileMark mark_;
  int descriptor_ = -1;
};

/// Writes all of the text to an open file; `path` is for the message.
void write_fully(int descriptor, std::string_view text, const std::string& path);

/// Waits until the file's content is on the disk; `path` is for the message.
void synchronize(int descriptor, const std::string& path);

/// Waits until the names in the folder of the file (or folder) are on the disk, so that a new one
/// is found after a power failure, too. Some file systems cannot: no harm.
void synchronize_folder_of(const std::string& path);

/// Replaces the file as a whole: whoever reads it, even after a crash, finds the old content or the
/// new one. When it fails the old one stays. What a crash left of an earlier attempt is
/// overwritten.
void replace_file(const std::string& path, std::string_view content);

/// Removes a file, and what a crash left of an attempt to replace it. Neither need be there.
void remove_file(const std::string& path);

/// "No space left on device; free some space there": the reason in words and the remedy, which
/// holds whatever command has chosen the folder.
std::string output_failure(int error_number);

}  // namespace initbench
