/// Every gain of activations, and their critical points, as `initbench gain` shows them.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "nn/activation.h"
#include "report/cell_table.h"

namespace initbench {

/// Where the gains are taken, and which critical point is asked for.
struct GainRequest {
  double q = 1;                   // second moment of pre-activations
  std::optional<double> sigma_b;  // the critical point with these biases instead of that at q
};

/// A row per activation; as text with the reasons for critical points that do not exist and what
/// the columns mean. Throws ConfigError for a q or sigma_b out of range.
std::string gain_table(std::span<const Activation> activations, const GainRequest& request,
                       TableFormat format);

}  // namespace initbench
