#include "experiment/advice.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "experiment/config_json.h"
#include "experiment/trial.h"
#include "init/layer_laws.h"
#include "theory/prediction.h"

namespace initbench {
namespace {

/// Two significant digits.
std::string rounded(double value) {
  constexpr int kDigits = 2;
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::general, kDigits);
  return {text.data(), end.ptr};
}

/// What theory says of a network, in the figures of diagnosis.
struct Outlook {
  std::optional<double> signal;    // rms before the last layer over that of the data
  std::optional<double> gradient;  // norm at the first layer over that at the last but one
  std::optional<double> gap;       // 1 - cosine before the last layer over that of the data
  double longest = 0;              // largest second moment of an input of a bounded activation
  double dead = 0;                 // largest expected share of dead units
};

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

Outlook outlook_of(const ExperimentConfig& config, const Dataset& set) {
  constexpr Index kSamples = 64;
  const Network network = build_network(config, set);
  const std::vector<LayerInit> inits = layer_inits(config, network);
  check_schemes(network, inits);
  const std::vector<LayerLaw> laws = laws_of(network, inits);
  std::vector<Index> samples(static_cast<std::size_t>(std::min(set.size, kSamples)));
  std::iota(samples.begin(), samples.end(), Index{0});
  Matrix x(set.shape.features(), static_cast<Index>(samples.size()));
  gather_inputs(set, samples, MatrixView(x.data(), x.rows(), x.cols()));
  const ValueMoments input = measure_input(network, ConstMatrixView(x.data(), x.rows(), x.cols()));
  const NetworkPrediction prediction = predict(network, laws, input);

  Outlook outlook;
  const std::vector<LayerPrediction>& rows = prediction.layers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    outlook.dead = std::max(outlook.dead, rows[i].dead_fraction.value_or(0));
    const bool bounded = is_bounded(network.layers()[i].activation);
    if (bounded) outlook.longest = std::max(outlook.longest, rows[i].pre_second_moment.value_or(0));
  }
  if (rows.size() < 2) return outlook;
  const LayerPrediction& last = rows.back();
  const double scale = static_cast<double>(network.layers().back().fans.in) *
                       laws.back().weight_variance.value_or(0);
  if (last.pre_second_moment && scale > 0) {
    const double read = (*last.pre_second_moment - laws.back().bias_variance.value_or(0)) / scale;
    outlook.signal = root(ratio(read, input.second_moment.mean()));
  }
  const LayerPrediction& before_last = rows[rows.size() - 2];
  outlook.gradient = root(ratio(rows.front().delta_share, before_last.delta_share));
  // Theory may end at a pooling; up to there it says enough.
  if (!outlook.signal) {
    outlook.signal = root(ratio(before_last.act_second_moment, input.second_moment.mean()));
  }
  if (!outlook.gradient) outlook.gradient = root(product_of_chi(rows));
  outlook.gap = ratio(before_last.act_gap, input.gap);
  return outlook;
}

bool is_sound(const Outlook& outlook, const Thresholds& thresholds) {
  constexpr double kLongest = 4;  // tanh is in the outer 3 % of its range for a third of N(0, 4)
  if (!outlook.signal || !outlook.gradient) return false;
  const double sensitivity = *outlook.gradient / *outlook.signal;
  return *outlook.signal > thresholds.vanishing_activations &&
         *outlook.signal<thresholds.exploding_activations&& * outlook.gradient> thresholds
              .vanishing_gradients &&
         *outlook.gradient < thresholds.exploding_gradients && sensitivity < thresholds.chaotic &&
         outlook.gap.value_or(1) > thresholds.rank_collapse &&
         outlook.dead <= thresholds.dead_units && outlook.longest <= kLongest;
}

