/// What schemes are known for, measured through configs as users write them: SELU's gain of 3/4
/// (PyTorch pull request 50664), delta-orthogonal depth, growth of residual networks, muP's widths.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "experiment/run_record.h"

namespace initbench {
namespace {

// ---- PyTorch pull request 50664: 100 SELU layers under xavier_normal with gain 3/4 ----

/// Standard deviation of the output of each of 51 layers, mean over twelve draws of width 400.
std::vector<double> selu_deviations() {
  constexpr int kSeeds = 12;
  std::vector<double> deviations(51);
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Record record = run(
        R"({"data": {"dataset": "gaussian", "features": 400, "train_size": 100, "test_size": 1},
            "model": {"init": {"scheme": "xavier_normal", "gain": 0.75}, "activation": "selu",
                      "layers": [{"type": "dense", "units": 400, "repeat": 51, "bias": false},
                                 {"type": "output"}]},
            "train": {"steps": 0, "batch_size": 100}})",
        static_cast<std::uint64_t>(seed));
    for (std::size_t i = 0; i < deviations.size(); ++i) {
      deviations[i] += std::sqrt(record.statistics[i].act_var) / kSeeds;
    }
  }
  return deviations;
}

// Published of one draw of width 1000 at layers 1, 11, 21, and by mean-field at 1, 11, 21, 31, 51:
// deeper down, single draws of that width differ by 4 %.
TEST(SeluUnderThreeQuarters, HasThePublishedAndThePredictedStandardDeviations) {
  const std::vector<double> measured = selu_deviations();
  const std::map<std::size_t, double> published{{1, .7968}, {11, .3127}, {21, .2404}};
  const std::map<std::size_t, double> predicted{
      {1, .7967}, {11, .3092}, {21, .2381}, {31, .2154}, {51, .2026}};
  for (const auto& [layer, std] : published)
    EXPECT_NEAR(measured[layer - 1] / std, 1, 0.05) << layer;
  for (const auto& [layer, std] : predicted)
    EXPECT_NEAR(measured[layer - 1] / std, 1, 0.05) << layer;
}

// ---- 64 tanh convolutions on the edge of chaos: Xiao et al. 2018, arXiv:1806.05393 ----

/// Length of dl/dz at each of 64 circular convolutions of 32 channels that start at q* = 1/64. Of
/// two classes, so that the gradient of every sample comes back along one direction.
std::vector<double> deltas_by_depth(const std::string& scheme, std::uint64_t seed) {
  const Record record = run(
      R"({"data": {"dataset": "images", "image_size": 8, "classes": 2, "train_size": 20,
                   "test_size": 1, "normalize": "standardize"},
    "model": {"init": {"scheme": ")" +
          scheme + R"(", "q": 0.015625}, "activation": "tanh", "layers": [
      {"type": "conv2d", "channels": 32, "kernel": 3, "padding": "circular",
       "init": {"scheme": "gaussian_mean_field", "sigma_w": 0.125}},
      {"type": "conv2d", "channels": 32, "kernel": 3, "padding": "circular", "repeat": 64},
      {"type": "global_avg_pool"},
      {"type": "output", "init": "xavier_normal"}]},
    "train": {"steps": 0, "batch_size": 20}})",
      seed);
  std::vector<double> deltas;
  for (std::size_t i = 1; i <= 64; ++i) deltas.push_back(record.statistics[i].delta_norm);
  return deltas;
}

// At every depth; what is left comes from q, which 32 channels only keep to a tenth.
TEST(DeltaOrthogonalKernels, KeepTheGradientOver64Layers) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const std::vector<double> deltas = deltas_by_depth("orthogonal_critical", seed);
    for (const double delta : deltas) EXPECT_NEAR(delta / deltas.back(), 1, 0.3) << seed;
  }
}

// The gradient is the same at every pixel, so that a Gaussian layer multiplies it by the sum of its
// taps, a 32 x 32 Gaussian matrix: the logarithm of its squared length gains -1/32 on average, with
// variance 2/32. After 63 layers the length's own has mean -1 and standard deviation 1.
TEST(GaussianKernels, LoseTheGradientAtTheSameCriticalPoint) {
  constexpr int kSeeds = 16;
  double mean = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const std::vector<double> deltas = deltas_by_depth("critical", seed);
    mean += std::log(deltas.front() / deltas.back()) / kSeeds;
  }
  EXPECT_NEAR(mean, -1, 0.75);  // three standard deviations of such a mean
}

// ---- growth of residual networks ----

/// Blocks x + W2 relu(W1 relu(x)) of width 256, and their input as the output of a linear layer.
std::string residual_text(Index blocks, const std::string& init) {
  return R"({"data": {"dataset": "gaussian", "features": 256, "train_size": 64, "test_size": 1},
    "model": {"init": )" +
         init + R"(, "activation": "linear", "layers": [
      {"type": "dense", "units": 256, "bias": false, "init": "orthogonal"},
      {"type": "residual", "repeat": )" +
         number(blocks) + R"(, "layers": [
        {"type": "activation", "activation": "relu"},
        {"type": "dense", "units": 256, "activation": "relu"},
        {"type": "dense", "units": 256}]},
      {"type": "output", "init": "zeros"}]},
    "train": {"steps": 0, "batch_size": 64}})";
}

