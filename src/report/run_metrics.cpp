#include "report/run_metrics.h"

#include <algorithm>
#include <array>

#include "base/errors.h"
#include "base/number.h"
#include "base/suggest.h"
#include "report/curve_figures.h"

namespace initbench {
namespace {

constexpr std::string_view kStepsTo = "steps_to_";
constexpr std::string_view kStepsToAny = "steps_to_A (A an accuracy, such as 0.9)";

using Figure = std::optional<Measurement> TrialResult::*;

template <Figure figure>
std::optional<double> loss(const MeasuredRun& run, double) {
  const std::optional<Measurement>& measured = run.run.summary.result.*figure;
  return measured ? std::optional(measured->loss) : std::nullopt;
}

template <Figure figure>
std::optional<double> accuracy(const MeasuredRun& run, double) {
  const std::optional<Measurement>& measured = run.run.summary.result.*figure;
  return measured ? measured->accuracy : std::nullopt;
}

std::optional<double> loss_area(const MeasuredRun& run, double) {
  return train_loss_area(run.curve);
}

std::optional<double> best_loss(const MeasuredRun& run, double) {
  return lowest_test_loss(run.curve);
}

std::optional<double> steps_needed(const MeasuredRun& run, double wanted) {
  const std::optional<std::int64_t> steps = steps_to(wanted, run.curve);
  return steps ? std::optional(static_cast<double>(*steps)) : std::nullopt;
}

bool is_tested_for_accuracy(const MeasuredRun& run) {
  return std::any_of(run.curve.begin(), run.curve.end(), [](const CurvePoint& point) {
    return point.split == Split::test && point.accuracy;
  });
}

const std::array kMetrics{
    RunMetric{"final_test_accuracy", "of the whole test set, at the end", Better::more,
              accuracy<&TrialResult::final_test>, 0, true},
    RunMetric{"best_test_accuracy", "the highest during training", Better::more,
              accuracy<&TrialResult::best_test>, 0, true},
    RunMetric{"final_test_loss", "of the whole test set, at the end", Better::less,
              loss<&TrialResult::final_test>},
    RunMetric{"best_test_loss", "the lowest during training", Better::less, best_loss},
    RunMetric{"final_train_loss", "of the last logged batch", Better::less,
              loss<&TrialResult::final_train>},
    RunMetric{"train_loss_area", "area under the logged training losses over steps", Better::less,
              loss_area},
};

/// The A of steps_to_A, when it is one.
std::optional<double> wanted_accuracy(std::string_view name) {
  if (!name.starts_with(kStepsTo)) return std::nullopt;
  const auto wanted = number_of<double>(name.substr(kStepsTo.size()));
  if (!wanted || !(*wanted > 0 && *wanted <= 1)) return std::nullopt;
  return wanted;
}

}  // namespace

std::string metric_names() {
  std::string names;
  for (const RunMetric& metric : kMetrics) names += metric.name + ", ";
  return names.append(kStepsToAny);
}

std::string metric_names(const MeasuredRun& run) {
  std::string names;
  for (const RunMetric& metric : kMetrics) {
    if (metric.value(run, metric.parameter)) names += (names.empty() ? "" : ", ") + metric.name;
  }
  return is_tested_for_accuracy(run) ? names + ", " + std::string(kStepsToAny) : names;
}

bool applies(const RunMetric& metric, const MeasuredRun& run) {
  if (metric.is_of_accuracy && run.run.summary.classes == 0) return false;
  if (metric.may_be_unreached) return is_tested_for_accuracy(run);
  return run.run.summary.result.diverged() || metric.value(run, metric.parameter);
}

RunMetric find_metric(std::string_view name) {
  std::vector<std::string_view> names;
  for (const RunMetric& metric : kMetrics) {
    if (metric.name == name) return metric;
    names.emplace_back(metric.name);
  }
  if (const std::optional<double> wanted = wanted_accuracy(name)) {
    return {.name = std::string(name),
            .documentation = "updates before the test set first had this accuracy",
            .better = Better::less,
            .value = steps_needed,
            .parameter = *wanted,
            .is_of_accuracy = true,
            .may_be_unreached = true};
  }
  throw ConfigError("--metric", "unknown metric '" + std::string(name) + "'" +
                                    did_you_mean(name, names) + " (there are: " + metric_names() +
                                    ")");
}

std::string_view default_metric(const RunSummary& summary) {
  return summary.classes > 0 ? "final_test_accuracy" : "final_test_loss";
}

std::optional<bool> trains(const TrialResult& result) {
  if (result.planned_steps == 0) return std::nullopt;
  if (result.diverged()) return false;
  const std::vector<Finding>& findings = result.verdict.findings;
  const bool is_stalled = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.condition == Condition::stalled;
  });
  if (is_stalled) return false;
  const double limit = result.guessing_loss * (1 - kTrainingMargin);
  if (result.final_test && result.final_test->loss < limit) return true;
  if (!result.late_train) return std::nullopt;
  return result.late_train->mean < limit;
}

}  // namespace initbench
