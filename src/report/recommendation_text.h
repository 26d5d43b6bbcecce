/// A recommendation as a table and in words.
#pragma once

#include <string>
#include <vector>

#include "experiment/recommendation.h"
#include "report/cell_table.h"

namespace initbench {

/// text: the table, why each stands where it does, what to `--set`; markdown: the table alone, with
/// every figure; json: the same with what cannot serve, and the answer.
std::string recommendation_text(const Recommendation& recommendation,
                                const ExperimentConfig& config, TableFormat format);

/// What a user should know besides the settings to try; each a line: that nothing is healthy or
/// trained, that the learning rate is too large, that a network change is part of it.
std::vector<std::string> warnings_of(const Recommendation& recommendation,
                                     const ExperimentConfig& config);

}  // namespace initbench
