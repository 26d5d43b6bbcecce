#include "experiment/theory_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

#include "base/errors.h"
#include "experiment/sample_statistics.h"
#include "experiment/trial.h"
#include "init/layer_laws.h"

namespace initbench {
namespace {

std::vector<MeasuredNode> measured_pools(const Network& network, const Tape& tape) {
  std::vector<MeasuredNode> measured;
  for (NodeId id = 1; id <= network.output(); ++id) {
    if (!std::holds_alternative<PoolOp>(network.node(id).operation)) continue;
    if (!tape.value(id).allFinite()) continue;
    measured.push_back({id, measure_values(network, id, tape.value(id))});
  }
  return measured;
}

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

/// ||dl/dz||^2 over that of the next layer, or nothing after the last one.
std::optional<double> measured_delta_ratio(const TheorySample& sample, std::size_t layer) {
  if (layer + 1 >= sample.measured.size()) return std::nullopt;
  const double next = sample.measured[layer + 1].delta_squared;
  const double ratio = sample.measured[layer].delta_squared / next;
  if (!(next > 0) || !std::isfinite(ratio)) return std::nullopt;
  return ratio;
}

double square(double x) { return x * x; }

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// ln(measured / predicted) of figures that are at least 0: infinite when just one of the two is 0,
/// or is no such figure at all.
double log_error(double measured, double predicted) {
  if (measured == 0 && predicted == 0) return 0;  // exact zeros agree
  if (!(predicted > 0) || std::isinf(measured)) return kInfinity;
  return measured > 0 ? std::log(measured / predicted) : -kInfinity;
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

/// What finite widths and float shift, as a share: no layer's numbers are meant more exactly.
double width_bias(std::span<const TheorySample> samples, std::size_t layer) {
  double bias = 1e-5;
  for (std::size_t i = 0; i <= layer; ++i) {
    bias = std::max(bias, samples.front().predicted.layers[i].width_bias);
  }
  return bias;
}

/// Deep networks' second moments are products of many factors, so their logarithm is compared, and
/// expected below that of the mean by half its variance: what the seeds show, at most what theory
/// allows. Samples of one network may fluctuate together or apart; this holds for both.
std::optional<double> z_score(std::span<const TheorySample> samples, std::size_t layer,
                              double spread) {
  std::vector<double> logs;
  for (const TheorySample& sample : samples) {
    const std::optional<double>& predicted = sample.predicted.layers[layer].pre_second_moment;
    const double measured = sample.measured[layer].pre_second_moment;
    if (!predicted) return std::nullopt;
    const double error = log_error(measured, *predicted);
    if (std::isinf(error)) return error;
    logs.push_back(error);
  }
  const SampleStatistics seen = sample_statistics(logs);
  const double allowed = std::log1p(spread);
  const double variance = std::min(square(seen.deviation.value_or(std::sqrt(allowed))), allowed);
  const double bias = width_bias(samples, layer);
  const auto count = static_cast<double>(logs.size());
  return (seen.mean.value_or(0) + variance / 2) / std::sqrt(allowed / count + bias * bias);
}

/// The same of figures of which theory predicts no spread: by that of the seeds, Student's t, as a
/// normal deviate. `bias` is what finite widths may shift the logarithm by. Empty when a sample
/// lacks a figure, and for fewer than three.
template <typename Predicted, typename Measured>
std::optional<double> z_by_seeds(std::span<const TheorySample> samples, double bias,
                                 Predicted predicted, Measured measured) {
  constexpr std::size_t kFewestSeeds = 3;
  std::vector<double> logs;
  for (const TheorySample& sample : samples) {
    const std::optional<double> expected = predicted(sample);
    const std::optional<double> found = measured(sample);
    if (!expected || !found) return std::nullopt;
    logs.push_back(log_error(*found, *expected));
  }
  if (logs.size() < kFewestSeeds) return std::nullopt;
  const auto infinite =
      std::find_if(logs.begin(), logs.end(), [](double error) { return std::isinf(error); });
  if (infinite != logs.end()) return *infinite;
  const SampleStatistics seen = sample_statistics(logs);
  if (!seen.mean || !seen.deviation) return std::nullopt;
  const auto count = static_cast<double>(logs.size());
  const double variance = square(*seen.deviation);
  const double t = (*seen.mean + variance / 2) / std::sqrt(variance / count + bias * bias);
  return normal_deviate(t, count - 1);
}

/// Of 1 - cosine, whose relative errors grow from layer to layer. Theory counts pairs of samples by
/// their lengths, and measurement each once.
std::optional<double> cosine_z(std::span<const TheorySample> samples, std::size_t layer) {
  double bias = 1e-2;
  for (std::size_t i = 0; i <= layer; ++i) bias += samples.front().predicted.layers[i].width_bias;
  constexpr double kDigits = 1e-6;  // that float leaves of 1 - cosine
  const double first = samples.front().predicted.layers[layer].pre_gap.value_or(0);
  bias += kDigits / std::max(first, kDigits);
  return z_by_seeds(
      samples, bias,
      [&](const TheorySample& sample) -> std::optional<double> {
        const std::optional<double>& gap = sample.predicted.layers[layer].pre_gap;
        return gap ? std::optional(std::max(*gap, kDigits)) : std::nullopt;
      },
      [&](const TheorySample& sample) -> std::optional<double> {
        const std::optional<double>& cosine = sample.measured[layer].pre_cosine;
        return cosine ? std::optional(std::max(1 - *cosine, kDigits)) : std::nullopt;
      });
}

std::optional<double> delta_ratio_z(std::span<const TheorySample> samples, std::size_t layer) {
  double bias = 1e-5;
  for (std::size_t i = layer; i < std::min(layer + 2, samples.front().measured.size()); ++i) {
    bias += samples.front().predicted.layers[i].width_bias;
  }
  if (layer + 1 < samples.front().measured.size()) {
    bias += samples.front().predicted.layers[layer + 1].divisor_bias;
  }
  return z_by_seeds(
      samples, bias,
      [&](const TheorySample& sample) { return sample.predicted.layers[layer].delta_ratio; },
      [&](const TheorySample& sample) { return measured_delta_ratio(sample, layer); });
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
    row.z_score = z_score(samples, layer, *row.spread);
  }
  row.cosine_z = cosine_z(samples, layer);
  row.delta_ratio_z = delta_ratio_z(samples, layer);
  return row;
}

}  // namespace

TheorySample theory_sample(const ExperimentConfig& config, const StepView& first_step,
                           std::span<const LayerStatistics> statistics) {
  const Network& network = first_step.network;
  expects(statistics.size() == network.layers().size(), "the statistics of every layer");
  TheorySample sample{.predicted = predict(network, laws_of(network, layer_inits(config, network)),
                                           measure_input(network, first_step.tape.value(0)),
                                           measured_pools(network, first_step.tape)),
                      .measured = {}};
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    sample.measured.push_back(
        layer_moments(network, network.layers()[i], first_step.tape, statistics[i]));
  }
  return sample;
}

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
