#include "experiment/advice.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/decimal.h"
#include "base/errors.h"
#include "experiment/rate_search.h"
#include "experiment/recommendation.h"
#include "init/wording.h"

namespace initbench {
namespace {

std::string rounded(double value) {
  constexpr int kDigits = 2;
  return number_text(to_digits(value, kDigits));
}

/// Healthy candidates as the config's seed draws them, ranked; of those that theory puts beyond a
/// threshold, or of the others.
std::vector<Assessment> healthy_candidates(std::vector<Assessment>& candidates, bool are_bad,
                                           const DataSplits& data) {
  std::vector<Assessment> drawn;
  for (Assessment& assessment : candidates) {
    if (assessment.predicted.is_bad() != are_bad) continue;
    try {
      assessment.probes = {probe_initialization(assessment.candidate.config, data)};
    } catch (const ConfigError&) {
      continue;  // a calibration that does not reach what it promises
    }
    if (assessment.is_healthy()) drawn.push_back(std::move(assessment));
  }
  rank(drawn);
  return drawn;
}

/// What `recommend` chooses by the config's seed alone: what theory puts beyond a threshold comes
/// after the other healthy ones there, and so is not drawn here while there is one.
std::optional<Assessment> better_initialization(const ExperimentConfig& config,
                                                const DataSplits& data) {
  const bool draws_any = std::any_of(config.inits.begin(), config.inits.end(),
                                     [](const LayerInit& layer) { return !is_loaded(layer); });
  if (!draws_any) return std::nullopt;
  std::vector<Assessment> candidates;
  for (InitCandidate& candidate : init_candidates(config, data.train).fit) {
    if (candidate.is_current) continue;
    Forecast predicted = forecast(candidate.config, data.train);
    candidates.push_back({.candidate = std::move(candidate),
                          .predicted = std::move(predicted),
                          .probes = {},
                          .trained = {}});
  }
  std::vector<Assessment> healthy = healthy_candidates(candidates, false, data);
  if (healthy.empty()) healthy = healthy_candidates(candidates, true, data);
  if (healthy.empty()) return std::nullopt;
  return std::move(healthy.front());
}

Advice advice_of(const Assessment& better) {
  return {.settings = better.candidate.settings,
          .effect = better.predicted.is_known()
                        ? "theory predicts " + in_words(better.predicted.readings)
                        : "measured " + in_words(better.probes.front().readings)};
}

/// Updates of a thousandth of the weights are what healthy training makes.
std::optional<Advice> faster(const RunEvidence& evidence, const ExperimentConfig& config) {
  constexpr double kUsual = 1e-3;
  double largest = 0;
  for (const LoggedLoss& logged : evidence.train) {
    largest = std::max(largest, logged.update_ratio.value_or(0));
  }
  if (!(largest > 0) || largest >= kUsual) return std::nullopt;
  const double rate = config.train.optimizer.lr * kUsual / largest;
  if (!(rate > 0)) return std::nullopt;
  return Advice{.settings = {"train.lr=" + rounded(rate)},
                .effect = "updates of 0.001 of the weights a step instead of " + rounded(largest) +
                          ", in proportion to the rate"};
}

/// How far below the config's rate a search begins, in steps of about a third.
enum class Begin : std::size_t { here, third, tenth };

/// A rate that does no harm, from short trainings with the config's seed. `divergence` is the step
/// of it, if it was one.
std::optional<Advice> slower(const ExperimentConfig& config, const DataSplits& data,
                             std::int64_t divergence, Begin begin) {
  const std::int64_t planned = train_spec(config, data.train).steps;
  const std::int64_t few = std::clamp(2 * divergence, kFewUpdates, kManyUpdates);
  const auto trials = [&](double rate, std::int64_t updates) {
    return std::optional(
        std::vector{effect_of(rate_trial(config, config.seed, rate, updates), data)});
  };
  const double present = config.train.optimizer.lr;
  const auto answer = search_rate({.rate = present,
                                   .first = static_cast<std::size_t>(begin),
                                   .few = std::min(planned, few),
                                   .many = std::min(planned, kManyUpdates)},
                                  trials);
  if (!answer || answer->harmed > 0) return std::nullopt;
  Advice advice{.settings = {},
                .effect = "tried: in " + std::to_string(answer->updates) + " updates the network " +
                          (answer->learning > 0 ? "learns" : "takes no harm, but learns little")};
  if (answer->rate < present) advice.settings = {"train.lr=" + number_text(answer->rate)};
  for (std::size_t i = 0; i < answer->worse.size(); ++i) {
    advice.effect.append(i == 0 ? "; higher rates, " : ", ").append(number_text(answer->worse[i]));
  }
  if (!answer->worse.empty()) advice.effect += ", do harm";
  return advice;
}

/// Against what updates did: a lower rate, or, when every rate does harm, another initialization
/// and a rate for it.
std::optional<Advice> gentler(const ExperimentConfig& config, const DataSplits& data,
                              const RunEvidence& evidence) {
  const std::int64_t divergence = evidence.divergence ? evidence.divergence->step : 0;
  // What comes late is not seen in a short training, but further from it.
  const Begin begin = divergence > kManyUpdates ? Begin::tenth : Begin::third;
  if (auto advice = slower(config, data, divergence, begin)) return advice;
  const std::optional<Assessment> better = better_initialization(config, data);
  if (!better) return std::nullopt;
  Advice advice = advice_of(*better);
  if (const auto rate = slower(better->candidate.config, data, divergence, Begin::here)) {
    advice.settings.insert(advice.settings.end(), rate->settings.begin(), rate->settings.end());
    advice.effect += "; " + rate->effect;
  }
  return advice;
}

}  // namespace

std::optional<Advice> advice_on(const Verdict& verdict, const RunEvidence& evidence,
                                const ExperimentConfig& config, const DataSplits& data) {
  if (verdict.findings.empty()) return std::nullopt;
  const Finding& worst = verdict.findings.front();
  if (worst.condition == Condition::stalled) return faster(evidence, config);
  if (worst.condition == Condition::diverged || worst.step > 0) {
    return gentler(config, data, evidence);
  }
  const std::optional<Assessment> better = better_initialization(config, data);
  return better ? std::optional(advice_of(*better)) : std::nullopt;
}

}  // namespace initbench
