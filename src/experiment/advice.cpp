#include "experiment/advice.h"

#include <algorithm>
#include <string>

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

/// The first in theory's order that a network drawn with the config's seed proves healthy.
std::optional<Advice> better_initialization(const ExperimentConfig& config,
                                            const DataSplits& data) {
  const bool draws_any = std::any_of(config.inits.begin(), config.inits.end(),
                                     [](const LayerInit& layer) { return !is_loaded(layer); });
  if (!draws_any) return std::nullopt;
  for (const Assessment& assessment :
       ranked_by_theory(init_candidates(config, data.train), config, data.train)) {
    const InitCandidate& candidate = assessment.candidate;
    if (candidate.is_current) continue;
    try {
      const InitProbe probe = probe_initialization(candidate.config, data);
      if (!probe.findings.empty()) continue;
      const Outlook& predicted = assessment.predicted.outlook;
      const bool is_known = predicted.signal && predicted.gradient;
      return Advice{.settings = candidate.settings,
                    .effect = is_known ? "theory predicts " + in_words(predicted)
                                       : "measured " + in_words(probe.outlook)};
    } catch (const ConfigError&) {
      continue;  // a calibration that does not reach what it promises
    }
  }
  return std::nullopt;
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
    return other_rate(0.1, config, "updates a tenth as large");
  }
  return better_initialization(config, data);
}

}  // namespace initbench
