/// A whole table of cells in the formats that a command may print it in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/csv.h"

namespace initbench {

enum class TableFormat { text, csv, json, markdown };

/// Texts in it are views: not longer than the rows it was made from.
struct CellTable {
  std::vector<std::string_view> headers;
  std::vector<std::vector<CellValue>> rows;
};

template <class Row>
CellTable cell_table(std::span<const Column<Row>> columns, std::span<const Row> rows) {
  CellTable table;
  for (const Column<Row>& column : columns) table.headers.push_back(column.name);
  for (const Row& row : rows) {
    table.rows.emplace_back();
    for (const Column<Row>& column : columns) table.rows.back().push_back(column.value(row));
  }
  return table;
}

/// text: aligned, four digits, columns without content left out; markdown: four digits; csv:
/// shortest exact numbers; json: a list of objects, unknown cells null.
std::string formatted(const CellTable& table, TableFormat format);

/// The text with what would end a Markdown table's cell escaped.
std::string markdown_cell(std::string_view text);

}  // namespace initbench
