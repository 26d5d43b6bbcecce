#include <filesystem>
#include <fstream>

#include "base/errors.h"
#include "base/number.h"
#include "report/columns.h"
#include "report/run_directory.h"
#include "report/stored_run.h"

namespace initbench {
namespace {

using Cells = std::vector<std::string_view>;

/// The cells of a line; `curves.csv` has none that need quotes.
void split_cells(std::string_view line, Cells& cells) {
  cells.clear();
  while (true) {
    const std::size_t comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

/// A cell that may be empty: false when it is neither that nor a number.
bool read_cell(std::string_view cell, std::optional<double>& value) {
  value = number_of<double>(cell);
  return value.has_value() || cell.empty();
}

/// The row, or nothing when the line is not one. Cells are in the order of `curve_columns()`.
std::optional<CurvePoint> point_of(const Cells& cells) {
  if (cells.size() != curve_columns().size()) return std::nullopt;
  const auto step = number_of<std::int64_t>(cells[1]);
  const auto epoch = number_of<double>(cells[2]);
  const auto loss = number_of<double>(cells[4]);
  const bool is_test = cells[3] == "test";
  if (!step || !epoch || !loss || (!is_test && cells[3] != "train")) return std::nullopt;
  CurvePoint point{
      .step = *step, .epoch = *epoch, .split = is_test ? Split::test : Split::train, .loss = *loss};
  const bool are_numbers = read_cell(cells[5], point.accuracy) && read_cell(cells[6], point.lr) &&
                           read_cell(cells[7], point.grad_norm);
  return are_numbers ? std::optional(point) : std::nullopt;
}

}  // namespace

std::vector<CurvePoint> read_curves(const std::string& directory) {
  const std::string path = (std::filesystem::path(directory) / kCurvesFile).string();
  std::ifstream file(path, std::ios::binary);
  if (!file) throw DataError(path, "cannot be read");
  std::string line;
  std::getline(file, line);
  if (line + "\n" != csv_header(curve_columns())) {
    throw DataError(path, "does not begin with this version's columns; run it again with --force");
  }
  std::vector<CurvePoint> points;
  Cells cells;
  for (std::size_t number = 2; std::getline(file, line); ++number) {
    split_cells(line, cells);
    const std::optional<CurvePoint> point = point_of(cells);
    if (!point) {
      throw DataError(path, "line " + std::to_string(number) +
                                " is no row of losses; run it again with --force");
    }
    points.push_back(*point);
  }
  if (file.bad()) throw DataError(path, "could not be read to its end; try again");
  return points;
}

}  // namespace initbench
