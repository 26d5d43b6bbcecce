#include "report/csv.h"

#include <array>
#include <charconv>
#include <cmath>

namespace initbench {
namespace {

template <class Number>
void append_number(Number number, std::string& line) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  line.append(text.data(), end);
}

struct AppendCell {
  std::string& line;

  void operator()(std::monostate) const {}
  void operator()(std::int64_t number) const { append_number(number, line); }
  void operator()(double number) const {
    if (std::isnan(number)) {
      line += "nan";  // to_chars may write -nan, whose sign means nothing
      return;
    }
    append_number(number, line);
  }
  void operator()(std::string_view text) const {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
      line += text;
      return;
    }
    line += '"';
    for (const char c : text) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
};

}  // namespace

CellValue cell_value(const std::optional<double>& number) {
  if (!number) return std::monostate{};
  return *number;
}

void append_cell(const CellValue& value, std::string& line) { std::visit(AppendCell{line}, value); }

std::string cell(const CellValue& value) {
  std::string text;
  append_cell(value, text);
  return text;
}

}  // namespace initbench
