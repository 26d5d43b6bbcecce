/// Seeds as `--seeds` takes them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace initbench {

/// As in experiment/whole_ranges.h, from 0, each once. Throws ConfigError (place "--seeds").
std::vector<std::uint64_t> parse_seeds(std::string_view text);

}  // namespace initbench
