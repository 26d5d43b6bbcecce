/// Small builders of networks and laws for the tests of predictions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nn/network.h"
#include "theory/layer_law.h"

namespace initbench::testing {

inline constexpr Activation kLinear{ActivationKind::linear, 0};
inline constexpr Activation kRelu{ActivationKind::relu, 0};
inline constexpr Activation kTanh{ActivationKind::tanh, 0};

inline LayerSpec dense(const std::string& name, Index units, const Activation& activation,
                       Norm norm = Norm::none) {
  return {.name = name,
          .place = name,
          .kind = DenseSpec{.units = units, .norm = norm, .activation = activation}};
}

inline LayerSpec conv(const std::string& name, Index channels, PaddingMode padding,
                      const Activation& activation) {
  return {.name = name,
          .place = name,
          .kind = Conv2dSpec{.channels = channels,
                             .kernel = {3, 3},
                             .padding = {.mode = padding},
                             .activation = activation}};
}

inline ModelSpec chain(int depth, Index width, const Activation& activation,
                       Norm norm = Norm::none) {
  ModelSpec spec;
  for (int i = 1; i <= depth; ++i) {
    spec.push_back(dense("dense" + std::to_string(i), width, activation, norm));
  }
  return spec;
}

/// Laws with Var(w) = sigma_w2 / fan_in for every layer.
inline std::vector<LayerLaw> laws_with(const Network& network, double sigma_w2,
                                       double sigma_b2 = 0) {
  std::vector<LayerLaw> laws;
  for (const Layer& layer : network.layers()) {
    laws.push_back({.weight_variance = sigma_w2 / static_cast<double>(layer.fans.in),
                    .bias_variance = sigma_b2,
                    .gaussian = true});
  }
  return laws;
}

}  // namespace initbench::testing
