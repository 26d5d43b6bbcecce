#include "experiment/shard.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <queue>
#include <string>
#include <utility>

#include "base/errors.h"
#include "base/number.h"

namespace initbench {
namespace {

constexpr std::size_t kMostShards = 1'000'000;

[[noreturn]] void refuse(const std::string& message) { throw ConfigError("--shard", message); }

/// `origin` says for messages where the numbers are from.
Shard checked(std::size_t index, std::size_t count, const std::string& origin) {
  if (count == 0 || count > kMostShards) {
    refuse(origin + ": the number of shards is from 1 to " + std::to_string(kMostShards));
  }
  if (index >= count) {
    refuse(origin + ": there is no shard " + std::to_string(index) + " of " +
           std::to_string(count) + "; they count from 0 to " + std::to_string(count - 1));
  }
  return {.index = index, .count = count};
}

Shard parse_pair(std::string_view text, const std::string& origin) {
  const std::size_t slash = text.find('/');
  const auto index = number_of<std::size_t>(text.substr(0, slash));
  const auto count = slash == std::string_view::npos
                         ? std::nullopt
                         : number_of<std::size_t>(text.substr(slash + 1));
  if (!index || !count) {
    refuse(origin + ": expected I/N, such as 0/3, 1/3 or 2/3, or auto");
  }
  return checked(*index, *count, origin);
}

/// Reads whole numbers from environment variables.
class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  std::optional<std::string> text(const char* name) const {
    const char* const value = environment_(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  }
  /// Throws unless the variable is there and a whole number; `remedy` says what to do about it.
  std::size_t number(const char* name, const std::string& remedy) const {
    const std::optional<std::string> value = text(name);
    if (!value) refuse(std::string("auto: ") + name + " is not set; " + remedy);
    const std::optional<std::size_t> read = number_of<std::size_t>(*value);
    if (!read) refuse(std::string("auto: ") + name + "=" + *value + " is no whole number");
    return *read;
  }

 private:
  const Environment& environment_;
};

/// A task of `sbatch --array=MIN-MAX[:STEP]`.
Shard slurm_shard(const Variables& variables) {
  const std::string remedy = "it comes with sbatch --array=0-N";
  const std::size_t id = variables.number("SLURM_ARRAY_TASK_ID", remedy);
  const std::size_t first = variables.number("SLURM_ARRAY_TASK_MIN", remedy);
  const std::size_t last = variables.number("SLURM_ARRAY_TASK_MAX", remedy);
  const std::size_t count = variables.number("SLURM_ARRAY_TASK_COUNT", remedy);
  const std::size_t step = variables.text("SLURM_ARRAY_TASK_STEP")
                               ? variables.number("SLURM_ARRAY_TASK_STEP", remedy)
                               : 1;
  const bool even = step > 0 && first <= id && id <= last && (id - first) % step == 0 &&
                    (last - first) / step + 1 == count;
  if (!even) {
    refuse("auto: task " + std::to_string(id) + " of Slurm's array " + std::to_string(first) + "-" +
           std::to_string(last) + " with " + std::to_string(count) +
           " tasks: its ids are not evenly spaced; submit --array=0-N, or set "
           "INITBENCH_SHARD=I/N for each task");
  }
  return checked((id - first) / step, count, "auto, from Slurm's array");
}

Shard automatic_shard(const Environment& environment) {
  const Variables variables(environment);
  if (const auto given = variables.text("INITBENCH_SHARD")) {
    return parse_pair(*given, "INITBENCH_SHARD=" + *given);
  }
  if (variables.text("SLURM_ARRAY_TASK_ID")) return slurm_shard(variables);
  if (variables.text("JOB_COMPLETION_INDEX")) {
    const std::size_t index = variables.number("JOB_COMPLETION_INDEX", "");
    const std::size_t count = variables.number(
        "INITBENCH_SHARDS", "set it to the job's number of completions (spec.completions)");
    return checked(index, count, "auto, from JOB_COMPLETION_INDEX and INITBENCH_SHARDS");
  }
  refuse(
      "auto: no INITBENCH_SHARD (I/N), no SLURM_ARRAY_TASK_ID (a task of sbatch --array) and no "
      "JOB_COMPLETION_INDEX (a Kubernetes Indexed Job) in the environment; give --shard I/N");
}

}  // namespace

Shard parse_shard(std::string_view text, const Environment& environment) {
  if (text == "auto") return automatic_shard(environment);
  return parse_pair(text, std::string(text));
}

std::vector<std::size_t> entries_of(Shard shard, std::span<const double> costs) {
  std::vector<std::size_t> dearest_first(costs.size());
  std::iota(dearest_first.begin(), dearest_first.end(), std::size_t{0});
  std::stable_sort(dearest_first.begin(), dearest_first.end(),
                   [&](std::size_t a, std::size_t b) { return costs[a] > costs[b]; });
  using Part = std::pair<double, std::size_t>;  // cost so far, index: the lowest index of equals
  std::priority_queue<Part, std::vector<Part>, std::greater<>> parts;
  for (std::size_t index = 0; index < shard.count; ++index) parts.emplace(0.0, index);
  std::vector<std::size_t> entries;
  for (const std::size_t entry : dearest_first) {
    const auto [cost, index] = parts.top();
    parts.pop();
    parts.emplace(cost + costs[entry], index);
    if (index == shard.index) entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace initbench
