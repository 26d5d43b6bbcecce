/// The table of a recommendation: one row per candidate, in its order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiment/recommendation.h"
#include "report/csv.h"

namespace initbench {

/// A ratio over seeds: geometric mean, and the factor of one geometric standard deviation.
struct RatioOverSeeds {
  std::optional<double> mean;
  std::optional<double> factor;  // of at least two seeds
};

/// A line of the table; texts live here.
struct RankedRow {
  const Assessment* assessment = nullptr;
  std::int64_t rank = 0;
  std::string verdict;
  std::string settings;  // "--set ..." as a shell takes it; the rate that it needs included
  std::string reason;
  RatioOverSeeds signal, gradient, gap;
  std::optional<Reading> nearest;
  double share = 0;
  double promise = 0;
};

/// Valid as long as the recommendation is.
std::vector<RankedRow> ranked_rows(const Recommendation& recommendation,
                                   const ExperimentConfig& config);

std::span<const Column<RankedRow>> recommendation_columns();

}  // namespace initbench
