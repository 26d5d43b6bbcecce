#include "probe/verdict.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace initbench {
namespace {

/// How training went, from its losses.
class Outcome {
 public:
  Outcome(const RunEvidence& evidence, const Thresholds& thresholds)
      : evidence_(evidence), thresholds_(thresholds) {
    // Many batches, as one batch's loss is a matter of luck; all of them, as what is logged must
    // not decide. A training that was stopped early has none of them, only its last logged one.
    if (evidence.late_loss) {
      loss_ = *evidence.late_loss;
    } else if (!evidence.train.empty()) {
      loss_ = evidence.train.back().loss;
    }
  }

  bool learned() const {
    return evidence_.steps > 0 && !evidence_.divergence &&
           loss_ < thresholds_.learned * evidence_.guessing_loss;
  }

  std::optional<Finding> finding() const {
    if (evidence_.divergence) {
      return Finding{.condition = Condition::diverged,
                     .layer = evidence_.divergence->layer,
                     .step = evidence_.divergence->step,
                     .value = std::numeric_limits<double>::quiet_NaN(),
                     .threshold = thresholds_.diverged};
    }
    if (evidence_.steps == 0 || evidence_.train.empty()) return std::nullopt;
    const double guessing = evidence_.guessing_loss;
    const double worst = thresholds_.diverged * std::max(guessing, evidence_.train.front().loss);
    if (loss_ > worst) return over_guessing(Condition::diverged, loss_, worst / guessing);
    const double test_loss = evidence_.test_loss.value_or(0);
    if (test_loss > worst && !learned()) {
      return over_guessing(Condition::diverged, test_loss, worst / guessing);
    }
    if (is_stalled()) return over_guessing(Condition::stalled, loss_, thresholds_.stalled);
    return std::nullopt;
  }

 private:
  Finding over_guessing(Condition condition, double loss, double threshold) const {
    return {.condition = condition,
            .layer = "",
            .step = evidence_.steps,
            .value = loss / evidence_.guessing_loss,
            .threshold = threshold};
  }

  bool is_stalled() const {
    constexpr std::int64_t kFewestSteps = 10;  // before, nothing can be expected
    const double limit = thresholds_.stalled * evidence_.guessing_loss;
    const bool above = loss_ > limit && evidence_.test_loss.value_or(loss_) > limit;
    if (!above || evidence_.steps < kFewestSteps) return false;
    return evidence_.steps >= thresholds_.stalled_steps || is_idle();
  }

  /// Whether half of the layers hardly moved, in the mean over logged steps.
  bool is_idle() const {
    double sum = 0;
    int count = 0;
    for (const LoggedLoss& logged : evidence_.train) {
      if (!logged.update_ratio) continue;
      sum += *logged.update_ratio;
      ++count;
    }
    return count > 0 && sum / count < thresholds_.idle_update;
  }

  const RunEvidence& evidence_;
  const Thresholds& thresholds_;
  double loss_ = 0;
};

bool contains(const std::vector<Finding>& findings, Condition condition) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) { return finding.condition == condition; });
}

}  // namespace

Verdict judge(const RunEvidence& evidence, const Thresholds& thresholds) {
  const Outcome outcome(evidence, thresholds);
  const std::vector<Finding> at_end = evidence.at_end.value_or(std::vector<Finding>{});
  Verdict verdict{.width_chance = evidence.width_chance};
  for (const Finding& finding : evidence.at_start) {
    const bool gone = evidence.at_end && !contains(at_end, finding.condition);
    auto& list = outcome.learned() && gone ? verdict.overcome : verdict.findings;
    list.push_back(finding);
  }
  const bool sound_start = verdict.findings.empty();
  const std::optional<Finding> end = outcome.finding();
  if (end && end->condition == Condition::diverged) verdict.findings.push_back(*end);
  if (sound_start && !outcome.learned()) {  // updates can kill and saturate units
    for (const Finding& finding : at_end) {
      using enum Condition;
      const bool by_training = finding.condition == dead_units || finding.condition == saturated;
      if (by_training) verdict.findings.push_back(finding);
    }
  }
  if (end && end->condition == Condition::stalled) verdict.findings.push_back(*end);
  std::stable_sort(verdict.findings.begin(), verdict.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.condition < b.condition; });
  return verdict;
}

}  // namespace initbench
