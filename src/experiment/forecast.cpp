#include "experiment/forecast.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/decimal.h"
#include "experiment/theory_check.h"
#include "experiment/trial.h"
#include "experiment/weight_files.h"
#include "init/layer_laws.h"
#include "init/wording.h"
#include "probe/similarity.h"
#include "theory/mean_field.h"
#include "theory/prediction.h"
#include "theory/saturated_units.h"

namespace initbench {
namespace {

Matrix some_inputs(const Dataset& set) {
  constexpr Index kSamples = 64;
  std::vector<Index> samples(static_cast<std::size_t>(std::min(set.size, kSamples)));
  std::iota(samples.begin(), samples.end(), Index{0});
  Matrix x(set.shape.features(), static_cast<Index>(samples.size()));
  gather_inputs(set, samples, MatrixView(x.data(), x.rows(), x.cols()));
  return x;
}

/// From a prediction to readings.
class Forecaster {
 public:
  Forecaster(const NetworkPrediction& prediction, const Network& network,
             const Thresholds& thresholds)
      : prediction_(prediction),
        network_(network),
        thresholds_(thresholds),
        residual_(network.layers().back().position.blocks > 0) {}

  /// `second_moment` and `gap` are those of the data.
  std::vector<Reading> run(double second_moment, std::optional<double> gap) {
    using enum Condition;
    const ArrivalPrediction& arrival = prediction_.arrival;
    const double normed = arrival.normed_second_moment.value_or(second_moment);
    add_dead_units();
    std::optional<double> signal;
    if (arrival.second_moment && std::min(second_moment, normed) > 0) {
      signal = std::sqrt(*arrival.second_moment / std::min(second_moment, normed));
    }
    std::optional<double> gradient;
    if (arrival.first_gradient) gradient = std::sqrt(*arrival.first_gradient);
    if (signal && gradient && can_be_chaotic() && second_moment > 0) {
      // The first gradient is in front of any norm, where lengths go with the data's.
      add(chaotic, *gradient / std::sqrt(*arrival.second_moment / second_moment));
    }
    add_saturation();
    if (signal) {
      add(exploding_activations,
          std::sqrt(arrival.largest_second_moment / std::max(second_moment, normed)));
    }
    if (signal) add(vanishing_activations, *signal);
    if (gradient) add(exploding_gradients, *gradient);
    if (gradient) add(vanishing_gradients, *gradient);
    if (arrival.gap && gap && *gap > 0) add(rank_collapse, *arrival.gap / *gap);
    return std::move(readings_);
  }

 private:
  void add(Condition condition, double value) {
    add(condition, "", value, threshold_of(condition, thresholds_, residual_));
  }
  void add(Condition condition, const std::string& layer, double value, double threshold) {
    readings_.push_back(
        {.condition = condition, .layer = layer, .value = value, .threshold = threshold});
  }

  bool can_be_chaotic() const {
    return std::any_of(network_.layers().begin(), network_.layers().end(),
                       [](const Layer& layer) { return !is_homogeneous(layer.activation); });
  }

  void add_dead_units() {
    const LayerPrediction* worst = nullptr;
    for (const LayerPrediction& row : prediction_.layers) {
      if (!row.dead_fraction) continue;
      if (worst == nullptr || *row.dead_fraction > *worst->dead_fraction) worst = &row;
    }
    if (worst == nullptr) return;
    add(Condition::dead_units, worst->name, *worst->dead_fraction, thresholds_.dead_units);
  }

  void add_saturation() {
    std::vector<Reading> by_layer;
    for (std::size_t i = 0; i < prediction_.layers.size(); ++i) {
      const LayerPrediction& row = prediction_.layers[i];
      const Activation& activation = network_.layers()[i].activation;
      if (!can_saturate(activation) || !row.pre_second_moment) continue;
      by_layer.push_back({.condition = Condition::saturated,
                          .layer = row.name,
                          .value = saturated_share(activation, *row.pre_second_moment),
                          .threshold = saturation_threshold(activation, thresholds_)});
    }
    if (by_layer.empty()) return;
    const Reading& worst = nearest_of(by_layer);
    add(worst.condition, worst.layer, worst.value, worst.threshold);
  }

  const NetworkPrediction& prediction_;
  const Network& network_;
  const Thresholds& thresholds_;
  bool residual_;
  std::vector<Reading> readings_;
};

std::optional<double> value_of(const std::vector<Reading>& readings, Condition condition) {
  const Reading* reading = reading_of(readings, condition);
  return reading == nullptr ? std::nullopt : std::optional(reading->value);
}

}  // namespace

bool Forecast::is_known() const { return signal_of(readings) && gradient_of(readings); }

bool Forecast::is_bad() const {
  return std::any_of(readings.begin(), readings.end(),
                     [](const Reading& reading) { return reading.share() > 1; });
}

Forecast forecast(const ExperimentConfig& config, const Dataset& train_set) {
  const Network network = build_network(config, train_set);
  const std::vector<LayerInit> inits = layer_inits(config, network);
  const LoadedWeights weights = load_weight_files(config);
  check_schemes(network, inits, &weights.files);
  const Matrix x = some_inputs(train_set);
  const ConstMatrixView samples(x.data(), x.rows(), x.cols());
  const ValueMoments input = measure_input(network, samples);
  const NetworkPrediction prediction = predict(network, laws_of(network, inits), input);
  const DeepLimit limit = deep_limit(config, network, prediction);
  return {.readings = Forecaster(prediction, network, config.diagnosis)
                          .run(input.second_moment.mean(), mean_gap(samples, samples.cols())),
          .trainable_depth = limit.phase ? limit.phase->trainable_depth : std::nullopt};
}

std::optional<double> signal_of(const std::vector<Reading>& readings) {
  return value_of(readings, Condition::vanishing_activations);
}

std::optional<double> gradient_of(const std::vector<Reading>& readings) {
  return value_of(readings, Condition::vanishing_gradients);
}

std::optional<double> gap_of(const std::vector<Reading>& readings) {
  return value_of(readings, Condition::rank_collapse);
}

std::string in_words(const std::vector<Reading>& readings) {
  constexpr int kDigits = 2;
  std::string text;
  const auto add = [&](std::string_view what, const std::optional<double>& value) {
    if (!value) return;
    text.append(text.empty() ? "" : ", ").append(what).append(" ");
    text += number_text(to_digits(*value, kDigits));
  };
  add("signal/data", signal_of(readings));
  add("first/last gradient", gradient_of(readings));
  add("(1 - cosine)/data's", gap_of(readings));
  return text;
}

}  // namespace initbench
