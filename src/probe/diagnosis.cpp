#include "probe/diagnosis.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "theory/dead_units.h"
#include "theory/gaussian_moments.h"
#include "theory/mean_field.h"

namespace initbench {
namespace {

/// How much the logarithm of a squared length varies between draws of the weights, layers of these
/// widths given: its mean falls by `drift`.
struct WidthLuck {
  double drift = 0;
  double deviation = 0;
};

// The v of 1 + v / n, E[M^2] / E[M]^2 of one layer: 5 of relu under He's law, forwards and
// backwards, 2 of a linear layer.
constexpr double kReluFluctuation = 5;
constexpr double kLinearFluctuation = 2;

/// Of the signal or of gradients, whichever is larger, for normal weights.
double fluctuation(const LayerSnapshot& layer) {
  const double q = layer.statistics.pre_m2;
  constexpr double kSmallest = 1e-8;
  constexpr double kLargest = 1e8;
  if (is_homogeneous(layer.activation) || !(q > kSmallest && q < kLargest)) {
    return layer.activation.kind == ActivationKind::linear ? kLinearFluctuation : kReluFluctuation;
  }
  const GaussianMoments moments = gaussian_moments(layer.activation, q);
  const double backward = kLinearFluctuation + 3 * moments.slope_spread;
  return std::min(std::max(moments.relative_spread, backward), kReluFluctuation);
}

template <typename Fluctuation>
WidthLuck width_luck(const Snapshot& snapshot, Fluctuation fluctuation_of) {
  WidthLuck luck;
  double variance = 0;
  for (const LayerSnapshot& layer : snapshot.layers) {
    if (layer.type == "output" || layer.type == "projection") continue;
    const auto units = static_cast<double>(layer.units);
    const double v = fluctuation_of(layer);
    luck.drift += v / 2 / units;
    variance += std::log1p(v / units);
  }
  luck.deviation = std::sqrt(variance);
  return luck;
}

class Diagnosis {
 public:
  Diagnosis(const Snapshot& snapshot, const Thresholds& thresholds)
      : snapshot_(snapshot),
        thresholds_(thresholds),
        luck_(width_luck(snapshot, fluctuation)),
        reference_(snapshot.path.empty() ? 0 : snapshot.path.front().second_moment) {}

  std::vector<Finding> run() {
    find_copies();
    find_dead_units();
    find_explosion();
    find_vanishing();
    find_saturation();
    find_gradients();
    find_chaos();
    find_collapse();
    drop_consequences();
    std::sort(findings_.begin(), findings_.end(),
              [](const Finding& a, const Finding& b) { return a.condition < b.condition; });
    return std::move(findings_);
  }

 private:
  void add(Condition condition, const std::string& layer, double value, double threshold) {
    findings_.push_back({.condition = condition,
                         .layer = layer,
                         .step = snapshot_.step,
                         .value = value,
                         .threshold = threshold});
  }
  bool has(Condition condition) const {
    return std::any_of(findings_.begin(), findings_.end(),
                       [&](const Finding& finding) { return finding.condition == condition; });
  }
  void drop(std::initializer_list<Condition> conditions) {
    std::erase_if(findings_, [&](const Finding& finding) {
      return std::find(conditions.begin(), conditions.end(), finding.condition) != conditions.end();
    });
  }

  bool falls_beyond_luck(double ratio) const {
    return 2 * std::log(ratio) < -(luck_.drift + thresholds_.width_deviations * luck_.deviation);
  }
  bool grows_beyond_luck(double ratio) const {
    return 2 * std::log(ratio) > thresholds_.width_deviations * luck_.deviation;
  }

  void find_copies() {
    for (const LayerSnapshot& layer : snapshot_.layers) {
      const LayerStatistics& s = layer.statistics;
      // Outputs differ by their targets. The last weights of a branch may start at zero on purpose;
      // without a gradient that does not say whether they will part.
      const bool unclear = layer.ends_branch && s.grad_weight_norm == 0;
      if (layer.type == "output" || unclear) continue;
      if (!(s.identical_frac > thresholds_.symmetric)) continue;
      add(Condition::symmetric, layer.name, s.identical_frac, thresholds_.symmetric);
      return;
    }
  }

  void find_dead_units() {
    for (const LayerSnapshot& layer : snapshot_.layers) {
      if (!is_rectifier(layer.activation)) continue;
      // Each unit of a symmetric law is dead with a chance of at most 1/2, at a collapsed batch;
      // one deviation more, because every layer has its chance.
      const double luck =
          (thresholds_.width_deviations + 1) * 0.5 / std::sqrt(static_cast<double>(layer.units));
      const double share = layer.statistics.dead_frac;
      if (!(share > thresholds_.dead_units)) continue;
      if (share < 1 && !(share > thresholds_.dead_units + luck)) continue;
      add(Condition::dead_units, layer.name, share, thresholds_.dead_units);
      a_layer_is_dead_ = a_layer_is_dead_ || share >= 1;
      return;
    }
  }

  void find_explosion() {
    const double threshold = snapshot_.blocks > 0 ? thresholds_.exploding_residual_activations
                                                  : thresholds_.exploding_activations;
    for (const LayerSnapshot& layer : snapshot_.layers) {
      if (layer.statistics.nonfinite == 0) continue;
      add(Condition::exploding_activations, layer.name, std::numeric_limits<double>::infinity(),
          threshold);
      return;
    }
    if (!(reference_ > 0)) return;
    std::vector<std::pair<std::string, double>> ratios;
    for (std::size_t i = 1; i < snapshot_.path.size(); ++i) {
      ratios.emplace_back(snapshot_.path[i - 1].layer,
                          std::sqrt(snapshot_.path[i].second_moment / reference_));
    }
    ratios.emplace_back(snapshot_.layers.back().name,
                        std::sqrt(snapshot_.output_second_moment / reference_));
    double largest = 0;
    std::string begin;
    for (const auto& [layer, ratio] : ratios) {
      if (begin.empty() && ratio > threshold && grows_beyond_luck(ratio)) begin = layer;
      largest = std::max(largest, ratio);
    }
    if (!begin.empty()) add(Condition::exploding_activations, begin, largest, threshold);
  }

