// Schemes that standardize every unit, and the second stage of krahenbuhl.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "init/calibration_cases.h"

namespace initbench {
namespace {

using testing::Calibrated;
using testing::calibrated;
using testing::dense_model;
using ::testing::HasSubstr;
using testing::image_model;
using testing::inits_of;
using testing::layer_of;
using testing::linear_outputs;
using testing::mean_and_variance;
using testing::MeanAndVariance;
using testing::message_of;
using testing::passed;
using testing::training_set;

constexpr Index kSamples = 150;  // below every batch_size used here: the batch is the whole set

InitChoice first_stage() { return choose("krahenbuhl", {{{"max_iterations", 0.0}}}); }

InitChoice with_batch(std::string_view scheme, double batch_size) {
  return choose(scheme, {{{"batch_size", batch_size}}});
}

/// Checks every unit of every layer.
void expect_units(const Calibrated& made, const Dataset& train, const MeanAndVariance& wanted) {
  const Tape tape = passed(made.network, train);
  for (const Layer& layer : made.network.layers()) {
    const Matrix z = linear_outputs(made.network, layer, tape);
    for (Index unit = 0; unit < z.rows(); ++unit) {
      const auto [mean, variance] =
          mean_and_variance(z.row(unit).transpose().cast<double>().array());
      EXPECT_NEAR(mean, wanted.mean, 1e-4) << layer.name << " unit " << unit;
      EXPECT_NEAR(variance, wanted.variance, 1e-4) << layer.name << " unit " << unit;
    }
  }
}

TEST(PerUnitSchemes, GiveEveryUnitMeanZeroAndVarianceOne) {
  const Dataset images = training_set("images", kSamples);
  const Dataset vectors = training_set("blobs", kSamples);
  for (const InitChoice& choice :
       {choose("weight_norm"), choose("unit_variance_per_unit"), first_stage()}) {
    SCOPED_TRACE(choice.scheme->name);
    const ModelSpec with_kernels = image_model(ActivationKind::relu);
    expect_units(calibrated(with_kernels, images, choice), images, {.mean = 0, .variance = 1});
    const ModelSpec model = dense_model(6, 24, ActivationKind::elu);
    expect_units(calibrated(model, vectors, choice), vectors, {.mean = 0, .variance = 1});
  }
}

TEST(PerUnitSchemes, ReplaceWhatBiasesWere) {
  const Dataset train = training_set("blobs", kSamples);
  const Network network(dense_model(2, 16, ActivationKind::tanh), train.shape, train.outputs());
  for (const std::string_view scheme : {"weight_norm", "unit_variance_per_unit"}) {
    std::vector<LayerInit> inits = inits_of(network, choose(scheme));
    // Large ones too, beside which rounding would swallow what the weights do.
    for (const InitChoice& bias : {choose("normal"), choose("constant", {{{"value", 1e6}}})}) {
      for (LayerInit& init : inits) init.bias = bias;
      expect_units(calibrated(network, inits, train), train, {.mean = 0, .variance = 1});
    }
  }
}

TEST(PerUnitSchemes, RefuseAUnitThatIsConstant) {
  const Dataset train = training_set("blobs", kSamples);
  const Network network(dense_model(1, 8, ActivationKind::tanh), train.shape, train.outputs());
  for (const std::string_view scheme : {"weight_norm", "unit_variance_per_unit", "krahenbuhl"}) {
    // One sample has no variance; 64 units of it have some.
    EXPECT_THAT(message_of(network, inits_of(network, with_batch(scheme, 1)), train),
                HasSubstr("place of dense1: layer 'dense1', init: " + std::string(scheme) +
                          ": its unit 1 of 8 has no variance over the batch of 1 training"))
        << scheme;
  }
}

TEST(PerUnitSchemes, ScaleUnitsWithoutBiasesAndSaySo) {
  const Dataset train = training_set("blobs", kSamples);
  ModelSpec model = dense_model(2, 16, ActivationKind::relu);
  std::get<DenseSpec>(model[1].kind).bias = false;
  for (const std::string_view scheme : {"weight_norm", "unit_variance_per_unit"}) {
    const Calibrated made = calibrated(model, train, choose(scheme));
    const Layer& layer = layer_of(made.network, "dense2");
    const Matrix z = linear_outputs(made.network, layer, passed(made.network, train));
    for (Index unit = 0; unit < z.rows(); ++unit) {
      const auto row = z.row(unit).transpose().cast<double>().array();
      EXPECT_NEAR(mean_and_variance(row).variance, 1, 1e-4) << scheme;
    }
    EXPECT_THAT(made.report.notes,
                ::testing::ElementsAre(std::string(scheme) +
                                       ": without biases units get their variance and keep a mean, "
                                       "in dense2"));
  }
}

// Salimans & Kingma 2016, equations 4 to 6, in double with matrices of the definition.
TEST(WeightNorm, IsTheFormulaOfItsPaper) {
  const Dataset train = training_set("blobs", kSamples);
  const Network network({testing::output()}, train.shape, train.outputs());
  const Calibrated made =
      calibrated(network, inits_of(network, choose("weight_norm", {{{"scale", 2.0}}})), train, 7);
  const Index in = train.shape.features();
  Rng rng({.seed = 7, .purpose = Purpose::weights, .name = "output", .tensor = "weight"});
  const Eigen::MatrixXd x = passed(network, train).value(0).cast<double>();
  const Layer& layer = made.network.layers()[0];
  for (Index unit = 0; unit < train.outputs(); ++unit) {
    Eigen::VectorXd v(in);
    for (double& entry : v) entry = 0.05 * rng.normal();
    const Eigen::ArrayXd t = x.transpose() * v / v.norm();
    const double g = 2 / std::sqrt(mean_and_variance(t).variance + 1e-10);
    const auto w = made.network.values_of(layer.weight).segment(unit * in, in);
    EXPECT_LT((w.cast<double>() - g * v / v.norm()).cwiseAbs().maxCoeff(), 1e-5);
    EXPECT_NEAR(made.network.values_of(*layer.bias)[unit], -t.mean() * g, 1e-5);
  }
}

TEST(UnitVariancePerUnit, GivesEveryUnitTheMeanBeta) {
  const Dataset train = training_set("blobs", kSamples);
  const InitChoice choice = choose("unit_variance_per_unit", {{{"beta", 0.5}}});
  const ModelSpec model = dense_model(2, 16, ActivationKind::tanh);
  expect_units(calibrated(model, train, choice), train, {.mean = 0.5, .variance = 1});
}

/// ln of sqrt(mean(dw^2) / mean(w^2)) of every layer, minus the mean over layers, for the gradient
/// of noise * outputs over the whole set.
Eigen::ArrayXd log_rates(const Network& network, const Dataset& train, std::uint64_t noise_seed) {
  Tape tape = passed(network, train);
  Rng rng({.seed = noise_seed, .purpose = Purpose::probe, .name = "noise"});
  for (Scalar& entry : tape.gradient(network.output()).reshaped()) {
    entry = static_cast<Scalar>(rng.normal());
  }
  Vector gradient;
  backward(network, tape, gradient);
  std::vector<double> rates;
  for (const Layer& layer : network.layers()) {
    const Parameter& weight = network.parameter(layer.weight);
    const double dw = gradient.segment(weight.offset, weight.size).norm();
    rates.push_back(std::log(dw / network.values_of(layer.weight).norm()));
  }
  const Eigen::Map<Eigen::ArrayXd> all(rates.data(), static_cast<Index>(rates.size()));
  return all - all.mean();
}

/// The mean over independent noises, so that their scatter is below the tolerance.
Eigen::ArrayXd mean_log_rates(const Network& network, const Dataset& train) {
  Eigen::ArrayXd sum = log_rates(network, train, 1);
  for (std::uint64_t seed = 2; seed <= 100; ++seed) sum += log_rates(network, train, seed);
  return sum / 100;
}

TEST(Krahenbuhl, MakesAllWeightsChangeAtOneRate) {
  const Dataset train = training_set("blobs", 160);
  const ModelSpec model = dense_model(4, 32, ActivationKind::relu);
  const Calibrated before = calibrated(model, train, first_stage());
  const Calibrated after = calibrated(model, train, choose("krahenbuhl"));
  EXPECT_GT(mean_log_rates(before.network, train).abs().maxCoeff(), 0.3);
  EXPECT_LT(mean_log_rates(after.network, train).abs().maxCoeff(), 0.1);
  ASSERT_EQ(after.report.networks.size(), 1U);
  EXPECT_GT(after.report.networks[0].before, 0.3);
  EXPECT_LE(after.report.networks[0].after, 0.01);
  EXPECT_EQ(after.report.networks[0].layers.size(), 5U);
}

TEST(Krahenbuhl, MakesRatesEqualWhereActivationsAreNotHomogeneousToo) {
  const Dataset train = training_set("images", 160);
  const Calibrated made =
      calibrated(image_model(ActivationKind::tanh), train, choose("krahenbuhl"));
  ASSERT_EQ(made.report.networks.size(), 1U);
  EXPECT_LE(made.report.networks[0].after, 0.01);
  EXPECT_GT(made.report.networks[0].iterations, 0);
}

// Both draw the same weights; the second stage may only move scales between layers.
TEST(Krahenbuhl, KeepsTheFunctionOfTheFirstStageInAReluNetwork) {
  const Dataset train = training_set("images", 160);
  const ModelSpec model = image_model(ActivationKind::relu);
  const Calibrated first =
      calibrated(model, train, choose("unit_variance_per_unit", {{{"beta", 0.1}}}));
  const Calibrated both = calibrated(model, train, choose("krahenbuhl", {{{"beta", 0.1}}}));
  EXPECT_GT(both.report.networks[0].iterations, 0);
  const Matrix a = passed(first.network, train).value(first.network.output());
  const Matrix b = passed(both.network, train).value(both.network.output());
  EXPECT_LT((a - b).cwiseAbs().maxCoeff(), 1e-4);
}

TEST(Krahenbuhl, NotesRatesThatItsRescalingsDoNotSufficeFor) {
  const Dataset train = training_set("images", 160);
  const ModelSpec model = image_model(ActivationKind::tanh);
  const Calibrated made =
      calibrated(model, train, choose("krahenbuhl", {{{"max_iterations", 0.0}}}));
  ASSERT_EQ(made.report.notes.size(), 1U);
  EXPECT_THAT(made.report.notes[0], HasSubstr("krahenbuhl: relative gradients still differ"));
  EXPECT_EQ(calibrated(model, train, choose("krahenbuhl")).report.notes.size(), 0U);
}

TEST(Krahenbuhl, RefusesLayersBehindAnOutputOfZeros) {
  const Dataset train = training_set("blobs", 160);
  const Network network(dense_model(2, 16, ActivationKind::relu), train.shape, train.outputs());
  std::vector<LayerInit> inits = inits_of(network, choose("krahenbuhl"));
  inits.back().weight = choose("zeros");
  EXPECT_THAT(message_of(network, inits, train),
              HasSubstr("place of dense1: layer 'dense1', init: krahenbuhl: the outputs' gradient "
                        "by its weights is 0"));
}

}  // namespace
}  // namespace initbench
