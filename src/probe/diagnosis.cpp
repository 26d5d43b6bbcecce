#include "probe/diagnosis.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "probe/crossing.h"
#include "probe/width_chance.h"
#include "theory/dead_units.h"
#include "theory/mean_field.h"

namespace initbench {
namespace {

class Examination {
 public:
  Examination(const Snapshot& snapshot, const Thresholds& thresholds)
      : snapshot_(snapshot),
        thresholds_(thresholds),
        chance_(width_chance(snapshot, thresholds.width_deviations)),
        reference_(snapshot.path.empty() ? 0 : snapshot.path.front().second_moment) {
    const auto normed = std::find_if(snapshot.path.begin(), snapshot.path.end(),
                                     [](const SignalPoint& point) { return point.is_normed; });
    if (normed != snapshot.path.end()) normed_reference_ = normed->second_moment;
  }

  Diagnosis run() {
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
    return {.findings = std::move(findings_), .readings = std::move(readings_)};
  }

 private:
  double threshold_of(Condition condition) const {
    return initbench::threshold_of(condition, thresholds_, snapshot_.blocks > 0);
  }
  /// Notes a figure whether or not it is beyond its threshold.
  void note(Condition condition, const FigureAt& figure, double threshold) {
    readings_.push_back({.condition = condition,
                         .layer = figure.layer,
                         .value = figure.value,
                         .threshold = threshold});
  }
  void note(Condition condition, const FigureAt& figure) {
    note(condition, figure, threshold_of(condition));
  }
  /// The one that is nearest.
  void note(const std::vector<Reading>& by_layer) {
    if (!by_layer.empty()) readings_.push_back(nearest_of(by_layer));
  }
  Finding& add(Condition condition, const FigureAt& figure, double threshold) {
    findings_.push_back({.condition = condition,
                         .layer = figure.layer,
                         .step = snapshot_.step,
                         .value = figure.value,
                         .threshold = threshold});
    return findings_.back();
  }
  void add(Condition condition, const Crossing& crossing, double threshold, double chance) {
    Finding& finding = add(condition, crossing.begin, threshold);
    if (crossing.worst.value != crossing.begin.value) finding.worst = crossing.worst;
    finding.chance = chance;
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

  void find_copies() {
    std::vector<Reading> by_layer;
    bool is_found = false;
    for (const LayerSnapshot& layer : snapshot_.layers) {
      const LayerStatistics& s = layer.statistics;
      // Outputs differ by their targets. The last weights of a branch may start at zero on purpose;
      // without a gradient that does not say whether they will part.
      const bool unclear = layer.ends_branch && s.grad_weight_norm == 0;
      if (layer.role == LayerRole::output || unclear) continue;
      by_layer.push_back({.condition = Condition::symmetric,
                          .layer = layer.name,
                          .value = s.identical_frac,
                          .threshold = thresholds_.symmetric});
      if (is_found || !(s.identical_frac > thresholds_.symmetric)) continue;
      add(Condition::symmetric, {layer.name, s.identical_frac}, thresholds_.symmetric);
      is_found = true;
    }
    note(by_layer);
  }

  void find_dead_units() {
    std::vector<Reading> by_layer;
    bool is_found = false;
    for (const LayerSnapshot& layer : snapshot_.layers) {
      if (!is_rectifier(layer.activation)) continue;
      // Each unit of a symmetric law is dead with a chance of at most 1/2, at a collapsed batch;
      // one deviation more, because every layer has its chance.
      const double luck =
          (thresholds_.width_deviations + 1) * 0.5 / std::sqrt(static_cast<double>(layer.units));
      const double share = layer.statistics.dead_frac;
      by_layer.push_back({.condition = Condition::dead_units,
                          .layer = layer.name,
                          .value = share,
                          .threshold = thresholds_.dead_units});
      if (is_found || !(share > thresholds_.dead_units)) continue;
      if (share < 1 && !(share > thresholds_.dead_units + luck)) continue;
      add(Condition::dead_units, {layer.name, share}, thresholds_.dead_units);
      if (share < 1) findings_.back().chance = thresholds_.dead_units + luck;
      a_layer_is_dead_ = a_layer_is_dead_ || share >= 1;
      is_found = true;
    }
    note(by_layer);
  }

  void find_explosion() {
    const double threshold = threshold_of(Condition::exploding_activations);
    for (const LayerSnapshot& layer : snapshot_.layers) {
      if (layer.statistics.nonfinite == 0) continue;
      const FigureAt figure{layer.name, std::numeric_limits<double>::infinity()};
      note(Condition::exploding_activations, figure);
      add(Condition::exploding_activations, figure, threshold);
      return;
    }
    if (!(reference_ > 0)) return;
    constexpr Condition condition = Condition::exploding_activations;
    std::vector<FigureAt> ratios = signal_ratios(condition);
    ratios.push_back(
        {snapshot_.layers.back().name, std::sqrt(snapshot_.output_second_moment /
                                                 reference_of(snapshot_.path.back(), condition))});
    const auto is_shorter = [](const FigureAt& a, const FigureAt& b) { return a.value < b.value; };
    note(Condition::exploding_activations,
         *std::max_element(ratios.begin(), ratios.end(), is_shorter));
    const double limit = std::max(threshold, chance_.largest);
    const auto begin = std::find_if(ratios.begin(), ratios.end(),
                                    [&](const FigureAt& f) { return f.value > limit; });
    if (begin == ratios.end()) return;
    const auto largest = std::max_element(begin, ratios.end(), is_shorter);
    add(Condition::exploding_activations, {*begin, *largest}, threshold, chance_.largest);
  }

  void find_vanishing() {
    if (!(reference_ > 0)) return;
    const std::vector<FigureAt> ratios = signal_ratios(Condition::vanishing_activations);
    if (!ratios.empty()) note(Condition::vanishing_activations, ratios.back());
    const double threshold = thresholds_.vanishing_activations;
    if (const auto crossing = last_fall(ratios, threshold, chance_.smallest)) {
      add(Condition::vanishing_activations, *crossing, threshold, chance_.smallest);
    }
  }

  /// Behind a norm, lengths are those of the data or of where the first norm set them anew: only
  /// what is far from both is a finding.
  double reference_of(const SignalPoint& point, Condition condition) const {
    if (!point.is_normed || !(normed_reference_ > 0)) return reference_;
    return condition == Condition::exploding_activations ? std::max(reference_, normed_reference_)
                                                         : std::min(reference_, normed_reference_);
  }

  /// rms of what each layer hands on over that reference.
  std::vector<FigureAt> signal_ratios(Condition condition) const {
    std::vector<FigureAt> ratios;
    for (std::size_t i = 1; i < snapshot_.path.size(); ++i) {
      ratios.push_back(
          {snapshot_.path[i - 1].layer, std::sqrt(snapshot_.path[i].second_moment /
                                                  reference_of(snapshot_.path[i], condition))});
    }
    return ratios;
  }

  void find_saturation() {
    std::vector<Reading> by_layer;
    bool is_found = false;
    for (const LayerSnapshot& layer : snapshot_.layers) {
      if (!can_saturate(layer.activation)) continue;
      double share = layer.statistics.act_sat_frac.value_or(0);
      // The lower end of a rectifier's range is its rest.
      if (is_rectifier(layer.activation)) share -= layer.statistics.act_zero_frac;
      const double threshold = saturation_threshold(layer.activation, thresholds_);
      by_layer.push_back({.condition = Condition::saturated,
                          .layer = layer.name,
                          .value = share,
                          .threshold = threshold});
      if (is_found || !(share > threshold)) continue;
      add(Condition::saturated, {layer.name, share}, threshold);
      is_found = true;
    }
    note(by_layer);
  }

  /// Gradient norms over that at what the last layer reads, from there back to the first layer's
  /// pre-activations.
  std::vector<FigureAt> gradient_ratios() const {
    std::vector<FigureAt> ratios;
    for (auto point = snapshot_.path.rbegin(); point != snapshot_.path.rend(); ++point) {
      if (point->gradient_norm) ratios.push_back({point->layer, *point->gradient_norm});
    }
    if (snapshot_.first_delta_norm) {
      ratios.push_back({snapshot_.layers.front().name, *snapshot_.first_delta_norm});
    }
    const double last = ratios.empty() ? 0 : ratios.front().value;
    if (!(last > 0)) return {};
    for (FigureAt& ratio : ratios) ratio.value /= last;
    return ratios;
  }

  void find_gradients() {
    const std::vector<FigureAt> ratios = gradient_ratios();
    if (ratios.size() > 1) {
      note(Condition::exploding_gradients, ratios.back());
      note(Condition::vanishing_gradients, ratios.back());
    }
    const double low = thresholds_.vanishing_gradients;
    if (const auto fall = last_fall(ratios, low, chance_.smallest)) {
      add(Condition::vanishing_gradients, *fall, low, chance_.smallest);
    }
    const double high = thresholds_.exploding_gradients;
    if (const auto rise = last_rise(ratios, high, chance_.largest)) {
      add(Condition::exploding_gradients, *rise, high, chance_.largest);
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
    std::vector<FigureAt> sensitivities;
    for (auto point = first + 1; point != snapshot_.path.end(); ++point) {
      if (!(point->second_moment > 0) || !(*point->gradient_norm > 0)) return;
      sensitivities.push_back(
          {(point - 1)->layer, *first->gradient_norm / *point->gradient_norm *
                                   std::sqrt(first->second_moment / point->second_moment)});
    }
    if (!sensitivities.empty()) note(Condition::chaotic, sensitivities.back());
    const double chance = chance_of_sensitivity(snapshot_, thresholds_.width_deviations);
    if (const auto rise = last_rise(sensitivities, thresholds_.chaotic, chance)) {
      add(Condition::chaotic, *rise, thresholds_.chaotic, chance);
    }
  }

  void find_collapse() {
    if (snapshot_.path.size() < 2) return;
    const std::optional<double>& of_data = snapshot_.path.front().gap;
    if (!of_data || !(*of_data > 0)) return;
    std::vector<FigureAt> ratios;
    for (std::size_t i = 1; i < snapshot_.path.size(); ++i) {
      const SignalPoint& point = snapshot_.path[i];
      ratios.push_back(
          {snapshot_.path[i - 1].layer,
           point.gap ? *point.gap / *of_data : std::numeric_limits<double>::quiet_NaN()});
    }
    if (snapshot_.path.back().gap) note(Condition::rank_collapse, ratios.back());
    const double chance = chance_.smallest * chance_.smallest;  // gaps are of squared lengths
    if (const auto fall = last_fall(ratios, thresholds_.rank_collapse, chance)) {
      add(Condition::rank_collapse, *fall, thresholds_.rank_collapse, chance);
    }
  }

  /// What follows from copies or from a silent layer is not said once more.
  void drop_consequences() {
    using enum Condition;
    // Copies are dead together from the start; what training killed looks alike only after that.
    if (has(symmetric) && snapshot_.step == 0) drop({dead_units});
    if (has(symmetric) || a_layer_is_dead_) {
      drop({vanishing_activations, vanishing_gradients, rank_collapse});
    }
  }

  const Snapshot& snapshot_;
  const Thresholds& thresholds_;
  WidthChance chance_;
  double reference_;             // second moment of the data
  double normed_reference_ = 0;  // of what is read behind the first norm
  bool a_layer_is_dead_ = false;
  std::vector<Finding> findings_;
  std::vector<Reading> readings_;
};

}  // namespace

Diagnosis examine(const Snapshot& snapshot, const Thresholds& thresholds) {
  if (snapshot.layers.empty()) return {};
  return Examination(snapshot, thresholds).run();
}

std::vector<Finding> diagnose(const Snapshot& snapshot, const Thresholds& thresholds) {
  return examine(snapshot, thresholds).findings;
}

}  // namespace initbench
