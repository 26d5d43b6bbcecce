#include "experiment/theory_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "experiment/config_text.h"
#include "experiment/trial.h"

namespace initbench {
namespace {

using ::testing::HasSubstr;

class Sampler : public Observer {
 public:
  Sampler(const ExperimentConfig& config, std::vector<TheorySample>& samples)
      : config_(config), samples_(samples) {}

  void on_step(const StepView& view) override {
    std::vector<LayerStatistics> statistics;
    for (const Layer& layer : view.network.layers()) {
      statistics.push_back(layer_statistics(view.network, layer, view.tape, view.gradient));
    }
    samples_.push_back(theory_sample(config_, view, statistics));
    limit = deep_limit(config_, view.network, samples_.back().predicted);
  }

  DeepLimit limit;

 private:
  const ExperimentConfig& config_;
  std::vector<TheorySample>& samples_;
};

struct Checked {
  std::vector<TheorySample> samples;
  std::vector<LayerComparison> layers;
  DeepLimit limit;
};

Checked check(const std::string& text, std::uint64_t seeds) {
  Checked checked;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    ExperimentConfig config = read(text);
    config.seed = seed;
    Sampler sampler(config, checked.samples);
    observe_initialization(config, load_data(config.data, config.seed), sampler);
    checked.limit = sampler.limit;
  }
  checked.layers = compare_with_theory(checked.samples);
  return checked;
}

std::string chain(const std::string& model, int depth, int width, const std::string& data) {
  return R"({"data": {)" + data + R"(, "train_size": 64, "test_size": 1}, "model": {)" + model +
         R"(, "layers": [{"type": "dense", "units": )" + std::to_string(width) + R"(, "repeat": )" +
         std::to_string(depth) + R"(}, {"type": "output"}]}, "train": {"batch_size": 64}})";
}

constexpr const char* kGaussian = R"("dataset": "gaussian", "features": 64)";

double worst_z(const std::vector<LayerComparison>& layers) {
  double worst = 0;
  for (const LayerComparison& layer : layers) {
    worst = std::max(worst, std::abs(layer.z_score.value()));
  }
  return worst;
}

TEST(TheoryCheck, FindsADeepReluNetworkAsPredicted) {
  const Checked checked =
      check(chain(R"("init": "kaiming_normal", "activation": "relu")", 30, 64, kGaussian), 10);
  EXPECT_LT(worst_z(checked.layers), 4);
  for (const LayerComparison& layer : checked.layers) {
    EXPECT_NEAR(layer.chi.measured.value() / layer.chi.predicted.value(), 1, .12);
    if (layer.delta_ratio.predicted) {
      EXPECT_NEAR(layer.delta_ratio.measured.value() / *layer.delta_ratio.predicted, 1, .2);
    }
  }
}

TEST(TheoryCheck, SeesAWrongPrediction) {
  Checked checked =
      check(chain(R"("init": "kaiming_normal", "activation": "relu")", 6, 64, kGaussian), 10);
  for (TheorySample& sample : checked.samples) {
    for (LayerPrediction& layer : sample.predicted.layers) *layer.pre_second_moment *= 2;
  }
  EXPECT_LT(compare_with_theory(checked.samples)[2].z_score.value(), -4);
  for (TheorySample& sample : checked.samples) {
    for (LayerPrediction& layer : sample.predicted.layers) *layer.pre_second_moment /= 4;
  }
  EXPECT_GT(compare_with_theory(checked.samples)[2].z_score.value(), 4);
}

// No logarithm compares them, but they are as far apart as can be.
TEST(TheoryCheck, SeesAPredictionThatNoMeasurementCanMeet) {
  const Checked checked =
      check(chain(R"("init": "kaiming_normal", "activation": "relu")", 3, 64, kGaussian), 3);
  const auto compared = [&](auto change) {
    std::vector<TheorySample> samples = checked.samples;
    change(samples[1]);
    return compare_with_theory(samples)[1];
  };
  for (const double impossible : {0.0, -1.0}) {
    const LayerComparison wrong = compared([&](TheorySample& sample) {
      sample.predicted.layers[1].pre_second_moment = impossible;
      sample.predicted.layers[1].delta_ratio = impossible;
    });
    EXPECT_EQ(wrong.z_score, HUGE_VAL);
    EXPECT_EQ(wrong.delta_ratio_z, HUGE_VAL);
  }
  const LayerComparison silent = compared([](TheorySample& sample) {
    sample.measured[1].pre_second_moment = 0;
    sample.measured[1].delta_squared = 0;
  });
  EXPECT_EQ(silent.z_score, -HUGE_VAL);
  EXPECT_EQ(silent.delta_ratio_z, -HUGE_VAL);
}

TEST(TheoryCheck, SeesSamplesThatStayTogetherWherePredictedApart) {
  Checked checked =
      check(chain(R"("init": "kaiming_normal", "activation": "relu")", 3, 64, kGaussian), 3);
  EXPECT_LT(std::abs(checked.layers[1].cosine_z.value()), 4);
  for (TheorySample& sample : checked.samples) sample.measured[1].pre_cosine = 1;
  EXPECT_LT(compare_with_theory(checked.samples)[1].cosine_z.value(), -4);
}

TEST(TheoryCheck, PredictsNoCosineOfSingleNumbers) {
  const Checked checked =
      check(chain(R"("init": "kaiming_normal", "activation": "tanh")", 1, 1, kGaussian), 3);
  EXPECT_TRUE(checked.samples[0].predicted.layers[0].pre_second_moment);
  EXPECT_FALSE(checked.samples[0].predicted.layers[0].pre_cosine);
  EXPECT_FALSE(checked.layers[0].cosine_z);
}

TEST(TheoryCheck, HoldsForManySeedsOfUncorrelatedSamples) {
  // A linear network keeps samples apart, so that their mean fluctuates less than one of them.
  const Checked checked =
      check(chain(R"("init": "lecun_normal", "activation": "linear")", 10, 48, kGaussian), 40);
  EXPECT_LT(worst_z(checked.layers), 4);
}

TEST(TheoryCheck, PredictsOrthogonalNetworksWithBiases) {
  const Checked checked = check(chain(R"("init": {"scheme": "orthogonal_critical", "q": 0.5},
      "activation": "tanh")",
                                      12, 64, kGaussian),
                                10);
  EXPECT_LT(worst_z(checked.layers), 4);
  EXPECT_NEAR(checked.limit.phase.value().length.q, .5, 1e-6);
  EXPECT_NEAR(checked.limit.phase->length.chi, 1, 1e-6);
}

