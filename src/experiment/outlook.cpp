#include "experiment/outlook.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/decimal.h"
#include "experiment/theory_check.h"
#include "experiment/trial.h"
#include "init/layer_laws.h"
#include "init/wording.h"
#include "probe/similarity.h"
#include "theory/dead_units.h"
#include "theory/prediction.h"

namespace initbench {
namespace {

std::optional<double> ratio(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b || !(*b > 0)) return std::nullopt;
  return *a / *b;
}

std::optional<double> root(const std::optional<double>& square) {
  if (!square || *square < 0) return std::nullopt;
  return std::sqrt(*square);
}

/// Of the layers between the first and the last.
std::optional<double> product_of_chi(const std::vector<LayerPrediction>& rows) {
  double product = 1;
  for (std::size_t i = 1; i + 1 < rows.size(); ++i) {
    if (!rows[i].chi) return std::nullopt;
    product *= *rows[i].chi;
  }
  return product;
}

/// The share of N(0, q) where tanh is in the outer 3 % of its range; other bounded activations are
/// taken as like it.
double saturated_share(double q) {
  constexpr double kEnd = 2.0923;  // atanh(0.97)
  return q > 0 ? std::erfc(kEnd / std::sqrt(2 * q)) : 0;
}

bool saturates(const Activation& activation) {
  return is_bounded(activation) && activation.kind != ActivationKind::sin;
}

Matrix some_inputs(const Dataset& set) {
  constexpr Index kSamples = 64;
  std::vector<Index> samples(static_cast<std::size_t>(std::min(set.size, kSamples)));
  std::iota(samples.begin(), samples.end(), Index{0});
  Matrix x(set.shape.features(), static_cast<Index>(samples.size()));
  gather_inputs(set, samples, MatrixView(x.data(), x.rows(), x.cols()));
  return x;
}

/// The square of `signal`: what the last layer reads follows from what it makes of it.
std::optional<double> predicted_signal(const std::vector<LayerPrediction>& rows,
                                       const Network& network, const LayerLaw& last_law,
                                       double data) {
  const double scale =
      static_cast<double>(network.layers().back().fans.in) * last_law.weight_variance.value_or(0);
  const std::optional<double>& made = rows.back().pre_second_moment;
  if (made && scale > 0) {
    return ratio((*made - last_law.bias_variance.value_or(0)) / scale, data);
  }
  // Theory may end at a pooling; up to there it says enough.
  return ratio(rows[rows.size() - 2].act_second_moment, data);
}

/// What the data's samples are like.
struct DataFigures {
  double second_moment = 0;
  std::optional<double> gap;  // 1 - mean cosine
};

Outlook predicted_outlook(const NetworkPrediction& prediction, const Network& network,
                          const std::vector<LayerLaw>& laws, const DataFigures& data) {
  Outlook outlook{.residual = network.layers().back().position.blocks > 0};
  const std::vector<LayerPrediction>& rows = prediction.layers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    outlook.dead = std::max(outlook.dead, rows[i].dead_fraction.value_or(0));
    if (!saturates(network.layers()[i].activation)) continue;
    outlook.saturated =
        std::max(outlook.saturated, saturated_share(rows[i].pre_second_moment.value_or(0)));
  }
  if (rows.size() < 2) return outlook;
  outlook.signal = root(predicted_signal(rows, network, laws.back(), data.second_moment));
  const LayerPrediction& before_last = rows[rows.size() - 2];
  outlook.gradient = root(ratio(rows.front().delta_share, before_last.delta_share));
  if (!outlook.gradient) outlook.gradient = root(product_of_chi(rows));
  outlook.gap = ratio(before_last.act_gap, data.gap);
  return outlook;
}

/// How much of the way from 1 to the threshold, in the logarithm; values on the other side of 1
/// have gone none.
double way(double value, double threshold) {
  const double whole = std::log(threshold);
  if (std::isnan(value) || whole == 0) return std::numeric_limits<double>::infinity();
  return std::max(0.0, std::log(value) / whole);
}

}  // namespace

