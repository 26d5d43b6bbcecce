/// Whether two configs draw a network's weights by the same law under different names.
#pragma once

#include <string_view>
#include <vector>

#include "experiment/config.h"
#include "nn/network.h"

namespace initbench {

/// What one layer's tensors are drawn by.
struct DrawnLaw {
  double weight_variance = 0;
  double bias_variance = 0;
  bool orthogonal = false;
  std::string_view scheme;  // empty: entries are normal, or rows orthogonal, whatever the scheme
};

/// Up to the digits of a gain that is computed.
bool is_same(const DrawnLaw& a, const DrawnLaw& b);

/// What would be drawn, layer by layer; empty when it is no law that could be compared.
std::vector<DrawnLaw> laws_drawn(const ExperimentConfig& config, const Network& network);

}  // namespace initbench
