/// Whole files, read at once.
#pragma once

#include <optional>
#include <string>

namespace initbench {

/// The bytes of a regular file, or nothing when there is none of that name. Throws DataError for
/// anything else of that name, and for a file that is there but cannot be read: that is not the
/// same as none.
std::optional<std::string> content_of_file(const std::string& path);

}  // namespace initbench
