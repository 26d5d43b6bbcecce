#include "experiment/recommendation.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <tuple>
#include <utility>

#include "base/errors.h"
#include "experiment/trial.h"
#include "probe/signal_path.h"

namespace initbench {
namespace {

class ProbeObserver : public Observer {
 public:
  ProbeObserver(const Thresholds& thresholds, InitProbe& probe)
      : thresholds_(thresholds), probe_(probe) {}

  void on_step(const StepView& view) override {
    const Snapshot snapshot = take_snapshot(view.step, view.network, view.tape, view.gradient);
    probe_ = {.outlook = measured_outlook(snapshot),
              .alignment = data_alignment(view.network, view.tape),
              .findings = diagnose(snapshot, thresholds_)};
  }

 private:
  const Thresholds& thresholds_;
  InitProbe& probe_;
};

/// What theory says of a candidate, the better the smaller. Where it is silent a candidate is taken
/// to be in the second quarter of the way to some threshold.
auto theory_key(const Assessment& assessment, const Thresholds& thresholds) {
  constexpr double kQuarter = 0.25;
  const Outlook& outlook = assessment.predicted.outlook;
  const bool is_known = outlook.signal && outlook.gradient;
  const double share = is_known ? nearest_condition(outlook, thresholds).share : kQuarter;
  return std::tuple(assessment.candidate.changes_network,
                    std::floor(std::min(share, 1.0) / kQuarter));
}

/// What probes say of a candidate, the better the smaller. Promises that differ by less than a
/// twentieth count as equal, so that the config as it is stays where nothing is much better.
auto probe_key(const Assessment& assessment, const Thresholds& thresholds) {
  constexpr double kEqual = 0.05;
  const bool is_healthy = assessment.is_healthy();
  const std::size_t unhealthy = assessment.probes.size() - assessment.healthy();
  return std::tuple(!is_healthy, assessment.candidate.changes_network, unhealthy,
                    -std::floor(assessment.promise(thresholds) / kEqual));
}

/// The seeds of all candidates, those of a candidate together.
std::vector<Trial> trials_of(const std::vector<Assessment>& assessments,
                             const std::vector<std::uint64_t>& seeds) {
  std::vector<Trial> trials;
  for (const Assessment& assessment : assessments) {
    for (const std::uint64_t seed : seeds) {
      trials.push_back({.config = assessment.candidate.config, .run_id = "", .swept = {}});
      trials.back().config.seed = seed;
    }
  }
  return trials;
}

/// Fills in the probes; false when `plan.stop` said so.
bool probe_all(std::vector<Assessment>& assessments, const ProbePlan& plan, DataCache& cache) {
  const std::vector<Trial> trials = trials_of(assessments, plan.seeds);
  std::vector<InitProbe> probes(trials.size());
  const auto work = [&](const Trial& trial, std::size_t index) {
    const DataCache::Lease data = cache.get(trial.config);
    probes[index] = probe_initialization(trial.config, *data);
  };
  const std::vector<TrialOutcome> outcomes = run_all(trials, plan.pool, work, plan.stop);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    Assessment& assessment = assessments[i / plan.seeds.size()];
    if (outcomes[i].finished) {
      assessment.probes.push_back(std::move(probes[i]));
      continue;
    }
    if (!outcomes[i].error) return false;  // stopped
    try {
      std::rethrow_exception(outcomes[i].error);
    } catch (const ConfigError& error) {
      // A calibration that could not reach what it promises; of the config itself it is an error.
      if (assessment.candidate.is_current) throw;
      assessment.failure = error.issues().front().message;
    }
  }
  for (Assessment& assessment : assessments) {
    if (!assessment.failure.empty()) assessment.probes.clear();
  }
  return true;
}

Assessment assessed(InitCandidate candidate, const Dataset& train_set) {
  const Forecast predicted = forecast(candidate.config, train_set);
  return {.candidate = std::move(candidate), .predicted = predicted};
}

std::size_t layers_with_norm(const ExperimentConfig& config, const Dataset& train_set) {
  const Network network = build_network(config, train_set);
  return static_cast<std::size_t>(
      std::count_if(network.layers().begin(), network.layers().end(),
                    [](const Layer& layer) { return layer.pre != layer.linear; }));
}

}  // namespace

InitProbe probe_initialization(const ExperimentConfig& config, const DataSplits& data) {
  InitProbe probe;
  ProbeObserver observer(config.diagnosis, probe);
  observe_initialization(config, data, observer);
  return probe;
}

std::size_t Assessment::healthy() const {
  return static_cast<std::size_t>(std::count_if(
      probes.begin(), probes.end(), [](const InitProbe& probe) { return probe.findings.empty(); }));
}

double Assessment::alignment() const {
  double sum = 0;
  for (const InitProbe& probe : probes) sum += probe.alignment.value_or(0);
  return probes.empty() ? 0 : sum / static_cast<double>(probes.size());
}

Nearest Assessment::nearest(const Thresholds& thresholds) const {
  Nearest worst;
  for (const InitProbe& probe : probes) {
    const Nearest nearest = nearest_condition(probe.outlook, thresholds);
    if (nearest.share > worst.share) worst = nearest;
  }
  return worst;
}

double Assessment::promise(const Thresholds& thresholds) const {
  return alignment() * std::max(0.0, 1 - nearest(thresholds).share / 2);
}

ExperimentConfig Recommendation::first_choice() const {
  const Assessment& best = ranked.front();
  ExperimentConfig config = best.candidate.config;
  if (lower_rate) config.train.optimizer.lr = *lower_rate;
  if (best.trained) config.train.optimizer.lr = best.trained->rate;
  return config;
}

std::vector<Assessment> ranked_by_theory(InitCandidates candidates, const ExperimentConfig& config,
                                         const Dataset& train_set) {
  std::vector<Assessment> assessments;
  for (InitCandidate& candidate : candidates.fit) {
    assessments.push_back(assessed(std::move(candidate), train_set));
  }
  std::stable_sort(assessments.begin(), assessments.end(),
                   [&](const Assessment& a, const Assessment& b) {
                     return theory_key(a, config.diagnosis) < theory_key(b, config.diagnosis);
                   });
  return assessments;
}

std::optional<Recommendation> recommend(const ExperimentConfig& config, const ProbePlan& plan,
                                        DataCache& cache) {
  Recommendation recommendation;
  {
    const DataCache::Lease data = cache.get(config);
    check_against_data(config, *data);
    InitCandidates candidates = init_candidates(config, data->train);
    recommendation.unfit = std::move(candidates.unfit);
    recommendation.kept = std::move(candidates.kept);
    recommendation.layers = config.inits.size();
    recommendation.norm_layers = layers_with_norm(config, data->train);
    for (InitCandidate& candidate : candidates.fit) {
      recommendation.ranked.push_back(assessed(std::move(candidate), data->train));
    }
  }
  if (!probe_all(recommendation.ranked, plan, cache)) return std::nullopt;
  std::stable_sort(recommendation.ranked.begin(), recommendation.ranked.end(),
                   [&](const Assessment& a, const Assessment& b) {
                     return probe_key(a, config.diagnosis) < probe_key(b, config.diagnosis);
                   });
  return recommendation;
}

}  // namespace initbench
