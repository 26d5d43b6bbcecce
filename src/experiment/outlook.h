/// Where a network stands at its initialization, in the figures of diagnosis: as theory predicts it
/// and as a batch shows it.
#pragma once

#include <optional>
#include <string>

#include "data/dataset.h"
#include "experiment/config.h"
#include "probe/diagnosis.h"
#include "probe/snapshot.h"

namespace initbench {

/// Of the ratios 1 is ideal; empty: unknown.
struct Outlook {
  std::optional<double> signal;    // rms of what the last layer reads over that of the data
  std::optional<double> gradient;  // norm at the first layer over that at what the last one reads
  std::optional<double> gap;       // 1 - cosine of two samples there over that of the data
  double dead = 0;                 // largest share of dead units of a layer
  double saturated = 0;   // largest share of a layer's activations at the ends of the range
  bool residual = false;  // whether there are residual blocks
};

/// What mean-field theory says. Throws ConfigError when a scheme cannot serve its layer.
struct Forecast {
  Outlook outlook;
  std::optional<double> trainable_depth;  // of the layer that the network mostly consists of
};
Forecast forecast(const ExperimentConfig& config, const Dataset& train_set);

Outlook measured_outlook(const Snapshot& snapshot);

/// The condition that an outlook is nearest to, and how much of the way to its threshold (in the
/// logarithm for ratios) it has gone: 0 at the ideal, from 1 on it has it.
struct Nearest {
  Condition condition = Condition::stalled;
  double share = 0;
  double value = 0;
  double threshold = 0;
};
Nearest nearest_condition(const Outlook& outlook, const Thresholds& thresholds);

/// Signal and gradient are known, and nothing is beyond its threshold.
bool is_sound(const Outlook& outlook, const Thresholds& thresholds);

/// "signal/data 1, first/last gradient 0.9, (1 - cosine)/data's 0.03": what is known.
std::string in_words(const Outlook& outlook);

}  // namespace initbench
