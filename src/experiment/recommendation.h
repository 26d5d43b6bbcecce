/// Which initialization serves a network: every candidate as theory sees it, then as networks drawn
/// by it show it, ranked.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "experiment/data_cache.h"
#include "experiment/init_candidates.h"
#include "experiment/outlook.h"
#include "experiment/run_all.h"
#include "probe/diagnosis.h"

namespace initbench {

/// One initialization as one seed draws it, on one batch.
struct InitProbe {
  Outlook outlook;
  std::optional<double> alignment;  // probe/signal_path.h
  std::vector<Finding> findings;    // the worst first; empty: healthy
};
/// Throws as `run_trial`.
InitProbe probe_initialization(const ExperimentConfig& config, const DataSplits& data);

/// What came of training a candidate at the best of some learning rates.
struct TrainedFigures {
  double rate = 0;
  std::optional<double> final_loss;  // of the test set; interquartile mean over seeds, unless more
  std::optional<double> best_loss;   // than a quarter of them diverged
  std::size_t trained = 0;           // seeds that got below the loss of guessing
  std::size_t seeds = 0;
};

/// A candidate with all that is known of it.
struct Assessment {
  InitCandidate candidate;
  Forecast predicted;
  std::vector<InitProbe> probes;  // one per seed; empty: `failure` says why
  std::string failure;
  std::optional<TrainedFigures> trained;

  std::size_t healthy() const;
  bool is_healthy() const { return !probes.empty() && healthy() == probes.size(); }
  /// The condition that the seeds are nearest to, on the average of shares.
  Nearest nearest(const Thresholds& thresholds) const;
  /// Mean over seeds; 0 where nothing of the data is left.
  double alignment() const;
  /// What probes are ranked by: the alignment, less half of the share of the way to the nearest
  /// threshold that has been gone. 1 at best.
  double promise(const Thresholds& thresholds) const;
};

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

  /// The config with the first choice, ready to run.
  ExperimentConfig first_choice() const;
};

/// The order in which theory prefers candidates, by itself: what it finds sound first, then what it
/// cannot judge, the rest last.
std::vector<Assessment> ranked_by_theory(InitCandidates candidates, const ExperimentConfig& config,
                                         const Dataset& train_set);

struct ProbePlan {
  std::vector<std::uint64_t> seeds;
  PoolOptions pool;
  std::function<bool()> stop;
};
/// Empty when `stop` said so. Throws as `init_candidates`, and when the config itself cannot be
/// drawn.
std::optional<Recommendation> recommend(const ExperimentConfig& config, const ProbePlan& plan,
                                        DataCache& cache);

}  // namespace initbench
