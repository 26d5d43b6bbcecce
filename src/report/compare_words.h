/// A comparison in words: who is better, by how much, how sure, or that these runs cannot tell.
#pragma once

#include <string>
#include <vector>

#include "report/compare_runs.h"

namespace initbench {

/// "Each scheme at its best train.lr, chosen for each half of the seeds on the other half".
std::string view_title(const RunComparison& comparison, const ComparisonView& view);

/// What the view says, a sentence each: pairs with the best scheme or the baseline, then how many
/// of the others tell, then what to beware of.
std::vector<std::string> findings(const RunComparison& comparison, const MetricComparison& metric,
                                  const ComparisonView& view);

}  // namespace initbench
