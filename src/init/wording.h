/// Numbers and lists as messages show them.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace initbench {

/// Shortest text that reads back equal.
std::string number_text(double number);

/// "a, b or c" with `conjunction` "or".
std::string listed(std::span<const std::string_view> names, std::string_view conjunction);

}  // namespace initbench
