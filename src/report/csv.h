/// The text of one CSV cell, and rows of them: RFC 4180, LF, the same bytes whatever the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace initbench {

/// What a cell holds; monostate is unknown and becomes an empty cell.
using CellValue = std::variant<std::monostate, double, std::int64_t, std::string_view>;

/// A number, or unknown.
CellValue cell_value(const std::optional<double>& number);

/// Appends the cell's text to a line. Numbers are the shortest text that reads back equal
/// (std::to_chars), or nan, inf, -inf; text is quoted when it holds a comma, a quote or a line
/// break.
void append_cell(const CellValue& value, std::string& line);
std::string cell(const CellValue& value);

/// One column of a file: its header, what it means, and its cell of a row. A file is a table of
/// these, so that header, cells and documentation cannot disagree.
template <class Row>
struct Column {
  std::string_view name;
  std::string_view documentation;
  CellValue (*value)(const Row&);
};

template <class Row>
std::string csv_header(std::span<const Column<Row>> columns) {
  std::string line;
  for (const Column<Row>& column : columns) {
    if (!line.empty()) line += ',';
    append_cell(column.name, line);
  }
  return line += '\n';
}

/// Appends the row with its line feed.
template <class Row>
void append_csv_row(std::span<const Column<Row>> columns, const Row& row, std::string& text) {
  bool first = true;
  for (const Column<Row>& column : columns) {
    if (!first) text += ',';
    append_cell(column.value(row), text);
    first = false;
  }
  text += '\n';
}

}  // namespace initbench
