/// Merged tables as tests read them.
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/errors.h"
#include "report/merge.h"
#include "report/recorded_runs.h"

namespace initbench::testing {

using Row = std::map<std::string, std::string>;

inline std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells{""};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

class MergeTest : public RecordedRunsTest {
 protected:
  /// Rows by column name, in the order of the file. Quotes inside cells are dropped.
  static std::vector<Row> rows_of(const std::string& file) {
    std::istringstream lines(content_of(file));
    std::string line;
    std::getline(lines, line);
    const std::vector<std::string> header = cells_of(line);
    std::vector<Row> rows;
    while (std::getline(lines, line)) {
      const std::vector<std::string> cells = cells_of(line);
      EXPECT_EQ(cells.size(), header.size()) << line;
      Row row;
      for (std::size_t i = 0; i < header.size(); ++i) row[header[i]] = cells[i];
      rows.push_back(row);
    }
    return rows;
  }
  std::vector<Row> merged_rows() const { return rows_of(out() + "/merged/runs.csv"); }

  std::string merge_error() const {
    return message_of<DataError>([&] { merge_runs({.folder = out()}); });
  }
  std::string output_error() const {
    return message_of<OutputError>([&] { merge_runs({.folder = out()}); });
  }

  static void replace_in(const std::string& file, const std::string& old, const std::string& now) {
    std::string text = content_of(file);
    const std::size_t place = text.find(old);
    ASSERT_NE(place, std::string::npos) << old;
    write_text(file, text.replace(place, old.size(), now));
  }
};

}  // namespace initbench::testing
