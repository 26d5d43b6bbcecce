// Schemes that look at a batch of training data: what their papers promise, measured by whole
// passes of the network over the batch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "init/calibration_cases.h"

namespace initbench {
namespace {

using testing::Calibrated;
using testing::calibrated;
using testing::dense;
using testing::dense_model;
using ::testing::HasSubstr;
using testing::image_model;
using testing::inits_of;
using ::testing::IsEmpty;
using testing::layer_of;
using testing::linear_outputs;
using testing::mean_and_variance;
using testing::MeanAndVariance;
using testing::message_of;
using testing::passed;
using testing::training_set;

constexpr Index kSamples = 200;  // below every batch_size used here: the batch is the whole set
constexpr std::string_view kLayerwise[] = {"lsuv", "weight_norm", "unit_variance_per_unit"};

InitChoice with_batch(std::string_view scheme, double batch_size) {
  return choose(scheme, {{{"batch_size", batch_size}}});
}

MeanAndVariance whole_layer(const Network& network, const Layer& layer, const Tape& tape) {
  const Matrix z = linear_outputs(network, layer, tape);
  return mean_and_variance(z.reshaped().cast<double>().array());
}

TEST(Lsuv, BringsEveryPreActivationOfATanhCnnWithinItsToleranceOfVarianceOne) {
  const Dataset train = training_set("images", kSamples);
  const Calibrated made = calibrated(image_model(ActivationKind::tanh), train, choose("lsuv"));
  const Tape tape = passed(made.network, train);
  for (const Layer& layer : made.network.layers()) {
    EXPECT_NEAR(whole_layer(made.network, layer, tape).variance, 1, 0.02) << layer.name;
  }
}

TEST(Lsuv, ChangesNothingWhenItIsCalledAgain) {
  const Dataset train = training_set("images", kSamples);
  Calibrated made = calibrated(image_model(ActivationKind::elu), train, choose("lsuv"));
  const Vector once = made.network.values();
  const InitChoice lsuv = choose("lsuv");
  CalibrationPass pass(made.network, train, 0);
  for (std::size_t i = 0; i < made.network.layers().size(); ++i) {
    Calibration again{.network = made.network,
                      .layers = {i},
                      .places = {"place"},
                      .train = train,
                      .loss = Loss::cross_entropy,
                      .seed = 0,
                      .pass = pass,
                      .report = made.report};
    lsuv.scheme->calibrate_layer(lsuv, again);
  }
  EXPECT_EQ(made.network.values(), once);
}

TEST(Lsuv, KeepsFlattenedKernelsOrthonormalUpToOneFactor) {
  const Dataset train = training_set("images", kSamples);
  const Calibrated made = calibrated(image_model(ActivationKind::tanh), train, choose("lsuv"));
  const Layer& layer = layer_of(made.network, "conv2");  // 12 kernels of 72 weights
  const auto w = made.network.values_of(layer.weight).reshaped<Eigen::RowMajor>(12, 72).eval();
  const Matrix gram = w * w.transpose();
  EXPECT_LT((gram / gram(0, 0) - Matrix::Identity(12, 12)).cwiseAbs().maxCoeff(), 1e-5);
}

TEST(Lsuv, MeasuresTheLinearMapBeforeANorm) {
  const Dataset train = training_set("blobs", kSamples);
  ModelSpec model = dense_model(3, 32, ActivationKind::relu);
  std::get<DenseSpec>(model[1].kind).norm = Norm::batch;
  const Calibrated made = calibrated(model, train, choose("lsuv"));
  const Tape tape = passed(made.network, train);
  const Layer& layer = layer_of(made.network, "dense2");
  EXPECT_NE(layer.linear, layer.pre);
  EXPECT_NEAR(whole_layer(made.network, layer, tape).variance, 1, 0.02);
}

TEST(Lsuv, LeavesBiasesToTheirOwnScheme) {
  const Dataset train = training_set("blobs", kSamples);
  const Network network(dense_model(2, 16, ActivationKind::tanh), train.shape, train.outputs());
  std::vector<LayerInit> inits = inits_of(network, choose("lsuv"));
  for (LayerInit& init : inits) init.bias = choose("constant", {{{"value", 0.25}}});
  const Calibrated made = calibrated(network, inits, train);
  for (const Layer& layer : made.network.layers()) {
    EXPECT_TRUE((made.network.values_of(*layer.bias).array() == Scalar{0.25}).all()) << layer.name;
  }
}

TEST(Lsuv, ReportsIterationsAndWhatItReached) {
  const Dataset train = training_set("blobs", kSamples);
  const Calibrated made =
      calibrated(dense_model(2, 16, ActivationKind::tanh), train, choose("lsuv"));
  const Tape tape = passed(made.network, train);
  ASSERT_EQ(made.report.layers.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const LayerCalibration& record = made.report.layers[i];
    const Layer& layer = made.network.layers()[i];
    EXPECT_EQ(record.layer, layer.name);
    EXPECT_EQ(record.scheme, "lsuv");
    EXPECT_EQ(record.iterations, 1) << record.layer;  // without biases one division is exact
    const MeanAndVariance measured = whole_layer(made.network, layer, tape);
    EXPECT_NEAR(record.variance, measured.variance, 1e-5);
    EXPECT_NEAR(record.mean, measured.mean, 1e-5);
  }
}

TEST(Lsuv, NotesALayerThatItsIterationsDoNotSuffice) {
  const Dataset train = training_set("blobs", kSamples);
  const Network network(dense_model(1, 64, ActivationKind::tanh), train.shape, train.outputs());
  std::vector<LayerInit> inits = inits_of(network, choose("lsuv", {{{"max_iterations", 5.0}}}));
  inits[0].bias = choose("normal", {{{"std", 0.9}}});  // whose share of the variance hardly moves
  const Calibrated made = calibrated(network, inits, train);
  EXPECT_EQ(made.report.layers[0].iterations, 5);
  EXPECT_GT(made.report.layers[0].variance, 1.02);
  ASSERT_EQ(made.report.notes.size(), 1U);
  EXPECT_THAT(made.report.notes[0], HasSubstr("lsuv: layer 'dense1' has variance"));
  EXPECT_THAT(made.report.notes[0], HasSubstr("raise max_iterations"));
}

TEST(Lsuv, RefusesBiasesWhoseVarianceNoWeightsBringToOne) {
  const Dataset train = training_set("blobs", kSamples);
  const Network network(dense_model(1, 64, ActivationKind::tanh), train.shape, train.outputs());
  std::vector<LayerInit> inits = inits_of(network, choose("lsuv"));
  inits[0].bias = choose("normal", {{{"std", 3.0}}});
  const std::string message = message_of(network, inits, train);
  EXPECT_THAT(message, HasSubstr("place of dense1: layer 'dense1', init: lsuv: its biases alone "
                                 "have variance "));
  EXPECT_THAT(message, HasSubstr("use a smaller bias_init, such as zeros"));
}

// Units that differ from each other but not from sample to sample: dividing by their deviation
// would blow weights up without end (dead inputs, below biases) or mean nothing (constant ones).
TEST(Lsuv, RefusesALayerWhoseOutputsAreTheSameForAllSamples) {
  const Dataset train = training_set("blobs", kSamples);
  const Network network(dense_model(2, 16, ActivationKind::relu), train.shape, train.outputs());
  for (const double below : {0.0, 1.0}) {
    std::vector<LayerInit> inits = inits_of(network, choose("lsuv"));
    inits[0].weight = choose("zeros");
    inits[0].bias = choose("constant", {{{"value", below}}});
    inits[1].bias = choose("normal", {{{"std", 0.1}}});
    EXPECT_THAT(message_of(network, inits, train),
                HasSubstr("layer 'dense2', init: lsuv: its outputs are the same all over the batch "
                          "of 200 training samples"))
        << below;
  }
}

TEST(Lsuv, RefusesBiasesBesideWhichRoundingSwallowsTheWeights) {
  Dataset train = training_set("blobs", kSamples);
  train.values *= Scalar{0.125};
  const Network network(dense_model(2, 16, ActivationKind::tanh), train.shape, train.outputs());
  std::vector<LayerInit> inits = inits_of(network, choose("lsuv"));
  inits[0].bias = choose("constant", {{{"value", 1e6}}});
  const std::string message = message_of(network, inits, train);
  EXPECT_THAT(message, HasSubstr("layer 'dense1', init: lsuv: its outputs"));
  EXPECT_THAT(message,
              HasSubstr("because of its biases: beside their size of up to 1e+06 rounding swallows "
                        "what weights do; use a smaller bias_init, such as zeros"));
}

TEST(Lsuv, RefusesALayerWhoseInputsAreDead) {
  const Dataset train = training_set("blobs", kSamples);
  const Network network(dense_model(2, 16, ActivationKind::relu), train.shape, train.outputs());
  std::vector<LayerInit> inits = inits_of(network, choose("lsuv"));
  inits[0].weight = choose("zeros");
  const std::string message = message_of(network, inits, train);
  EXPECT_THAT(message, HasSubstr("place of dense2: layer 'dense2', init: lsuv: its outputs have no "
                                 "variance over the batch of 200 training samples (variance 0)"));
  EXPECT_THAT(message, HasSubstr("use kaiming_normal or orthogonal here"));
}

TEST(Lsuv, RefusesASingleUnitOnABatchOfOne) {
  const Dataset train = training_set("sine", kSamples);
  const Network network({testing::output()}, train.shape, train.outputs());
  EXPECT_THAT(message_of(network, inits_of(network, with_batch("lsuv", 1)), train),
              HasSubstr("over the batch of 1 training samples"));
}

TEST(DataSchemes, GiveTheSameBitsForTheSameSeedAndOthersForAnother) {
  const Dataset train = training_set("blobs", 500);
  const ModelSpec model = dense_model(2, 16, ActivationKind::relu);
  for (const std::string_view scheme :
       {"lsuv", "weight_norm", "unit_variance_per_unit", "krahenbuhl"}) {
    const InitChoice choice = with_batch(scheme, 64);
    const Vector values = calibrated(model, train, choice, 3).network.values();
    EXPECT_EQ(values, calibrated(model, train, choice, 3).network.values()) << scheme;
    EXPECT_NE(values, calibrated(model, train, choice, 4).network.values()) << scheme;
  }
}

TEST(DataSchemes, LeaveALayerAloneWhenALaterLayersSchemeChanges) {
  const Dataset train = training_set("blobs", 500);
  const Network network(dense_model(3, 16, ActivationKind::relu), train.shape, train.outputs());
  for (const std::string_view scheme : kLayerwise) {
    std::vector<LayerInit> inits = inits_of(network, with_batch(scheme, 64));
    const Vector before = calibrated(network, inits, train).network.values();
    inits[2].weight = choose("kaiming_uniform");
    const Vector after = calibrated(network, inits, train).network.values();
    for (const Parameter& parameter : network.parameters()) {
      const bool earlier = parameter.layer == "dense1" || parameter.layer == "dense2";
      const bool same = before.segment(parameter.offset, parameter.size) ==
                        after.segment(parameter.offset, parameter.size);
      EXPECT_TRUE(same || !earlier) << scheme << ": " << parameter.name;
    }
  }
}

TEST(DataSchemes, MeasureWithoutDropout) {
  const Dataset train = training_set("blobs", kSamples);
  const ModelSpec plain = dense_model(2, 16, ActivationKind::tanh);
  ModelSpec dropping = plain;
  dropping.insert(dropping.begin() + 1,
                  {.name = "dropout1", .place = "", .kind = DropoutSpec{.rate = 0.5}});
  for (const std::string_view scheme : {"lsuv", "weight_norm", "krahenbuhl"}) {
    EXPECT_EQ(calibrated(plain, train, choose(scheme)).network.values(),
              calibrated(dropping, train, choose(scheme)).network.values())
        << scheme;
  }
}

TEST(DataSchemes, SayNothingWhenAllWentWell) {
  const Dataset train = training_set("blobs", kSamples);
  const ModelSpec model = dense_model(2, 16, ActivationKind::relu);
  for (const std::string_view scheme : {"lsuv", "weight_norm", "krahenbuhl"}) {
    EXPECT_THAT(calibrated(model, train, choose(scheme)).report.notes, IsEmpty()) << scheme;
  }
}

TEST(DataSchemes, NoteThatALaterOptimizationMovedCalibratedLayers) {
  const Dataset train = training_set("blobs", 160);
  const Network network(dense_model(3, 16, ActivationKind::relu), train.shape, train.outputs());
  std::vector<LayerInit> inits = inits_of(network, choose("krahenbuhl"));
  inits[1].weight = choose("lsuv");
  EXPECT_THAT(calibrated(network, inits, train).report.notes,
              ::testing::ElementsAre("krahenbuhl changed scales after lsuv had calibrated its "
                                     "layers; their moments are those before"));
}

TEST(CalibrationSamples, AreDifferentAndKeyedBySeed) {
  const Dataset train = training_set("blobs", 100);
  std::vector<Index> all = calibration_samples(train, 1000, 0);
  EXPECT_EQ(calibration_samples(train, 10, 0), std::vector<Index>(all.begin(), all.begin() + 10));
  EXPECT_NE(calibration_samples(train, 1000, 1), all);
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(all[i], static_cast<Index>(i));
}

// A change in the middle of a residual network: what is stale is run again, the rest is not needed.
TEST(CalibrationPass, ShowsWhatAWholePassWouldShowAfterAChange) {
  const Dataset train = training_set("blobs", kSamples);
  Network network(testing::residual_model(2, 2, 16, ActivationKind::tanh), train.shape,
                  train.outputs());
  initialize(network, inits_of(network, choose("kaiming_normal")), 0);
  CalibrationPass pass(network, train, 0);
  pass.use_batch(50);
  pass.value(network.output());
  const Layer& changed = layer_of(network, "residual1.dense2");
  network.values_of(changed.weight) *= 2;
  pass.changed(changed.linear);
  Tape tape(network, 50);
  gather_inputs(train, calibration_samples(train, 50, 0), tape.value(0));
  forward(network, {.mode = Mode::calibrate}, tape);
  for (NodeId id = 0; id <= network.output(); ++id) {
    EXPECT_EQ(Matrix(pass.value(id)), Matrix(tape.value(id))) << id;
  }
}

}  // namespace
}  // namespace initbench