Forecast forecast(const ExperimentConfig& config, const Dataset& train_set) {
  const Network network = build_network(config, train_set);
  const std::vector<LayerInit> inits = layer_inits(config, network);
  check_schemes(network, inits);
  const std::vector<LayerLaw> laws = laws_of(network, inits);
  const Matrix x = some_inputs(train_set);
  const ConstMatrixView samples(x.data(), x.rows(), x.cols());
  const ValueMoments input = measure_input(network, samples);
  const DataFigures data{.second_moment = input.second_moment.mean(),
                         .gap = mean_gap(samples, samples.cols())};
  const NetworkPrediction prediction = predict(network, laws, input);
  const DeepLimit limit = deep_limit(config, network, prediction);
  return {.outlook = predicted_outlook(prediction, network, laws, data),
          .trainable_depth = limit.phase ? limit.phase->trainable_depth : std::nullopt};
}

Outlook measured_outlook(const Snapshot& snapshot) {
  Outlook outlook{.residual = snapshot.blocks > 0};
  for (const LayerSnapshot& layer : snapshot.layers) {
    const LayerStatistics& s = layer.statistics;
    if (is_rectifier(layer.activation)) outlook.dead = std::max(outlook.dead, s.dead_frac);
    if (!saturates(layer.activation)) continue;
    const double rest = is_rectifier(layer.activation) ? s.act_zero_frac : 0;
    outlook.saturated = std::max(outlook.saturated, s.act_sat_frac.value_or(0) - rest);
  }
  if (snapshot.path.size() < 2) return outlook;
  const SignalPoint& data = snapshot.path.front();
  const SignalPoint& last = snapshot.path.back();
  outlook.signal = root(ratio(last.second_moment, data.second_moment));
  outlook.gradient = ratio(snapshot.first_delta_norm, last.gradient_norm);
  outlook.gap = ratio(last.gap, data.gap);
  return outlook;
}

Nearest nearest_condition(const Outlook& outlook, const Thresholds& thresholds) {
  using enum Condition;
  Nearest nearest;
  const auto look = [&](Condition condition, double share, double value, double threshold) {
    if (share > nearest.share) nearest = {condition, share, value, threshold};
  };
  const auto look_at_ratio = [&](Condition condition, std::optional<double> value,
                                 double threshold) {
    if (value) look(condition, way(*value, threshold), *value, threshold);
  };
  look_at_ratio(vanishing_activations, outlook.signal, thresholds.vanishing_activations);
  look_at_ratio(exploding_activations, outlook.signal,
                outlook.residual ? thresholds.exploding_residual_activations
                                 : thresholds.exploding_activations);
  look_at_ratio(vanishing_gradients, outlook.gradient, thresholds.vanishing_gradients);
  look_at_ratio(exploding_gradients, outlook.gradient, thresholds.exploding_gradients);
  look_at_ratio(chaotic, ratio(outlook.gradient, outlook.signal), thresholds.chaotic);
  look_at_ratio(rank_collapse, outlook.gap, thresholds.rank_collapse);
  look(dead_units, outlook.dead / thresholds.dead_units, outlook.dead, thresholds.dead_units);
  look(saturated, outlook.saturated / thresholds.saturated, outlook.saturated,
       thresholds.saturated);
  return nearest;
}

bool is_sound(const Outlook& outlook, const Thresholds& thresholds) {
  return outlook.signal && outlook.gradient && nearest_condition(outlook, thresholds).share < 1;
}

std::string in_words(const Outlook& outlook) {
  constexpr int kDigits = 2;
  std::string text;
  const auto add = [&](std::string_view what, const std::optional<double>& value) {
    if (!value) return;
    text.append(text.empty() ? "" : ", ").append(what).append(" ");
    text += number_text(to_digits(*value, kDigits));
  };
  add("signal/data", outlook.signal);
  add("first/last gradient", outlook.gradient);
  add("(1 - cosine)/data's", outlook.gap);
  return text;
}

}  // namespace initbench
