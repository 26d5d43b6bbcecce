/// Which learning rate serves a network: short trainings at ever lower ones.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "data/dataset.h"
#include "experiment/config.h"
#include "experiment/trial.h"

namespace initbench {

/// Updates that tell whether a rate does harm; and, at most, whether the network learns with it.
inline constexpr std::int64_t kFewUpdates = 60;
inline constexpr std::int64_t kManyUpdates = 200;

/// What updates did to the network. Harm: it diverged, has dead or saturated units, a loss above
/// the first one and that of guessing (of which some noise is allowed), or one that came back after
/// it had been much lower.
enum class Effect : char { harm, none, learning };

/// A training of so many updates. Warm-ups count up to 200 updates more, other schedules not at
/// all.
ExperimentConfig rate_trial(const ExperimentConfig& config, std::uint64_t seed, double rate,
                            std::int64_t updates);
/// Of a `rate_trial`. `pause` as in TrialControl.
Effect effect_of(const ExperimentConfig& trial, const DataSplits& data,
                 const std::function<bool(const TrialPause&)>& pause = {});

struct RateSearch {
  double rate = 0;        // of the config
  std::size_t first = 0;  // 0: that is tried, too; then how many steps of about a third lower
  std::int64_t few = kFewUpdates;
  std::int64_t many = kManyUpdates;  // no more than `few`: nobody asks whether the network learns
};
/// Of each seed at a rate, after so many updates; empty: the search ends.
using RateTrials =
    std::function<std::optional<std::vector<Effect>>(double rate, std::int64_t updates)>;

struct RateAnswer {
  double rate = 0;
  std::int64_t updates = 0;   // that it was tried for
  std::size_t learning = 0;   // seeds that learn with it
  std::size_t harmed = 0;     // seeds that it harms: all rates do where this is not 0 after `few`
  std::vector<double> worse;  // rates that did harm within `few` updates
};
/// The first rate at which few updates do no harm, or the one of the three from there on with which
/// most seeds learn after many; the lowest one when all do harm. Empty when the trials ended.
std::optional<RateAnswer> search_rate(const RateSearch& search, const RateTrials& trials);

}  // namespace initbench
