#include "probe/run_evidence.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/moments.h"
#include "probe/layer_statistics.h"

namespace initbench {
namespace {

std::vector<double> weight_norms(const Network& network) {
  std::vector<double> norms;
  for (const Layer& layer : network.layers()) {
    norms.push_back(std::sqrt(sum_of_squares(entries(network.values_of(layer.weight)))));
  }
  return norms;
}

}  // namespace

bool EvidenceCollector::asks_whether_weights_move() const {
  return std::has_single_bit(evidence_.train.size());
}

void EvidenceCollector::on_test(const TestView& view) {
  evidence_.test_loss = view.loss;
  next_.on_test(view);
}

void EvidenceCollector::on_step(const StepView& view) {
  evidence_.train.push_back({.step = view.step, .loss = view.loss, .update_ratio = std::nullopt});
  rate_ = view.lr;
  if (asks_whether_weights_move()) weight_norms_ = weight_norms(view.network);
  if (view.step == 0 || view.step == last_step_) {
    const Snapshot snapshot = take_snapshot(view.step, view.network, view.tape, view.gradient);
    (view.step == 0 ? evidence_.at_start : evidence_.at_end.emplace()) =
        diagnose(snapshot, thresholds_);
    if (view.step == 0) {
      evidence_.width_chance = width_chance(snapshot, thresholds_.width_deviations);
    }
  }
  next_.on_step(view);
}

void EvidenceCollector::on_update(const UpdateView& view) {
  if (!asks_whether_weights_move()) return next_.on_update(view);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < view.network.layers().size(); ++i) {
    const Layer& layer = view.network.layers()[i];
    if (const auto ratio = update_ratio(view.network, layer, view.change, weight_norms_[i])) {
      ratios.push_back(*ratio);
    } else if ((view.network.values_of(layer.weight).array() == 0).all()) {
      ratios.push_back(0);  // exact zeros that stay so have not moved
    }
  }
  const bool is_held_back = rate_ == 0 && base_rate_ > 0;  // by the schedule
  if (!ratios.empty() && !is_held_back) {
    const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
    std::nth_element(ratios.begin(), middle, ratios.end());
    evidence_.train.back().update_ratio = *middle * (rate_ > 0 ? base_rate_ / rate_ : 1.0);
  }
  next_.on_update(view);
}

RunEvidence EvidenceCollector::take(const TrainResult& result) {
  evidence_.steps = result.steps;
  evidence_.divergence = result.divergence;
  if (result.divergence) evidence_.at_end.reset();
  return std::move(evidence_);
}

}  // namespace initbench
