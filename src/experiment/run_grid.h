/// The runs of a comparison by scheme, rate and seed, and the rate at which each scheme is seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "experiment/comparison.h"
#include "experiment/rate_choice.h"

namespace initbench {

using RunBySeed = std::map<std::uint64_t, const ComparedRun*>;

/// Valid while the runs are.
class RunGrid {
 public:
  RunGrid(std::span<const ComparedRun> runs, const ComparisonNames& names);

  std::size_t schemes() const { return cells_.size() / rates_; }
  std::size_t rates() const { return rates_; }
  std::size_t seeds() const { return seeds_.size(); }
  const RunBySeed& cell(std::size_t scheme, std::size_t rate) const {
    return cells_[scheme * rates_ + rate];
  }
  /// Whether every scheme has seeds enough in either half.
  bool can_be_halved() const;
  Seeds half_of(std::uint64_t seed) const {
    return place_of(seed) % 2 == 0 ? Seeds::even : Seeds::odd;
  }
  /// Its seeds are those of all schemes, rising.
  RateTable table(std::size_t scheme) const;

 private:
  std::size_t place_of(std::uint64_t seed) const;

  std::size_t rates_;
  std::vector<RunBySeed> cells_;
  std::vector<std::uint64_t> seeds_;  // rising
};

std::vector<double> scores_of(const RunBySeed& cell);

/// One run per seed of a scheme, and the rates that they were taken from.
struct ChosenRuns {
  RunBySeed runs;
  std::vector<std::size_t> rates;
};

ChosenRuns at_rate(const RunGrid& grid, std::size_t scheme, std::size_t rate);

/// Each half of the seeds at the rate that is best on the other half.
ChosenRuns at_rate_of_other_half(const RunGrid& grid, std::size_t scheme);

/// The rate that is best for all schemes together, the lowest of equals; none where no rate has
/// enough runs of all.
std::optional<std::size_t> common_rate(const RunGrid& grid);

}  // namespace initbench
