/// The figures by which runs are compared, each with the direction in which it is better.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/stored_run.h"

namespace initbench {

/// A finished run with its curves.
struct MeasuredRun {
  StoredRun run;
  std::vector<CurvePoint> curve;
};

enum class Better { more, less };

struct RunMetric {
  std::string name;  // as in --metric
  std::string documentation;
  Better better = Better::more;
  /// The run's figure; empty when it has none.
  std::optional<double> (*value)(const MeasuredRun& run, double parameter) = nullptr;
  double parameter = 0;         // the accuracy of steps_to_<accuracy>
  bool is_of_accuracy = false;  // which regression does not have
  /// A run without a figure has not got there, rather than not been measured.
  bool may_be_unreached = false;
};

/// By name; throws ConfigError (place "--metric") for an unknown one.
RunMetric find_metric(std::string_view name);

/// What --metric takes, for help and messages.
std::string metric_names();

/// The same of a run: what it has figures of.
std::string metric_names(const MeasuredRun& run);

/// Whether the run has figures of the metric, or has none because it diverged or did not get there.
bool applies(const RunMetric& metric, const MeasuredRun& run);

/// Test accuracy, or test loss where classes are not what is learned.
std::string_view default_metric(const RunSummary& summary);

/// More than this share below the loss of guessing is training.
inline constexpr double kTrainingMargin = 0.02;

/// Whether the run trained at all: it did not diverge, its verdict is not "stalled", and at its end
/// the test loss, or the mean training loss over the batches of the last quarter of its steps,
/// logged or not, is lower than the loss of guessing by kTrainingMargin of it: that of the best
/// constant answer, the entropy of the training labels or the variance of the targets. Empty when
/// nothing was to be trained, or the test loss does not say so and the training loss is unknown.
std::optional<bool> trains(const TrialResult& result);

}  // namespace initbench
