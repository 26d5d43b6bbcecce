#include "experiment/run_all.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/errors.h"
#include "experiment/config_json.h"
#include "nn/threads.h"

namespace initbench {
namespace {

/// The places of the trials, those of a seed together: they share synthetic data, which are then
/// generated once. What is there early holds every setting of a few seeds, and can be compared.
std::vector<std::size_t> in_order_of_seeds(std::span<const std::uint64_t> seeds) {
  std::map<std::uint64_t, std::vector<std::size_t>> by_seed;
  std::vector<std::uint64_t> distinct;  // in the order in which they first appear
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    std::vector<std::size_t>& places = by_seed[seeds[i]];
    if (places.empty()) distinct.push_back(seeds[i]);
    places.push_back(i);
  }
  std::vector<std::size_t> order;
  order.reserve(seeds.size());
  for (const std::uint64_t seed : distinct) {
    order.insert(order.end(), by_seed[seed].begin(), by_seed[seed].end());
  }
  return order;
}

}  // namespace

std::vector<TrialOutcome> run_all(std::span<const std::uint64_t> seeds, const PoolOptions& options,
                                  const PlacedWork& work, const std::function<bool()>& stop) {
  expects(options.jobs > 0 && options.threads > 0, "jobs and threads are positive");
  std::vector<TrialOutcome> outcomes(seeds.size());
  const std::vector<std::size_t> order = in_order_of_seeds(seeds);
  std::atomic<std::size_t> next = 0;
  const auto worker = [&]() noexcept {
    set_compute_threads(options.threads);
    while (!(stop && stop())) {
      const std::size_t turn = next++;
      if (turn >= order.size()) return;
      const std::size_t index = order[turn];
      try {
        work(index);
        outcomes[index].finished = true;
      } catch (...) {
        outcomes[index].error = std::current_exception();
      }
    }
  };
  const std::size_t workers = std::min(static_cast<std::size_t>(options.jobs), seeds.size());
  std::vector<std::jthread> pool;
  pool.reserve(workers);
  try {
    while (pool.size() < workers) pool.emplace_back(worker);
  } catch (const std::system_error&) {
    // The system gives no more threads; those that are there take over the other ones' trials.
    if (pool.empty()) {
      const int threads_before = compute_threads();
      worker();
      set_compute_threads(threads_before);
    }
  }
  pool.clear();  // waits for all
  return outcomes;
}

std::vector<TrialOutcome> run_all(std::span<const Trial> trials, const PoolOptions& options,
                                  const TrialWork& work, const std::function<bool()>& stop) {
  std::vector<std::uint64_t> seeds;
  seeds.reserve(trials.size());
  for (const Trial& trial : trials) seeds.push_back(trial.config.seed);
  const auto one = [&](std::size_t index) { work(trials[index], index); };
  return run_all(seeds, options, one, stop);
}

std::vector<TrialCost> check_plan(std::span<const PlannedRun> runs, const TrialReader& read,
                                  DataCache& cache) {
  std::map<std::string_view, TrialCost> known;  // by kind
  std::vector<ConfigIssue> issues;
  std::vector<TrialCost> costs;
  costs.reserve(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto [found, is_new] = known.try_emplace(runs[i].kind);
    if (is_new) {
      try {
        const Trial trial = read(i);
        const DataCache::Lease data = cache.get(trial.config);
        check_against_data(trial.config, *data);
        found->second = trial_cost(trial.config, build_network(trial.config, data->train), *data);
      } catch (const ConfigError& error) {
        for (const ConfigIssue& issue : error.issues()) {
          issues.push_back(
              {runs[i].name + ": " + issue.place,
               issue.message +
                   (runs[i].swept.empty() ? "" : " (first with " + text_of(runs[i].swept) + ")")});
        }
      }
    }
    costs.push_back(found->second);
  }
  if (!issues.empty()) throw ConfigError(std::move(issues));
  return costs;
}

std::vector<TrialCost> check_plan(std::span<const Trial> trials, DataCache& cache) {
  std::vector<PlannedRun> runs;
  for (const Trial& trial : trials) runs.push_back(planned_run(trial.config, trial.swept));
  return check_plan(
      runs, [&](std::size_t index) { return trials[index]; }, cache);
}

}  // namespace initbench
