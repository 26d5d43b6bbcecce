/// A comparison as people and programs read it.
#pragma once

#include <string>

#include "report/cell_table.h"
#include "report/compare_runs.h"

namespace initbench {

inline constexpr const char* kSchemesFile = "compare.csv";
inline constexpr const char* kPairsFile = "compare_pairs.csv";

/// text: a table of schemes, a table of pairs and the findings in words, per metric and view;
/// markdown: the same; json: everything of compare.csv and compare_pairs.csv, and the words.
std::string comparison_text(const RunComparison& comparison, TableFormat format);

/// Writes compare.csv and compare_pairs.csv into the folder, each as a whole. Throws OutputError.
void write_comparison(const RunComparison& comparison, const std::string& folder);

}  // namespace initbench
