#include "experiment/recommendation.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <tuple>
#include <utility>

#include "base/errors.h"
#include "experiment/sample_statistics.h"
#include "experiment/trial.h"
#include "probe/signal_path.h"
#include "theory/weight_scale.h"

namespace initbench {
namespace {

class ProbeObserver : public Observer {
 public:
  ProbeObserver(const Thresholds& thresholds, InitProbe& probe)
      : thresholds_(thresholds), probe_(probe) {}

  void on_step(const StepView& view) override {
    const Snapshot snapshot = take_snapshot(view.step, view.network, view.tape, view.gradient);
    Diagnosis diagnosis = examine(snapshot, thresholds_);
    probe_.readings = std::move(diagnosis.readings);
    probe_.findings = std::move(diagnosis.findings);
    probe_.alignment = data_alignment(view.network, view.tape);
  }

 private:
  const Thresholds& thresholds_;
  InitProbe& probe_;
};

double to_hundredths(double value) { return std::round(value * 100); }

/// The better the smaller. What differs by less than a hundredth keeps the table's order.
auto rank_key(const Assessment& assessment) {
  const bool is_healthy = assessment.is_healthy();
  return std::tuple(!is_healthy, is_healthy && assessment.predicted.is_bad(),
                    assessment.candidate.changes_network(),
                    to_hundredths(is_healthy ? -assessment.promise() : assessment.share()));
}

/// Whether changing from the config as it is to another initialization is not worth it.
bool is_good_enough(const Assessment& present, const Assessment& best) {
  if (!present.is_healthy()) return false;
  if (present.promise() >= kEnoughPromise) return true;
  std::vector<double> gains;
  for (std::size_t i = 0; i < present.probes.size(); ++i) {
    gains.push_back(best.promise(best.probes[i]) - present.promise(present.probes[i]));
  }
  const SampleStatistics gain = sample_statistics(gains);
  return gain.mean.value_or(0) <= std::max(kEqualPromise, gain.deviation.value_or(0));
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

/// Why a candidate cannot be drawn: a calibration does not reach what it promises. Of the config
/// itself that is an error.
UnfitCandidate failed(const InitCandidate& candidate, std::uint64_t seed,
                      const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ConfigError& refusal) {
    if (candidate.is_current) throw;
    return {.init = candidate.init,
            .reason = "cannot be drawn with seed " + std::to_string(seed) + ": " +
                      refusal.issues().front().message};
  }
}

/// Fills in the probes, and moves what cannot be drawn to `unfit`; false when `plan.stop` said so.
bool probe_all(Recommendation& recommendation, const ProbePlan& plan, DataCache& cache) {
  const std::vector<Trial> trials = trials_of(recommendation.ranked, plan.seeds);
  std::vector<InitProbe> probes(trials.size());
  WorkCounter counter(plan, "initializations", trials.size());
  const auto work = [&](const Trial& trial, std::size_t index) {
    const DataCache::Lease data = cache.get(trial.config);
    probes[index] = probe_initialization(trial.config, *data);
    counter.count();
  };
  const std::vector<TrialOutcome> outcomes = run_all(trials, plan.pool, work, plan.stop);
  std::vector<Assessment> drawn;
  for (std::size_t i = 0; i < recommendation.ranked.size(); ++i) {
    Assessment& assessment = recommendation.ranked[i];
    std::optional<UnfitCandidate> failure;
    for (std::size_t j = 0; j < plan.seeds.size(); ++j) {
      const TrialOutcome& outcome = outcomes[i * plan.seeds.size() + j];
      if (!outcome.finished && !outcome.error) return false;  // stopped
      if (outcome.error && !failure) {
        failure = failed(assessment.candidate, plan.seeds[j], outcome.error);
      }
      assessment.probes.push_back(std::move(probes[i * plan.seeds.size() + j]));
    }
    if (failure) {
      recommendation.unfit.push_back(*std::move(failure));
    } else {
      drawn.push_back(std::move(assessment));
    }
  }
  recommendation.ranked = std::move(drawn);
  return true;
}

std::size_t layers_with_norm(const ExperimentConfig& config, const Dataset& train_set) {
  const Network network = build_network(config, train_set);
  return static_cast<std::size_t>(
      std::count_if(network.layers().begin(), network.layers().end(),
                    [&](const Layer& layer) { return norm_node(network, layer).has_value(); }));
}

}  // namespace

WorkCounter::WorkCounter(const ProbePlan& plan, std::string name, std::size_t total)
    : plan_(plan), name_(std::move(name)), total_(total) {
  if (plan_.progress) plan_.progress(name_, 0, total_);
}

void WorkCounter::count() {
  if (!plan_.progress) return;
  const std::lock_guard lock(mutex_);
  plan_.progress(name_, ++done_, total_);
}

InitProbe probe_initialization(ExperimentConfig config, const DataSplits& data) {
  constexpr Index kBatch = 64;
  config.train.batch_size = std::min(kBatch, data.train.size);
  InitProbe probe;
  ProbeObserver observer(config.diagnosis, probe);
  observe_initialization(config, data, observer);
  return probe;
}

std::size_t Assessment::healthy() const {
  return static_cast<std::size_t>(std::count_if(
      probes.begin(), probes.end(), [](const InitProbe& probe) { return probe.findings.empty(); }));
}

bool Assessment::is_healthy() const { return 10 * healthy() >= 9 * probes.size(); }

std::optional<double> Assessment::alignment() const {
  double sum = 0;
  int count = 0;
  for (const InitProbe& probe : probes) {
    if (!probe.alignment) continue;
    sum += *probe.alignment;
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

/// A gradient that does not reach the last layer, as its weights start at 0, theory knows.
std::optional<Reading> Assessment::nearest(const InitProbe& probe) const {
  std::vector<Reading> readings = probe.readings;
  if (!gradient_of(readings)) {
    for (const Reading& reading : predicted.readings) {
      using enum Condition;
      const bool of_gradients =
          reading.condition == exploding_gradients || reading.condition == vanishing_gradients;
      if (of_gradients) readings.push_back(reading);
    }
  }
  return readings.empty() ? std::nullopt : std::optional(nearest_of(readings));
}

double Assessment::share(const InitProbe& probe) const {
  constexpr double kUnknown = 0.25;  // of gradients
  const std::optional<Reading> reading = nearest(probe);
  const bool is_known = gradient_of(probe.readings) || gradient_of(predicted.readings);
  return std::max(reading ? reading->share() : 0, is_known ? 0 : kUnknown);
}

std::optional<Reading> Assessment::nearest() const {
  std::vector<const InitProbe*> order;
  for (const InitProbe& probe : probes) order.push_back(&probe);
  if (order.empty()) return std::nullopt;
  const auto median = order.begin() + static_cast<std::ptrdiff_t>((order.size() - 1) / 2);
  std::nth_element(order.begin(), median, order.end(),
                   [&](const InitProbe* a, const InitProbe* b) { return share(*a) < share(*b); });
  return nearest(**median);
}

double Assessment::share() const {
  std::vector<double> shares;
  for (const InitProbe& probe : probes) shares.push_back(share(probe));
  if (shares.empty()) return 0;
  const auto median = shares.begin() + static_cast<std::ptrdiff_t>((shares.size() - 1) / 2);
  std::nth_element(shares.begin(), median, shares.end());
  return *median;
}

/// Where the data themselves have no alignment to keep, all of it is kept.
double Assessment::promise(const InitProbe& probe) const {
  return probe.alignment.value_or(1) * std::max(0.0, 1 - share(probe) / 2);
}

double Assessment::promise() const {
  double sum = 0;
  for (const InitProbe& probe : probes) sum += promise(probe);
  return probes.empty() ? 0 : sum / static_cast<double>(probes.size());
}

void rank(std::vector<Assessment>& assessments) {
  std::stable_sort(
      assessments.begin(), assessments.end(),
      [](const Assessment& a, const Assessment& b) { return rank_key(a) < rank_key(b); });
  const auto present =
      std::find_if(assessments.begin(), assessments.end(),
                   [](const Assessment& assessment) { return assessment.candidate.is_current; });
  if (present == assessments.end() || !is_good_enough(*present, assessments.front())) return;
  std::rotate(assessments.begin(), present, present + 1);
}

ExperimentConfig Recommendation::first_choice() const {
  const Assessment& best = ranked.front();
  ExperimentConfig config = best.candidate.config;
  if (lower_rate) config.train.optimizer.lr = *lower_rate;
  if (best.trained) config.train.optimizer.lr = best.trained->rate;
  return config;
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
      const Forecast predicted = forecast(candidate.config, data->train);
      recommendation.ranked.push_back({.candidate = std::move(candidate), .predicted = predicted});
    }
  }
  if (!probe_all(recommendation, plan, cache)) return std::nullopt;
  rank(recommendation.ranked);
  return recommendation;
}

}  // namespace initbench
