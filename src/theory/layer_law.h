/// What theory needs to know about the laws from which a layer's weights and biases are drawn.
#pragma once

#include <optional>
#include <string>

namespace initbench {

/// Mean 0, uncorrelated entries of these variances; empty: `reason` says why there are none.
struct LayerLaw {
  std::optional<double> weight_variance;
  std::optional<double> bias_variance = 0.0;
  bool centre_only = false;  // of a kernel: weight_variance is that at its centre, others are 0
  bool gaussian = false;     // weights are normal: pre-activations are, whatever the fan-in
  bool orthogonal = false;   // rows or columns are orthogonal: lengths do not fluctuate
  std::string reason;
};

}  // namespace initbench
