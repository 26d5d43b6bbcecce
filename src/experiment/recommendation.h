/// Which initialization serves a network: every candidate as theory sees it and as networks drawn
/// by it show it, ranked.
///
/// The rule: healthy candidates first, of these the ones that theory does not put beyond a
/// threshold, then those that leave the network as it is, then by promise; what has findings by how
/// far it is from health. The config as it is stays first when it promises enough, or no other
/// promises more than seeds vary.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "experiment/data_cache.h"
#include "experiment/forecast.h"
#include "experiment/init_candidates.h"
#include "experiment/run_all.h"
#include "probe/diagnosis.h"

namespace initbench {

/// What the present initialization may promise to stay, whatever others promise. Of 16 networks of
/// 2 to 20 layers, 300 steps each, those that promised 0.5 or more trained as well with it as with
/// the first choice, by and large; below 0.35 they did not. Above, the order says nothing.
inline constexpr double kEnoughPromise = 0.5;
/// How much more another one must promise below that, however alike the seeds are: chosen, not
/// measured, so that a config is not changed for next to nothing.
inline constexpr double kEqualPromise = 0.05;

/// One initialization as one seed draws it, on one batch.
struct InitProbe {
  std::vector<Reading> readings;
  std::vector<Finding> findings;    // the worst first; empty: healthy
  std::optional<double> alignment;  // probe/signal_path.h
};
/// On a batch of its own size, whatever the config trains with. Throws as `run_trial`.
InitProbe probe_initialization(ExperimentConfig config, const DataSplits& data);

/// What came of training a candidate at the best of some learning rates.
struct TrainedFigures {
  double rate = 0;                   // the best one
  bool at_edge = false;              // it is the lowest or the highest of several
  std::optional<double> final_loss;  // of the test set; interquartile mean over seeds, unless more
                                     // than a quarter of them diverged
  std::size_t trained = 0;           // seeds that got below the loss of guessing
  std::size_t seeds = 0;
  /// That the loss differs as much from that of the config as it is by chance (Wilcoxon's signed
  /// ranks of the seeds, Holm's adjustment for several candidates).
  std::optional<double> p;

  bool trains() const { return 2 * trained > seeds; }
};

/// A candidate with all that is known of it.
struct Assessment {
  InitCandidate candidate;
  Forecast predicted;
  std::vector<InitProbe> probes;  // one per seed
  std::optional<TrainedFigures> trained;

  std::size_t healthy() const;
  /// At least nine of ten seeds are.
  bool is_healthy() const;
  /// Mean over the seeds that have one.
  std::optional<double> alignment() const;
  /// What the median seed is nearest to; empty when nothing can be read.
  std::optional<Reading> nearest() const;
  /// Of the way to that, 0 to infinity.
  double share() const;
  /// Mean over seeds of the alignment times 1 less half of the share: 1 at best.
  double promise() const;
  double promise(const InitProbe& probe) const;

 private:
  std::optional<Reading> nearest(const InitProbe& probe) const;
  double share(const InitProbe& probe) const;
};

/// By the rule above; the config as it is among them or not, all drawn with the same seeds.
void rank(std::vector<Assessment>& assessments);

struct Recommendation {
  std::vector<Assessment> ranked;  // the best first; the config as it is among them
  std::vector<UnfitCandidate> unfit;
  std::vector<std::string> kept;  // layers whose weights are loaded
  std::size_t norm_layers = 0;    // with a norm between linear map and activation
  std::size_t layers = 0;         // with weights
  std::int64_t train_steps = 0;   // of the trainings; 0: none
  /// A lower learning rate that the first choice needs; empty: the config's serves, as far as is
  /// known.
  std::optional<double> lower_rate;
  /// The lowest rate that was tried, when even that is too large for the first choice.
  std::optional<double> hopeless_rate;

  /// The config with the first choice, ready to run.
  ExperimentConfig first_choice() const;
};

/// `done` of `total` trials of the work of that name are; 0 of them when it begins. Called from the
/// pool's threads, one at a time.
using WorkProgress =
    std::function<void(const std::string& name, std::size_t done, std::size_t total)>;

struct ProbePlan {
  std::vector<std::uint64_t> seeds;
  PoolOptions pool;
  std::function<bool()> stop;
  WorkProgress progress = {};
};

/// Tells `plan.progress`, if there is one.
class WorkCounter {
 public:
  WorkCounter(const ProbePlan& plan, std::string name, std::size_t total);
  void count();  // one more is done

 private:
  const ProbePlan& plan_;
  std::string name_;
  std::size_t total_;
  std::mutex mutex_;  // guards what follows
  std::size_t done_ = 0;
};
/// Empty when `stop` said so. Throws as `init_candidates`, and when the config itself cannot be
/// drawn.
std::optional<Recommendation> recommend(const ExperimentConfig& config, const ProbePlan& plan,
                                        DataCache& cache);

}  // namespace initbench
