/// Columns of text that line up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace initbench {

enum class Align { left, right };

struct TextColumn {
  std::string_view header;
  Align align = Align::right;
  std::vector<std::string> cells;
};

/// The header's line, then one line per row, two spaces between columns, no trailing spaces. A
/// column without any text in its cells is left out. All columns have as many cells.
std::vector<std::string> aligned(const std::vector<TextColumn>& columns);

/// About four significant digits: "0.9996", "1.235e-05", "nan".
std::string short_number(double value);

}  // namespace initbench
