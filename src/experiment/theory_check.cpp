#include "experiment/theory_check.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "experiment/theory_scores.h"
#include "experiment/trial.h"
#include "init/layer_laws.h"

namespace initbench {
namespace {

/// The mean, if every sample has a value.
template <typename Value>
std::optional<double> mean_over(std::span<const TheorySample> samples, Value value) {
  double sum = 0;
  for (const TheorySample& sample : samples) {
    const std::optional<double> one = value(sample);
    if (!one) return std::nullopt;
    sum += *one;
  }
  return sum / static_cast<double>(samples.size());
}

template <typename Value>
std::optional<double> geometric_mean_over(std::span<const TheorySample> samples, Value value) {
  const auto log_mean = mean_over(samples, [&](const TheorySample& sample) {
    const std::optional<double> one = value(sample);
    return one ? std::optional(std::log(*one)) : std::nullopt;
  });
  if (!log_mean) return std::nullopt;
  return std::exp(*log_mean);
}

LayerComparison compare_layer(std::span<const TheorySample> samples, std::size_t layer) {
  const auto predicted = [&](auto member) {
    return mean_over(samples, [&](const TheorySample& sample) {
      return std::optional<double>(sample.predicted.layers[layer].*member);
    });
  };
  const auto measured = [&](auto member) {
    return mean_over(samples, [&](const TheorySample& sample) {
      return std::optional<double>(sample.measured[layer].*member);
    });
  };
  const auto compared = [&](auto prediction, auto measurement) {
    return Compared{.predicted = predicted(prediction), .measured = measured(measurement)};
  };
  using P = LayerPrediction;
  using M = LayerMoments;
  // A cell is empty if any sample has no value, and so has its reason.
  const auto reason = [&](std::string LayerPrediction::*member) {
    for (const TheorySample& sample : samples) {
      const std::string& why = sample.predicted.layers[layer].*member;
      if (!why.empty()) return why;
    }
    return std::string();
  };
  LayerComparison row{.pre_m2 = compared(&P::pre_second_moment, &M::pre_second_moment),
                      .pre_var = compared(&P::pre_variance, &M::pre_variance),
                      .act_m2 = compared(&P::act_second_moment, &M::act_second_moment),
                      .act_var = compared(&P::act_variance, &M::act_variance),
                      .chi = compared(&P::chi, &M::chi),
                      .pre_cosine = compared(&P::pre_cosine, &M::pre_cosine),
                      .act_cosine = compared(&P::act_cosine, &M::act_cosine),
                      .dead_frac = compared(&P::dead_fraction, &M::dead_fraction),
                      .measured_start = samples.front().predicted.layers[layer].measured_start,
                      .reason = reason(&P::reason),
                      .delta_reason = reason(&P::delta_reason)};
  row.delta_ratio.predicted = geometric_mean_over(samples, [&](const TheorySample& sample) {
    return sample.predicted.layers[layer].delta_ratio;
  });
  row.delta_ratio.measured = geometric_mean_over(
      samples, [&](const TheorySample& sample) { return measured_delta_ratio(sample, layer); });
  if (row.pre_m2.predicted) {
    row.spread = predicted(&P::pre_spread);
    row.z_score = length_z(samples, layer, *row.spread);
  }
  const bool underflows =
      std::any_of(samples.begin(), samples.end(),
                  [&](const TheorySample& sample) { return gradients_underflow(sample, layer); });
  if (row.delta_reason.empty() && underflows) {
    row.delta_reason = "gradients there are smaller than float can hold";
  }
  row.cosine_z = cosine_z(samples, layer);
  row.delta_ratio_z = delta_ratio_z(samples, layer);
  return row;
}

}  // namespace

std::vector<LayerComparison> compare_with_theory(std::span<const TheorySample> samples) {
  expects(!samples.empty(), "at least one sample");
  std::vector<LayerComparison> rows;
  for (std::size_t layer = 0; layer < samples.front().measured.size(); ++layer) {
    rows.push_back(compare_layer(samples, layer));
  }
  return rows;
}

DeepLimit deep_limit(const ExperimentConfig& config, const Network& network,
                     const NetworkPrediction& prediction) {
  const std::vector<LayerLaw> laws = laws_of(network, layer_inits(config, network));
  const std::optional<RepeatedLayer> layer = repeated_layer(network, laws);
  if (!layer) return {.layer = {}, .phase = {}, .reason = why_none_repeats(network, laws)};
  const double start = prediction.layers[layer->first].pre_second_moment.value_or(1);
  return {.layer = layer, .phase = phase_of(layer->activation, layer->scale, start), .reason = {}};
}

}  // namespace initbench
