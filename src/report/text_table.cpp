#include "report/text_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/errors.h"
#include "experiment/json_text.h"

namespace initbench {
namespace {

constexpr int kSignificantDigits = 4;
constexpr std::size_t kGap = 2;

bool is_empty(const TextColumn& column) {
  return std::all_of(column.cells.begin(), column.cells.end(),
                     [](const std::string& cell) { return cell.empty(); });
}

/// Letters of UTF-8 text: its bytes but those that continue a letter.
std::size_t letters_in(std::string_view text) {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

std::size_t width_of(const TextColumn& column) {
  std::size_t width = letters_in(column.header);
  for (const std::string& cell : column.cells) width = std::max(width, letters_in(cell));
  return width;
}

void append_padded(std::string_view text, std::size_t width, Align align, std::string& line) {
  if (!line.empty()) line.append(kGap, ' ');
  const std::size_t padding = width - letters_in(text);
  if (align == Align::right) line.append(padding, ' ');
  line += text;
  if (align == Align::left) line.append(padding, ' ');
}

/// JSON text; a string without its quotes.
std::string plain_text(const std::string& json) {
  if (json.empty() || json.front() != '"') return json;
  return parse_json(json).root.get<std::string>();
}

}  // namespace

std::vector<std::string> aligned(const std::vector<TextColumn>& columns) {
  expects(!columns.empty(), "a table has columns");
  const std::size_t rows = columns.front().cells.size();
  std::vector<std::string> lines(rows + 1);
  for (const TextColumn& column : columns) {
    expects(column.cells.size() == rows, "columns of one length");
    if (is_empty(column)) continue;
    const std::size_t width = width_of(column);
    append_padded(column.header, width, column.align, lines[0]);
    for (std::size_t row = 0; row < rows; ++row) {
      append_padded(column.cells[row], width, column.align, lines[row + 1]);
    }
  }
  for (std::string& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  return lines;
}

ShownRows shown_rows(std::size_t count) {
  constexpr std::size_t kLongestTable = 40;
  constexpr std::size_t kShownAtEnds = 12;
  const bool is_long = count > kLongestTable;
  ShownRows shown{.rows = {}, .gap_after = is_long ? kShownAtEnds : 0};
  for (std::size_t i = 0; i < count; ++i) {
    if (is_long && i >= kShownAtEnds && i + kShownAtEnds < count) continue;
    shown.rows.push_back(i);
  }
  return shown;
}

std::vector<TextColumn> swept_columns(const std::vector<SweepPoint>& rows) {
  std::vector<TextColumn> columns;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (const Override& setting : rows[row]) {
      if (setting.path == "seed") continue;
      auto found = std::find_if(columns.begin(), columns.end(), [&](const TextColumn& column) {
        return column.header == setting.path;
      });
      if (found == columns.end()) {
        columns.push_back({setting.path, Align::left, std::vector<std::string>(rows.size())});
        found = columns.end() - 1;
      }
      found->cells[row] = plain_text(setting.value);
    }
  }
  return columns;
}

std::string setting_text(const SweepPoint& swept, std::string_view path) {
  for (const Override& setting : swept) {
    if (setting.path == path) return plain_text(setting.value);
  }
  return "";
}

std::string short_number(double value) {
  if (std::isnan(value)) return "nan";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::general, kSignificantDigits)
                       .ptr;
  return {text.data(), end};
}

}  // namespace initbench
