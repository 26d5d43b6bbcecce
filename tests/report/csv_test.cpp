#include "report/csv.h"

#include <gtest/gtest.h>

#include <array>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <locale>
#include <random>

namespace initbench {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Cell, OfANumberIsTheShortestTextThatReadsBackEqual) {
  EXPECT_EQ(cell(0.1), "0.1");
  EXPECT_EQ(cell(1.0), "1");
  EXPECT_EQ(cell(0.0), "0");
  EXPECT_EQ(cell(-2.5), "-2.5");
  EXPECT_EQ(cell(1e-7), "1e-07");
  EXPECT_EQ(cell(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(cell(5e-324), "5e-324");
  EXPECT_EQ(cell(1.7976931348623157e308), "1.7976931348623157e+308");
}

TEST(Cell, OfAnyNumberReadsBackEqual) {
  std::mt19937_64 bits(7);
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t pattern = bits();
    double number = 0;
    static_assert(sizeof(number) == sizeof(pattern));
    std::memcpy(&number, &pattern, sizeof(number));
    if (!std::isfinite(number)) continue;
    EXPECT_EQ(std::strtod(cell(number).c_str(), nullptr), number);
  }
}

TEST(Cell, NamesWhatIsNotFinite) {
  EXPECT_EQ(cell(kNan), "nan");
  EXPECT_EQ(cell(-kNan), "nan");
  EXPECT_EQ(cell(kInfinity), "inf");
  EXPECT_EQ(cell(-kInfinity), "-inf");
}

TEST(Cell, OfTheUnknownIsEmptyAndNotZero) {
  EXPECT_EQ(cell(std::monostate{}), "");
  EXPECT_EQ(cell(cell_value(std::nullopt)), "");
  EXPECT_EQ(cell(cell_value(0.0)), "0");
}

TEST(Cell, OfAWholeNumberHasAllItsDigits) {
  EXPECT_EQ(cell(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(cell(std::int64_t{1000000}), "1000000");
}

TEST(Cell, QuotesTextAsRfc4180Says) {
  EXPECT_EQ(cell("dense1"), "dense1");
  EXPECT_EQ(cell("a,b"), "\"a,b\"");
  EXPECT_EQ(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(cell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(cell("old\rmac"), "\"old\rmac\"");
}

/// A locale that writes 1.234,5; it needs nothing installed.
struct CommaPunctuation : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Cell, DoesNotDependOnTheLocale) {
  const std::locale before = std::locale::global(std::locale(std::locale(), new CommaPunctuation));
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(cell(1234.5), "1234.5");
  EXPECT_EQ(cell(std::int64_t{1234567}), "1234567");
  std::setlocale(LC_ALL, "C");
  std::locale::global(before);
}

struct Point {
  double x;
  std::string_view name;
};

TEST(CsvRow, FollowsItsColumnTable) {
  constexpr std::array columns{
      Column<Point>{"name", "", [](const Point& p) -> CellValue { return p.name; }},
      Column<Point>{"x", "", [](const Point& p) -> CellValue { return p.x; }}};
  const std::span<const Column<Point>> table = columns;
  std::string text = csv_header(table);
  append_csv_row(table, Point{0.5, "a,b"}, text);
  append_csv_row(table, Point{kNan, ""}, text);
  EXPECT_EQ(text, "name,x\n\"a,b\",0.5\n,nan\n");
}

}  // namespace
}  // namespace initbench
