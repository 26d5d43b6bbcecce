#include "experiment/advice.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/decimal.h"
#include "base/errors.h"
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
std::optional<Advice> better_initialization(const ExperimentConfig& config,
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
  const Assessment& best = healthy.front();
  return Advice{.settings = best.candidate.settings,
                .effect = best.predicted.is_known()
                              ? "theory predicts " + in_words(best.predicted.readings)
                              : "measured " + in_words(best.probes.front().readings)};
}

std::optional<Advice> other_rate(double factor, const ExperimentConfig& config,
                                 const std::string& effect) {
  const double lr = config.train.optimizer.lr * factor;
  if (!(lr > 0)) return std::nullopt;
  return Advice{.settings = {"train.lr=" + rounded(lr)}, .effect = effect};
}

/// Updates of a thousandth of the weights are what healthy training makes.
std::optional<Advice> faster(const RunEvidence& evidence, const ExperimentConfig& config) {
  constexpr double kUsual = 1e-3;
  double largest = 0;
  for (const LoggedLoss& logged : evidence.train) {
    largest = std::max(largest, logged.update_ratio.value_or(0));
  }
  if (!(largest > 0) || largest >= kUsual) return std::nullopt;
  return other_rate(kUsual / largest, config,
                    "updates of 0.001 of the weights a step instead of " + rounded(largest) +
                        ", in proportion to the rate");
}

}  // namespace

std::optional<Advice> advice_on(const Verdict& verdict, const RunEvidence& evidence,
                                const ExperimentConfig& config, const DataSplits& data) {
  if (verdict.findings.empty()) return std::nullopt;
  const Finding& worst = verdict.findings.front();
  if (worst.condition == Condition::stalled) return faster(evidence, config);
  if (worst.condition == Condition::diverged || worst.step > 0) {
    return other_rate(0.1, config, "updates a tenth as large; which rate serves was not tried");
  }
  return better_initialization(config, data);
}

}  // namespace initbench
