/// Columns of text that line up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiment/sweep.h"

namespace initbench {

enum class Align { left, right };

struct TextColumn {
  std::string header;
  Align align = Align::right;
  std::vector<std::string> cells;
};

/// The header's line, then one line per row, two spaces between columns, no trailing spaces. A
/// column without any text in its cells is left out. All columns have as many cells.
std::vector<std::string> aligned(const std::vector<TextColumn>& columns);

/// Of a long table, the rows that are shown, and after how many of them the middle is missing (0:
/// nowhere).
struct ShownRows {
  std::vector<std::size_t> rows;
  std::size_t gap_after = 0;
};
ShownRows shown_rows(std::size_t count);

/// The rows of a table that have settings of a sweep: a column per path, in the order in which
/// paths first appear; cells of rows without the path are empty. "seed" is left to the caller.
std::vector<TextColumn> swept_columns(const std::vector<SweepPoint>& rows);

/// What a run sets at a path, as text: strings without quotes, else JSON; empty when it sets
/// nothing there.
std::string setting_text(const SweepPoint& swept, std::string_view path);

/// About four significant digits: "0.9996", "1.235e-05", "nan".
std::string short_number(double value);

}  // namespace initbench
