/// What theory says of a network at its initialization, in the figures of diagnosis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "experiment/config.h"
#include "probe/reading.h"

namespace initbench {

struct Forecast {
  std::vector<Reading> readings;          // of what theory knows
  std::optional<double> trainable_depth;  // of the layer that the network mostly consists of

  /// Whether theory knows signal and gradient, so that its silence on others does not matter.
  bool is_known() const;
  /// Whether it puts the network beyond a threshold.
  bool is_bad() const;
};

/// Throws ConfigError when a scheme cannot serve its layer.
Forecast forecast(const ExperimentConfig& config, const Dataset& train_set);

/// The figures that `recommend` shows: rms of what the last layer reads over that of the data, the
/// gradient's norm at the first layer over that there, and 1 - cosine of two samples there over
/// that of the data. Empty: unknown.
std::optional<double> signal_of(const std::vector<Reading>& readings);
std::optional<double> gradient_of(const std::vector<Reading>& readings);
std::optional<double> gap_of(const std::vector<Reading>& readings);

/// "signal/data 1, first/last gradient 0.9, (1 - cosine)/data's 0.03": what is known.
std::string in_words(const std::vector<Reading>& readings);

}  // namespace initbench