TEST(TheoryCheck, CountsTheFactorsOfTheNeuralTangentParametrization) {
  const Checked checked = check(
      chain(R"("init": {"scheme": "ntk", "sigma_w": 1.5}, "activation": "tanh")", 4, 64, kGaussian),
      10);
  EXPECT_LT(worst_z(checked.layers), 4);
  EXPECT_NEAR(checked.limit.layer.value().scale.sigma_w2, 2.25, 1e-9);
  EXPECT_NEAR(checked.limit.layer->scale.sigma_b2, .01, 1e-9);
  EXPECT_NEAR(checked.layers[2].chi.measured.value() / checked.layers[2].chi.predicted.value(), 1,
              .1);
}

TEST(TheoryCheck, LeavesDataDependentSchemesWithoutPredictionAndSaysWhy) {
  const Checked checked =
      check(chain(R"("init": "lsuv", "activation": "relu")", 3, 32, kGaussian), 1);
  EXPECT_FALSE(checked.layers[0].pre_m2.predicted.has_value());
  EXPECT_FALSE(checked.layers[0].z_score.has_value());
  EXPECT_NEAR(checked.layers[0].pre_m2.measured.value(), 1, .1);
  EXPECT_THAT(checked.layers[0].reason, HasSubstr("lsuv depend on the data"));
}

TEST(TheoryCheck, GoesOnBehindPoolingFromWhatIsMeasuredThere) {
  const Checked checked = check(R"({
      "data": {"dataset": "images", "train_size": 64, "test_size": 1},
      "model": {"init": "kaiming_normal", "activation": "relu",
                "layers": [{"type": "conv2d", "channels": 32, "kernel": 3, "padding": "same"},
                           {"type": "max_pool2d", "size": 2},
                           {"type": "conv2d", "channels": 32, "kernel": 3, "padding": "same"},
                           {"type": "max_pool2d", "size": 2},
                           {"type": "dense", "units": 64}, {"type": "output"}]},
      "train": {"batch_size": 64}})",
                                10);
  EXPECT_LT(worst_z(checked.layers), 4);
  EXPECT_FALSE(checked.layers[0].measured_start);
  EXPECT_TRUE(checked.layers[1].measured_start);
  EXPECT_FALSE(checked.layers[0].delta_ratio.predicted.has_value());
  EXPECT_THAT(checked.layers[0].delta_reason, HasSubstr("pooling"));
}

TEST(TheoryCheck, StopsAtDropoutWithAReason) {
  const Checked checked = check(R"({
      "data": {"dataset": "gaussian", "train_size": 64, "test_size": 1},
      "model": {"init": "kaiming_normal",
                "layers": [{"type": "dense", "units": 32}, {"type": "dropout", "rate": 0.5},
                           {"type": "dense", "units": 32}, {"type": "output"}]},
      "train": {"batch_size": 64}})",
                                2);
  EXPECT_TRUE(checked.layers[0].pre_m2.predicted.has_value());
  EXPECT_FALSE(checked.layers[1].pre_m2.predicted.has_value());
  EXPECT_THAT(checked.layers[1].reason, HasSubstr("dropout"));
}

TEST(TheoryCheck, AgreesExactlyAboutANetworkOfZeros) {
  const Checked checked =
      check(chain(R"("init": "zeros", "activation": "relu")", 2, 32, kGaussian), 2);
  EXPECT_EQ(checked.layers[0].z_score, 0);
  EXPECT_EQ(checked.layers[0].dead_frac.predicted, 1);
  EXPECT_EQ(checked.layers[0].dead_frac.measured, 1);
  EXPECT_FALSE(checked.layers[1].pre_m2.predicted.has_value());
}

TEST(TheoryCheck, OfADecayingNetworkKeepsItsDigits) {
  const Checked checked =
      check(chain(R"("init": "xavier_normal", "activation": "relu")", 20, 64, kGaussian), 10);
  EXPECT_LT(worst_z(checked.layers), 4);
  EXPECT_NEAR(std::log2(checked.layers[19].pre_m2.predicted.value()), -19, .1);
  EXPECT_EQ(checked.limit.phase.value().length.kind, LongRun::zero);
}

}  // namespace
}  // namespace initbench
