/// A recommendation as a table and in words.
#pragma once

#include <string>

#include "experiment/recommendation.h"
#include "report/cell_table.h"

namespace initbench {

/// text: the table, why each stands where it does, what to `--set`; the other formats: the table
/// alone, with every figure.
std::string recommendation_text(const Recommendation& recommendation,
                                const ExperimentConfig& config, TableFormat format);

}  // namespace initbench
