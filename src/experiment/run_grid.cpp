#include "experiment/run_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/errors.h"

namespace initbench {
namespace {

constexpr std::size_t kFewestInAHalf = 2;  // seeds of a scheme, to choose by and to measure
constexpr double kNoRun = std::numeric_limits<double>::quiet_NaN();

/// What a rate is worth to all schemes: first the fewest that mostly fail there, then the mean of
/// the others' interquartile means.
struct CommonMerit {
  double working = 0;
  double mean = 0;
  auto operator<=>(const CommonMerit&) const = default;
};

/// Empty when a scheme has no runs at the rate, or too few.
std::optional<CommonMerit> common_merit(const RunGrid& grid, std::size_t rate) {
  CommonMerit merit;
  for (std::size_t scheme = 0; scheme < grid.schemes(); ++scheme) {
    const RunBySeed& cell = grid.cell(scheme, rate);
    if (!can_be_chosen(grid.table(scheme), rate)) return std::nullopt;
    const double score = merit_of(scores_of(cell)).interquartile_mean;
    if (!std::isfinite(score)) continue;
    merit.working += 1;
    merit.mean += score;
  }
  if (merit.working > 0) merit.mean /= merit.working;
  return merit;
}

}  // namespace

RunGrid::RunGrid(std::span<const ComparedRun> runs, const ComparisonNames& names)
    : rates_(names.rates.size()), cells_(names.schemes.size() * names.rates.size()) {
  for (const ComparedRun& run : runs) {
    const bool is_new =
        cells_.at(run.scheme * rates_ + run.rate).try_emplace(run.seed, &run).second;
    expects(is_new, "one run per scheme, rate and seed");
    seeds_.push_back(run.seed);
  }
  std::sort(seeds_.begin(), seeds_.end());
  seeds_.erase(std::unique(seeds_.begin(), seeds_.end()), seeds_.end());
}

bool RunGrid::can_be_halved() const {
  for (std::size_t scheme = 0; scheme < schemes(); ++scheme) {
    std::map<Seeds, std::set<std::uint64_t>> halves{{Seeds::even, {}}, {Seeds::odd, {}}};
    for (std::size_t rate = 0; rate < rates_; ++rate) {
      for (const auto& [seed, run] : cell(scheme, rate)) halves[half_of(seed)].insert(seed);
    }
    for (const auto& [half, seeds] : halves) {
      if (seeds.size() < kFewestInAHalf) return false;
    }
  }
  return true;
}

RateTable RunGrid::table(std::size_t scheme) const {
  RateTable table(rates_, std::vector<double>(seeds_.size(), kNoRun));
  for (std::size_t rate = 0; rate < rates_; ++rate) {
    for (const auto& [seed, run] : cell(scheme, rate)) table[rate][place_of(seed)] = run->score;
  }
  return table;
}

std::size_t RunGrid::place_of(std::uint64_t seed) const {
  return static_cast<std::size_t>(std::lower_bound(seeds_.begin(), seeds_.end(), seed) -
                                  seeds_.begin());
}

std::vector<double> scores_of(const RunBySeed& cell) {
  std::vector<double> scores;
  for (const auto& [seed, run] : cell) scores.push_back(run->score);
  return scores;
}

ChosenRuns at_rate(const RunGrid& grid, std::size_t scheme, std::size_t rate) {
  return {.runs = grid.cell(scheme, rate), .rates = {rate}};
}

ChosenRuns at_rate_of_other_half(const RunGrid& grid, std::size_t scheme) {
  const HalfRates rates = best_rates(grid.table(scheme));
  ChosenRuns chosen;
  for (const auto& [own, rate] :
       {std::pair{Seeds::even, rates.of_even}, {Seeds::odd, rates.of_odd}}) {
    for (const auto& [seed, run] : grid.cell(scheme, rate)) {
      if (grid.half_of(seed) == own) chosen.runs.emplace(seed, run);
    }
    if (std::find(chosen.rates.begin(), chosen.rates.end(), rate) == chosen.rates.end()) {
      chosen.rates.push_back(rate);
    }
  }
  std::sort(chosen.rates.begin(), chosen.rates.end());
  return chosen;
}

std::optional<std::size_t> common_rate(const RunGrid& grid) {
  std::optional<std::size_t> best;
  std::optional<CommonMerit> best_merit;
  for (std::size_t rate = 0; rate < grid.rates(); ++rate) {
    const std::optional<CommonMerit> merit = common_merit(grid, rate);
    if (!merit || (best && *merit <= *best_merit)) continue;
    best = rate;
    best_merit = merit;
  }
  return best;
}

}  // namespace initbench
