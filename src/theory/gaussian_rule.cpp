#include "theory/gaussian_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace initbench {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double normal_density(double z) {
  return std::exp(-z * z / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
}

}  // namespace

Texture texture_of(const Activation& activation) {
  const ActivationRow& row = activation_row(activation.kind);
  Texture texture{.breaks = {row.kinks.begin(), row.kinks.end()}, .width = row.width};
  texture.breaks.insert(texture.breaks.end(), row.bends.begin(), row.bends.end());
  if (row.period == 0) return texture;
  const double frequency = std::abs(activation.parameter);
  if (frequency == 0) return {.breaks = {}, .width = kInfinity};
  texture.width /= frequency;
  texture.period = row.period / frequency;
  return texture;
}

bool phase_is_uniform(const Texture& texture, double scale) {
  return texture.period > 0 && 2 * std::numbers::pi / texture.period * scale > kUniformPhase;
}

double widest_panel(const Texture& texture, double scale) {
  if (texture.period == 0 || scale == 0) return kWidestPanel;
  return std::min(kWidestPanel, 4 * texture.width / scale);
}

const QuadratureRule& GaussianRule::build(const Texture& texture, double scale,
                                          std::span<const double> shifts) {
  if (phase_is_uniform(texture, scale)) return build_period(texture.period, scale);
  breaks_.clear();
  features_.clear();
  if (scale > 0) {
    for (const double shift : shifts) {
      for (const double kink : texture.breaks) breaks_.push_back((kink - shift) / scale);
      if (texture.width < kInfinity) features_.push_back({-shift / scale, texture.width / scale});
    }
  }
  return build({.lower = -kFarthestZ,
                .breaks = breaks_,
                .features = features_,
                .widest = widest_panel(texture, scale)});
}

const QuadratureRule& GaussianRule::build(const Panels& panels) {
  graded_edges(panels.lower, kFarthestZ, panels.breaks, panels.features, panels.widest, edges_);
  gauss_legendre(edges_, rule_);
  for (std::size_t i = 0; i < rule_.nodes.size(); ++i) {
    rule_.weights[i] *= normal_density(rule_.nodes[i]);
  }
  return rule_;
}

const QuadratureRule& GaussianRule::build_period(double period, double scale) {
  constexpr int kPhases = 32;  // exact for 31 harmonics; products of activations have 4
  rule_.nodes.clear();
  rule_.weights.clear();
  for (int i = 0; i < kPhases; ++i) {
    rule_.nodes.push_back(period / scale * (i + 0.5) / kPhases);
    rule_.weights.push_back(1.0 / kPhases);
  }
  return rule_;
}

}  // namespace initbench
