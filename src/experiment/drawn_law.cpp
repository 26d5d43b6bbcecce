#include "experiment/drawn_law.h"

#include <algorithm>
#include <cmath>

#include "experiment/trial.h"
#include "init/layer_laws.h"

namespace initbench {
namespace {

/// Gains come from quadrature, and are alike to this share.
bool is_alike(double a, double b) {
  constexpr double kShare = 1e-6;
  return std::abs(a - b) <= kShare * std::max(std::abs(a), std::abs(b));
}

bool does_more_than_draw(const LayerInit& init) {
  const Scheme& scheme = *init.weight.scheme;
  return scheme.parametrize != nullptr || scheme.shape_block != nullptr ||
         scheme.rate_factors != nullptr || scheme.calibrate_layer != nullptr ||
         scheme.calibrate_network != nullptr;
}

}  // namespace

bool is_same(const DrawnLaw& a, const DrawnLaw& b) {
  return is_alike(a.weight_variance, b.weight_variance) &&
         is_alike(a.bias_variance, b.bias_variance) && a.orthogonal == b.orthogonal &&
         a.scheme == b.scheme;
}

std::vector<DrawnLaw> laws_drawn(const ExperimentConfig& config, const Network& network) {
  const std::vector<LayerInit> inits = layer_inits(config, network);
  if (std::any_of(inits.begin(), inits.end(), does_more_than_draw)) return {};
  const std::vector<LayerLaw> laws = laws_of(network, inits);
  std::vector<DrawnLaw> drawn;
  for (std::size_t i = 0; i < laws.size(); ++i) {
    const LayerLaw& law = laws[i];
    if (!law.weight_variance || !law.bias_variance) return {};
    const Scheme& scheme = *inits[i].weight.scheme;
    const bool is_normal = scheme.gaussian != nullptr && scheme.gaussian(inits[i].weight);
    drawn.push_back({.weight_variance = *law.weight_variance,
                     .bias_variance = *law.bias_variance,
                     .orthogonal = law.orthogonal,
                     .scheme = is_normal || law.orthogonal ? "" : scheme.name});
  }
  return drawn;
}

}  // namespace initbench
