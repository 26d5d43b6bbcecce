#include "report/cell_table.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <variant>

#include "report/json_number.h"
#include "report/text_table.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

std::string short_cell(const CellValue& value) {
  const double* number = std::get_if<double>(&value);
  if (number != nullptr) return short_number(*number);
  const std::string_view* text = std::get_if<std::string_view>(&value);
  return text != nullptr ? std::string(*text) : cell(value);  // quotes are CSV's
}

std::string as_text(const CellTable& table) {
  std::vector<TextColumn> columns;
  for (std::size_t i = 0; i < table.headers.size(); ++i) {
    TextColumn column{.header = std::string(table.headers[i]), .align = Align::right, .cells = {}};
    for (const auto& row : table.rows) {
      if (std::holds_alternative<std::string_view>(row[i])) column.align = Align::left;
      column.cells.push_back(short_cell(row[i]));
    }
    columns.push_back(std::move(column));
  }
  std::string text;
  for (const std::string& line : aligned(columns)) text.append(line).append("\n");
  return text;
}

std::string as_csv(const CellTable& table) {
  std::string text;
  const auto append_line = [&](const auto& cells) {
    bool first = true;
    for (const auto& value : cells) {
      if (!first) text += ',';
      append_cell(value, text);
      first = false;
    }
    text += '\n';
  };
  append_line(table.headers);
  for (const auto& row : table.rows) append_line(row);
  return text;
}

struct JsonCell {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(double number) const { return json_number(number); }
  Json operator()(std::int64_t number) const { return number; }
  Json operator()(std::string_view text) const { return text; }
};

std::string as_json(const CellTable& table) {
  Json list = Json::array();
  for (const auto& row : table.rows) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      object[std::string(table.headers[i])] = std::visit(JsonCell{}, row[i]);
    }
    list.push_back(std::move(object));
  }
  return list.dump(2) + "\n";
}

std::string as_markdown(const CellTable& table) {
  std::string text = "|";
  for (const std::string_view header : table.headers) text.append(" ").append(header).append(" |");
  text += "\n|";
  for (std::size_t i = 0; i < table.headers.size(); ++i) text += "---|";
  for (const auto& row : table.rows) {
    text += "\n|";
    for (const CellValue& value : row)
      text.append(" ").append(markdown_cell(short_cell(value))).append(" |");
  }
  return text + "\n";
}

}  // namespace

std::string markdown_cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string formatted(const CellTable& table, TableFormat format) {
  switch (format) {
    case TableFormat::text: return as_text(table);
    case TableFormat::csv: return as_csv(table);
    case TableFormat::json: return as_json(table);
    case TableFormat::markdown: return as_markdown(table);
  }
  throw std::logic_error("a format of tables without a writer");
}

}  // namespace initbench
