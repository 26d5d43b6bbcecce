/// What the choice of rates owes to luck, in the figures of a view: as if the rates had been given,
/// p and intervals would be too small.
#pragma once

#include <vector>

#include "experiment/comparison.h"
#include "experiment/rate_luck.h"
#include "experiment/run_grid.h"

namespace initbench {

class ChoiceAccount {
 public:
  ChoiceAccount(const RunGrid& grid, RateChoice choice);

  /// Widens the intervals, or takes them away where rates were chosen on the same seeds.
  void apply(SchemeResult& result) const;
  /// Likewise; and p is that of the interval, or of exchanges where there is none.
  void apply(SchemePair& pair) const;

 private:
  bool is_halved_;
  bool is_chosen_;
  SeedDraws draws_;
  std::vector<RateTable> tables_;
  std::vector<RedrawnScheme> redrawn_;
};

}  // namespace initbench