/// E||x_L||^2 / E||x_0||^2, over seeds, in the logarithm.
double growth(Index blocks, const std::string& init, int seeds) {
  double log_sum = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    class Ends : public Observer {
     public:
      void on_step(const StepView& view) override {
        const auto squares = [&](NodeId id) {
          return view.tape.value(id).cast<double>().squaredNorm();
        };
        const auto layers = view.network.layers();
        ratio = squares(layers.back().input) / squares(layers.front().activated);
      }
      double ratio = 0;
    } ends;
    ExperimentConfig config = read(residual_text(blocks, init));
    config.seed = static_cast<std::uint64_t>(seed);
    run_trial(config, load_data(config.data, config.seed), ends);
    log_sum += std::log(ends.ratio);
  }
  return std::exp(log_sum / seeds);
}

TEST(ResidualGrowth, DoublesTheSecondMomentPerBlockUnderHe) {
  for (const Index blocks : {1, 2, 4, 8}) {
    const auto expected = std::pow(2.0, static_cast<double>(blocks));
    EXPECT_NEAR(growth(blocks, R"("kaiming_normal")", 6) / expected, 1, 0.1) << blocks << " blocks";
  }
}

TEST(ResidualGrowth, StaysBelowEUnderDepthScaling) {
  const std::string init = R"({"scheme": "depth_scaled_residual", "gain": "relu"})";
  for (const Index blocks : {4, 32}) {
    const auto depth = static_cast<double>(blocks);
    EXPECT_NEAR(growth(blocks, init, 6) / std::pow(1 + 1 / depth, depth), 1, 0.1)
        << blocks << " blocks";
  }
}

TEST(ResidualGrowth, IsNoneUnderFixupAndRezero) {
  EXPECT_EQ(growth(32, R"("fixup")", 1), 1);
  EXPECT_EQ(growth(32, R"("rezero")", 1), 1);
}

/// A residual network of 64 blocks on blobs, as deep as the published ones.
Record trained_blocks(const std::string& init) {
  return run(R"({"data": {"dataset": "blobs", "train_size": 512, "test_size": 10},
    "model": {"init": ")" +
             init + R"(", "activation": "relu", "layers": [
      {"type": "dense", "units": 64},
      {"type": "residual", "repeat": 64, "layers": [
        {"type": "dense", "units": 64},
        {"type": "dense", "units": 64, "activation": "linear"}]},
      {"type": "output"}]},
    "train": {"steps": 100, "lr": 0.05, "batch_size": 64}, "log": {"every": 1}})");
}

TEST(SixtyFourBlocks, TrainUnderFixupAndRezero) {
  EXPECT_LT(trained_blocks("fixup").losses.back(), 0.5);
  EXPECT_LT(trained_blocks("rezero").losses.back(), 0.5);
}

TEST(SixtyFourBlocks, DivergeUnderKaimingAtTheSameRate) {
  const double last = trained_blocks("kaiming_normal").losses.back();
  EXPECT_TRUE(!std::isfinite(last) || last > 10) << last;
}

// ---- muP: mean |activation| over widths after three Adam steps ----

/// The slope of log y over log x.
double slope(const std::vector<double>& x, const std::vector<double>& y) {
  double sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum_x += std::log(x[i]);
    sum_y += std::log(y[i]);
    sum_xx += std::log(x[i]) * std::log(x[i]);
    sum_xy += std::log(x[i]) * std::log(y[i]);
  }
  return (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
}

/// Of mean |a|, for each layer of four (the last: the outputs).
std::vector<double> slopes_over_widths(const std::string& init) {
  std::vector<double> widths;
  std::vector<std::vector<double>> activations(4);
  for (Index width = 64; width <= 1024; width *= 2) {
    widths.push_back(static_cast<double>(width));
    for (auto& layer : activations) layer.push_back(0);
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const Record record = run(
          R"({"data": {"dataset": "teacher", "train_size": 256, "test_size": 1},
            "model": {"init": )" +
              init + R"(, "activation": "relu", "layers": [
              {"type": "dense", "units": )" +
              number(width) + R"(, "repeat": 3},
              {"type": "output"}]},
            "train": {"optimizer": "adam", "lr": 0.01, "steps": 3, "batch_size": 256}})",
          seed);
      for (std::size_t i = 0; i < 4; ++i) {
        activations[i].back() += record.mean_activations[i];
      }
    }
  }
  std::vector<double> slopes;
  for (const auto& layer : activations) slopes.push_back(slope(widths, layer));
  return slopes;
}

// With the read-out at 0, as Yang et al. 2022 (D.2) recommend: a random one starts with outputs
// that shrink like the root of the width, whatever is learned.
TEST(Mup, KeepsActivationsOverWidthsAfterThreeAdamSteps) {
  const auto slopes =
      slopes_over_widths(R"({"scheme": "mup", "base_width": 64, "readout": "zero"})");
  for (const double slope : slopes) EXPECT_LT(std::abs(slope), 0.05);
}

TEST(StandardParametrization, LetsOutputsGrowWithWidthAfterThreeAdamSteps) {
  EXPECT_GT(slopes_over_widths(R"("kaiming_normal")").back(), 0.4);
}

}  // namespace
}  // namespace initbench
