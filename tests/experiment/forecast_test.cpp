#include "experiment/forecast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "experiment/config_text.h"
#include "experiment/recommendation.h"
#include "experiment/trial.h"

namespace initbench {
namespace {

std::string chain(const std::string& activation, int depth, const std::string& init) {
  return R"({"data": {"dataset": "gaussian", "train_size": 128, "test_size": 16}, "model": {
    "activation": ")" +
         activation + R"(", "init": ")" + init +
         R"(", "layers": [{"type": "dense", "units": 300, "repeat": )" + std::to_string(depth) +
         R"(}, {"type": "output"}]}, "train": {"steps": 0}})";
}

std::string residual(const std::string& init) {
  return R"({"data": {"dataset": "gaussian", "train_size": 128, "test_size": 16}, "model": {
    "init": )" +
         init + R"(, "layers": [{"type": "dense", "units": 300},
    {"type": "residual", "repeat": 10, "layers": [{"type": "dense", "units": 300},
      {"type": "dense", "units": 300, "activation": "linear"}]}, {"type": "output"}]},
    "train": {"steps": 0}})";
}

Forecast forecast_of(const std::string& text) {
  const ExperimentConfig config = read(text);
  return forecast(config, load_data(config.data, 0).train);
}

std::vector<Reading> measured(const std::string& text, std::uint64_t seed = 0) {
  ExperimentConfig config = read(text);
  config.seed = seed;
  return probe_initialization(config, load_data(config.data, 0)).readings;
}

// He's law keeps relu's lengths and squared gradients (He et al. 2015); behind the first
// pre-activation the first derivative halves a squared gradient once. Xavier's law halves both in
// every layer.
TEST(Forecast, KnowsHeAndXavierAtThirtyReluLayers) {
  const std::vector<Reading> he = forecast_of(chain("relu", 30, "kaiming_normal")).readings;
  EXPECT_NEAR(signal_of(he).value(), 1, 1e-6);
  EXPECT_NEAR(gradient_of(he).value(), std::sqrt(0.5), 1e-6);
  const std::vector<Reading> xavier = forecast_of(chain("relu", 30, "xavier_normal")).readings;
  EXPECT_NEAR(gradient_of(xavier).value() / std::pow(2, -15), 1, 0.01);
}

/// That theory and wide networks mean the same: the geometric mean of four.
void expect_measured(const std::string& text, bool with_gradient = true) {
  const std::vector<Reading> predicted = forecast_of(text).readings;
  double signal = 1;
  double gap = 1;
  double gradient = 1;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const std::vector<Reading> seen = measured(text, seed);
    signal *= std::pow(signal_of(seen).value() / signal_of(predicted).value(), 0.25);
    gap *= std::pow(gap_of(seen).value() / gap_of(predicted).value(), 0.25);
    if (!with_gradient) continue;
    gradient *= std::pow(gradient_of(seen).value() / gradient_of(predicted).value(), 0.25);
  }
  EXPECT_NEAR(signal, 1, 0.2) << text;
  EXPECT_NEAR(gap, 1, 0.2) << text;
  if (!with_gradient) return;
  EXPECT_NEAR(gradient, 1, 0.2) << text;
}

TEST(Forecast, IsWhatAWideNetworkShows) {
  expect_measured(chain("relu", 6, "kaiming_normal"));
  expect_measured(chain("sigmoid", 4, "xavier_normal"));
  expect_measured(chain("tanh", 6, "lecun_normal"));
}

TEST(Forecast, OfResidualNetworksIsOfTheSumThatTheOutputReads) {
  expect_measured(residual(R"("rezero")"));
  expect_measured(residual(R"("depth_scaled_residual")"));
}

// With silent branches a residual network is its first layer: He's law keeps the length, and relu
// halves the squared gradient.
TEST(Forecast, LooksPastLastWeightsThatStartAtZero) {
  const std::string text = residual(R"({"scheme": "zero_last", "where": "output_and_branches"})");
  const std::vector<Reading> predicted = forecast_of(text).readings;
  EXPECT_NEAR(signal_of(predicted).value(), 1, 1e-6);
  EXPECT_NEAR(gradient_of(predicted).value(), std::sqrt(0.5), 1e-6);
  EXPECT_FALSE(gradient_of(measured(text)).has_value());
  expect_measured(text, false);
}

// relu6 hands on 6 at most, so that the output is what explodes: its weights have the variance
// 64 2 / (300 + 10), and 300 of them are summed.
TEST(Forecast, CountsTheOutputAmongWhatExplodes) {
  std::string text = chain("relu6", 3, "xavier_normal");
  const std::string name = "\"xavier_normal\"";
  text.replace(text.find(name), name.size(), R"({"scheme": "xavier_normal", "gain": 8})");
  const std::vector<Reading> readings = forecast_of(text).readings;
  const Reading* explosion = reading_of(readings, Condition::exploding_activations);
  ASSERT_NE(explosion, nullptr);
  EXPECT_NEAR(explosion->value / signal_of(readings).value(), std::sqrt(64 * 2. / 310 * 300), 1e-9);
}

TEST(Forecast, LooksPastPoolingBeforeTheLastLayer) {
  const std::vector<Reading> predicted = forecast_of(R"({"data": {"dataset": "images",
    "train_size": 64}, "model": {"layers": [{"type": "conv2d", "channels": 32, "kernel": 3,
    "padding": "circular", "repeat": 3}, {"type": "max_pool2d", "size": 2}, {"type": "output"}]}})")
                                             .readings;
  EXPECT_NEAR(signal_of(predicted).value(), 1, 1e-6);
  EXPECT_NEAR(gradient_of(predicted).value(), std::sqrt(0.5), 1e-6);
}

}  // namespace
}  // namespace initbench
