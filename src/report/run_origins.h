/// Where runs that are read together come from: what must be the same in all of them, and what is
/// worth a remark when it is not.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "report/stored_run.h"

namespace initbench {

/// "a, b, c and 7 more".
std::string listed(const std::vector<std::string>& names);

class RunOrigins {
 public:
  /// Throws DataError when the run is of another version than the first one.
  void add(const StoredRun& run);
  /// A sentence for processors, builds and numbers of threads, each where there are several.
  std::vector<std::string> remarks() const;

 private:
  std::string version_;
  std::string first_;  // its folder
  std::set<std::string> processors_;
  std::set<std::string> builds_;
  std::set<std::string> threads_;
};

}  // namespace initbench
