#include "theory/repeated_layer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/errors.h"

namespace initbench {
namespace {

bool is_alike(const RepeatedLayer& a, const Activation& activation, const WeightScale& scale) {
  constexpr double kSame = 1e-9;  // relative
  const auto close = [](double x, double y) {
    return std::abs(x - y) <= kSame * std::max(std::abs(x), std::abs(y));
  };
  return a.activation == activation && close(a.scale.sigma_w2, scale.sigma_w2) &&
         close(a.scale.sigma_b2, scale.sigma_b2);
}

bool is_plain(const Network& network, const Layer& layer) {
  return !norm_node(network, layer) && layer.position.branch_layers == 0 &&
         layer.position.role != LayerRole::projection && layer.activated != network.output();
}

}  // namespace

std::optional<RepeatedLayer> repeated_layer(const Network& network,
                                            std::span<const LayerLaw> laws) {
  expects(laws.size() == network.layers().size(), "one law per layer");
  std::vector<RepeatedLayer> kinds;
  for (std::size_t i = 0; i < laws.size(); ++i) {
    const Layer& layer = network.layers()[i];
    const std::optional<WeightScale> scale = weight_scale(network, layer, laws[i]);
    if (!scale || !is_plain(network, layer)) continue;
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const RepeatedLayer& kind) {
      return is_alike(kind, layer.activation, *scale);
    });
    if (found != kinds.end()) {
      ++found->count;
    } else {
      kinds.push_back({.first = i, .count = 1, .activation = layer.activation, .scale = *scale});
    }
  }
  const auto most = std::max_element(
      kinds.begin(), kinds.end(),
      [](const RepeatedLayer& a, const RepeatedLayer& b) { return a.count < b.count; });
  if (most == kinds.end() || most->count < 2) return std::nullopt;
  return *most;
}

std::string why_none_repeats(const Network& network, std::span<const LayerLaw> laws) {
  if (repeated_layer(network, laws)) return "";
  for (const Layer& layer : network.layers()) {
    if (norm_node(network, layer)) return "a norm sets the length anew in every layer";
    if (layer.position.branch_layers > 0) return "a residual network has no fixed length";
  }
  for (const LayerLaw& law : laws) {
    if (!law.reason.empty()) return law.reason;
  }
  return "no two hidden layers are alike";
}

}  // namespace initbench