  void find_vanishing() {
    if (snapshot_.path.size() < 2 || !(reference_ > 0)) return;
    const double threshold = thresholds_.vanishing_activations;
    const auto ratio = [&](std::size_t i) {
      return std::sqrt(snapshot_.path[i].second_moment / reference_);
    };
    std::size_t begin = snapshot_.path.size() - 1;
    const double last = ratio(begin);
    if (!(last < threshold) || !falls_beyond_luck(last)) return;
    while (begin > 1 && ratio(begin - 1) < threshold) --begin;
    add(Condition::vanishing_activations, snapshot_.path[begin - 1].layer, last, threshold);
  }

  void find_saturation() {
    for (const LayerSnapshot& layer : snapshot_.layers) {
      if (!is_bounded(layer.activation) || layer.activation.kind == ActivationKind::sin) continue;
      double share = layer.statistics.act_sat_frac.value_or(0);
      // The lower end of a rectifier's range is its rest.
      if (is_rectifier(layer.activation)) share -= layer.statistics.act_zero_frac;
      // One that is linear up to its bounds may be flat for as many again: the rest passes
      // gradients in full, and at the edge of chaos half of it is beyond them.
      const bool clips =
          !is_rectifier(layer.activation) && !activation_row(layer.activation.kind).kinks.empty();
      const double threshold = clips ? (1 + thresholds_.saturated) / 2 : thresholds_.saturated;
      if (!(share > threshold)) continue;
      add(Condition::saturated, layer.name, share, threshold);
      return;
    }
  }

  /// Gradient norms from the first layer's pre-activations to what the last layer reads.
  std::vector<double> gradient_norms() const {
    std::vector<double> norms;
    if (snapshot_.first_delta_norm) norms.push_back(*snapshot_.first_delta_norm);
    for (const SignalPoint& point : snapshot_.path) {
      if (point.gradient_norm) norms.push_back(*point.gradient_norm);
    }
    return norms;
  }

  void find_gradients() {
    const std::vector<double> norms = gradient_norms();
    if (norms.size() < 2 || !(norms.back() > 0)) return;
    const double ratio = norms.front() / norms.back();
    const std::string& first = snapshot_.layers.front().name;
    if (ratio < thresholds_.vanishing_gradients && falls_beyond_luck(ratio)) {
      add(Condition::vanishing_gradients, first, ratio, thresholds_.vanishing_gradients);
    }
    if (ratio > thresholds_.exploding_gradients && grows_beyond_luck(ratio)) {
      add(Condition::exploding_gradients, first, ratio, thresholds_.exploding_gradients);
    }
  }

  /// The Jacobian from an early to a late point of the path, relative to the lengths there: what a
  /// small relative difference grows to.
  void find_chaos() {
    const bool can_be =
        std::any_of(snapshot_.layers.begin(), snapshot_.layers.end(),
                    [](const LayerSnapshot& layer) { return !is_homogeneous(layer.activation); });
    const auto first = std::find_if(snapshot_.path.begin(), snapshot_.path.end(),
                                    [](const SignalPoint& p) { return p.gradient_norm; });
    if (!can_be || first == snapshot_.path.end()) return;
    const SignalPoint& last = snapshot_.path.back();
    if (!(last.second_moment > 0) || !(*last.gradient_norm > 0)) return;
    const double sensitivity = *first->gradient_norm / *last.gradient_norm *
                               std::sqrt(first->second_moment / last.second_moment);
    const WidthLuck linear_luck =
        width_luck(snapshot_, [](const LayerSnapshot&) { return kLinearFluctuation; });
    const double luck = std::sqrt(2.0) * linear_luck.deviation;  // both ways
    const bool beyond_luck = 2 * std::log(sensitivity) > thresholds_.width_deviations * luck;
    if (!(sensitivity > thresholds_.chaotic) || !beyond_luck) return;
    add(Condition::chaotic, last.layer, sensitivity, thresholds_.chaotic);
  }

  void find_collapse() {
    if (snapshot_.path.size() < 2) return;
    const SignalPoint& first = snapshot_.path.front();
    const SignalPoint& last = snapshot_.path.back();
    if (!first.gap || !last.gap || !(*first.gap > 0)) return;
    const double ratio = *last.gap / *first.gap;
    // The gap is that of squared lengths.
    if (!(ratio < thresholds_.rank_collapse) || !falls_beyond_luck(std::sqrt(ratio))) return;
    add(Condition::rank_collapse, last.layer, ratio, thresholds_.rank_collapse);
  }

  /// What follows from copies or from a silent layer is not said once more.
  void drop_consequences() {
    using enum Condition;
    if (has(symmetric)) drop({dead_units});
    if (has(symmetric) || a_layer_is_dead_) {
      drop({vanishing_activations, vanishing_gradients, rank_collapse});
    }
  }

  const Snapshot& snapshot_;
  const Thresholds& thresholds_;
  WidthLuck luck_;
  double reference_;  // second moment of the data
  bool a_layer_is_dead_ = false;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> diagnose(const Snapshot& snapshot, const Thresholds& thresholds) {
  if (snapshot.layers.empty()) return {};
  return Diagnosis(snapshot, thresholds).run();
}

}  // namespace initbench
