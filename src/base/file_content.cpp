#include "base/file_content.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/errors.h"

namespace initbench {

std::optional<std::string> content_of_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return std::nullopt;
  if (!error && !std::filesystem::is_regular_file(status)) {
    throw DataError(path, "is not a file; move it away, or name a file");
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  std::string bytes(file && size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  file.seekg(0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) {
    const std::string reason = errno == 0 ? "unreadable" : std::strerror(errno);
    throw DataError(path, "cannot be read: " + reason + "; make it readable, or move it away");
  }
  return bytes;
}

}  // namespace initbench
