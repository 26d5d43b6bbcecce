/// What the plans of a comparison's folders ask for, beside what is there: a scheme half of whose
/// runs are missing must not look complete.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "report/compare_names.h"
#include "report/compare_reading.h"

namespace initbench {

/// Finds out what became of every planned run, once all runs are read and named.
class PlanCensus {
 public:
  void note_unfinished(const std::string& run_id) { unfinished_.insert(run_id); }
  /// A run that the request does not ask for.
  void note_filtered(const std::string& run_id, const std::string& name) {
    filtered_.insert(run_id);
    filtered_names_.insert(name);
  }

  /// Of the planned runs that are asked for. Empty when the folders have no plan.
  PlannedByScheme count(const CompareRequest& request, const std::vector<RunRecord>& runs,
                        const RunNaming& naming,
                        const std::function<bool(const PlannedRun&)>& is_asked_for) const;

 private:
  std::set<std::string> unfinished_;
  std::set<std::string> filtered_;
  std::set<std::string> filtered_names_;
};

/// What a reader must know of it: empty when nothing is missing.
std::string missing_text(const PlannedByScheme& planned);

}  // namespace initbench
