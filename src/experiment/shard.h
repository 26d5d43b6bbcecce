/// `--shard I/N`: a part of a plan for one of N machines or tasks. The N parts are disjoint, cost
/// about the same, and depend on the plan alone, not on what is finished.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace initbench {

struct Shard {
  std::size_t index = 0;  // from 0
  std::size_t count = 1;
  bool operator==(const Shard&) const = default;
};

/// The value of an environment variable, or nullptr.
using Environment = std::function<const char*(const char* name)>;

/// "I/N", or "auto": from INITBENCH_SHARD (I/N), the variables of a Slurm array task, or
/// JOB_COMPLETION_INDEX of a Kubernetes Indexed Job with its number of completions in
/// INITBENCH_SHARDS. Throws ConfigError (place "--shard").
Shard parse_shard(std::string_view text, const Environment& environment);

/// Which entries of the plan are the shard's, in the plan's order: the dearest entry goes to the
/// part that is cheapest so far, and so on.
std::vector<std::size_t> entries_of(Shard shard, std::span<const double> costs);

}  // namespace initbench
