/// Names of folders that stand beside those of experiments.
#pragma once

#include <cstddef>
#include <string_view>

namespace initbench {

/// Of merged tables: no experiment may have its name.
inline constexpr const char* kMergedFolder = "merged";

/// Whether a folder's name is, or looks like, the id of a run: 16 hexadecimal digits.
inline bool is_run_id(std::string_view name) {
  constexpr std::size_t kDigits = 16;
  return name.size() == kDigits &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace initbench