std::string in_words(const Outlook& outlook) {
  std::string text = "theory predicts";
  const auto add = [&](std::string_view what, const std::optional<double>& value) {
    if (value) text.append(" ").append(what).append(" ").append(rounded(*value)).append(",");
  };
  add("signal/data", outlook.signal);
  add("first/last gradient", outlook.gradient);
  add("(1 - cosine)/data's", outlook.gap);
  text.pop_back();
  return text;
}

/// Changes of initialization that may help, the smallest first.
std::vector<std::vector<std::string>> initializations(const ExperimentConfig& config) {
  const std::string init = "model.layers.*.init=";
  const std::string zeros = "model.layers.*.bias_init=zeros";
  const bool biased = std::any_of(config.inits.begin(), config.inits.end(), [](const auto& layer) {
    return layer.bias.scheme != nullptr && layer.bias.scheme->name != "zeros";
  });
  std::vector<std::vector<std::string>> changes;
  if (biased) changes.push_back({zeros});
  for (const char* scheme :
       {"kaiming_normal", "xavier_normal", R"({"scheme":"orthogonal","gain":"auto"})"}) {
    changes.push_back({init + scheme});
    if (biased) changes.back().push_back(zeros);
  }
  const std::string critical_biases = "model.layers.*.bias_init=critical";
  changes.push_back({init + "critical", critical_biases});
  changes.push_back({init + R"({"scheme":"critical","q":0.1})",
                     R"(model.layers.*.bias_init={"scheme":"critical","q":0.1})"});
  changes.push_back({"model.layers.*.activation=relu", init + "kaiming_normal"});
  changes.push_back({"model.layers.*.norm=layer", init + "kaiming_normal"});
  for (std::size_t i = changes.size() - 2; biased && i < changes.size(); ++i) {
    changes[i].push_back(zeros);
  }
  return changes;
}

std::optional<Advice> better_initialization(const ExperimentConfig& config, const Dataset& set) {
  const std::string text = to_json(config).dump();
  for (std::vector<std::string>& settings : initializations(config)) {
    try {
      std::vector<Override> overrides;
      overrides.reserve(settings.size());
      for (const std::string& setting : settings) overrides.push_back(parse_override(setting));
      const Outlook outlook = outlook_of(read_config(text, config.name, overrides), set);
      if (is_sound(outlook, config.diagnosis)) {
        return Advice{.settings = std::move(settings), .effect = in_words(outlook)};
      }
    } catch (const ConfigError&) {
      continue;  // not for this network: a scheme without a critical point, say
    }
  }
  return std::nullopt;
}

std::optional<Advice> other_rate(double factor, const ExperimentConfig& config,
                                 const std::string& effect) {
  const double lr = config.train.optimizer.lr * factor;
  if (!(lr > 0)) return std::nullopt;
  return Advice{.settings = {"train.lr=" + rounded(lr)}, .effect = effect};
}

/// Updates of a thousandth of the weights are what healthy training makes.
std::optional<Advice> faster(const RunEvidence& evidence, const ExperimentConfig& config) {
  constexpr double kUsual = 1e-3;
  double largest = 0;
  for (const LoggedLoss& logged : evidence.train) {
    largest = std::max(largest, logged.update_ratio.value_or(0));
  }
  if (!(largest > 0) || largest >= kUsual) return std::nullopt;
  return other_rate(kUsual / largest, config,
                    "updates of 0.001 of the weights a step instead of " + rounded(largest) +
                        ", in proportion to the rate");
}

}  // namespace

std::optional<Advice> advice_on(const Verdict& verdict, const RunEvidence& evidence,
                                const ExperimentConfig& config, const Dataset& train_set) {
  if (verdict.findings.empty()) return std::nullopt;
  const Finding& worst = verdict.findings.front();
  if (worst.condition == Condition::stalled) return faster(evidence, config);
  if (worst.condition == Condition::diverged || worst.step > 0) {
    return other_rate(0.1, config, "updates a tenth as large");
  }
  return better_initialization(config, train_set);
}

}  // namespace initbench
