// GradInit's objective and its slope, computed by other means than its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "init/calibration_cases.h"

namespace initbench {
namespace {

using testing::at;
using testing::Calibrated;
using testing::calibrated;
using testing::dense_model;
using ::testing::HasSubstr;
using testing::inits_of;
using testing::loss_of;
using testing::training_set;
using testing::whole;

using Arguments = std::vector<NamedArgument>;

InitChoice gradinit(const Arguments& arguments) { return choose("gradinit", arguments); }

double gradient_norm(const Network& network, const Samples& samples, std::string_view optimizer) {
  Vector g;
  loss_of(network, samples, &g);
  return optimizer == "adam" ? g.cast<double>().cwiseAbs().sum() : g.cast<double>().norm();
}

/// Steps have a length that does not depend on the gradient's: eta, or eta per entry.
Vector stepped(const Network& network, const Samples& samples, std::string_view optimizer,
               double eta) {
  Vector g;
  loss_of(network, samples, &g);
  g = optimizer == "adam" ? Vector(g.cwiseSign()) : Vector(g / g.norm());
  return network.values() - static_cast<Scalar>(eta) * g;
}

TEST(GradInit, LowersTheLossAfterOneStepOnTheTrainingSet) {
  const Dataset train = training_set("blobs", 400);
  const ModelSpec model = dense_model(4, 32, ActivationKind::relu);
  const Samples samples = whole(train);
  const std::pair<std::string, double> steps[] = {{"sgd", 0.1}, {"adam", 0.01}};
  for (const auto& [optimizer, eta] : steps) {
    const Arguments arguments{{"optimizer", optimizer},
                              {"eta", eta},
                              {"gamma", 1e5},
                              {"gain", 2.0},
                              {"batch_size", 64.0}};
    const auto loss_after_step = [&](double iterations) {
      Arguments all = arguments;
      all.push_back({"iterations", iterations});
      const Network made = calibrated(model, train, gradinit(all)).network;
      return loss_of(at(made, stepped(made, samples, optimizer, eta)), samples);
    };
    EXPECT_LT(loss_after_step(50), 0.6 * loss_after_step(0)) << optimizer;
  }
}

TEST(GradInit, ShortensAGradientThatIsLongerThanGamma) {
  const Dataset train = training_set("blobs", 400);
  const ModelSpec model = dense_model(4, 32, ActivationKind::relu);
  const Samples samples = whole(train);
  const std::pair<std::string, double> gammas[] = {{"sgd", 0.5}, {"adam", 10.0}};
  for (const auto& [optimizer, gamma] : gammas) {
    const auto norm_after = [&](double iterations) {
      const Arguments arguments{
          {"optimizer", optimizer}, {"gamma", gamma},      {"gain", 3.0},
          {"eta", 0.001},           {"batch_size", 128.0}, {"iterations", iterations}};
      return gradient_norm(calibrated(model, train, gradinit(arguments)).network, samples,
                           optimizer);
    };
    EXPECT_GT(norm_after(0), 3 * gamma) << optimizer;
    EXPECT_LT(norm_after(150), 1.3 * gamma) << optimizer;
  }
}

/// The first three half batches as GradInit takes them: (a, b) and (a, c).
std::pair<Samples, Samples> first_batches(const Dataset& train, Index half, std::uint64_t seed) {
  SampleStream stream(train.size, seed);
  const std::vector<Index> a = stream.next(half);
  const auto joined = [&] {
    std::vector<Index> samples = a;
    for (const Index sample : stream.next(half)) samples.push_back(sample);
    return gather_samples(train, samples);
  };
  Samples first = joined();
  return {std::move(first), joined()};
}

// Adam's first step is lr against the sign of the slope, which is measured here by differences of
// the objective itself over each tensor's scale.
TEST(GradInit, FirstMovesEachScaleAgainstTheSlopeOfItsObjective) {
  const Dataset train = training_set("blobs", 400);
  const Network network(dense_model(3, 24, ActivationKind::tanh), train.shape, train.outputs());
  const auto [first, second] = first_batches(train, 32, 0);
  for (const std::string optimizer : {"sgd", "adam"}) {
    for (const double gamma : {1e5, 1e-3}) {  // loss; norm
      const double eta = optimizer == "adam" ? 0.01 : 0.5;
      const auto made = [&](double iterations) {
        std::vector<LayerInit> inits = inits_of(network, gradinit({{"optimizer", optimizer},
                                                                   {"eta", eta},
                                                                   {"gamma", gamma},
                                                                   {"batch_size", 64.0},
                                                                   {"iterations", iterations}}));
        for (LayerInit& init : inits) init.bias = choose("normal", {{{"std", 0.5}}});
        return calibrated(network, inits, train).network;
      };
      const Network start = made(0);
      const Network moved = made(1);
      // The signs of a step are piecewise constant: their jumps are no part of the slope.
      const Vector signs_step = stepped(start, first, "adam", eta) - start.values();
      const auto objective = [&](const Network& n) {
        if (gamma < 1) return gradient_norm(n, first, optimizer);
        const Vector step = stepped(n, first, "sgd", eta) - n.values();
        return loss_of(at(n, n.values() + (optimizer == "adam" ? signs_step : step)), second);
      };
      for (const Parameter& tensor : network.parameters()) {
        const auto scaled = [&](Scalar factor) {
          Vector values = start.values();
          values.segment(tensor.offset, tensor.size) *= factor;
          return objective(at(start, values));
        };
        const double slope = (scaled(1.01F) - scaled(0.99F)) / 0.02;
        const auto before = start.values().segment(tensor.offset, tensor.size);
        const auto after = moved.values().segment(tensor.offset, tensor.size);
        EXPECT_NEAR(after.norm() / before.norm(), slope > 0 ? 0.99 : 1.01, 1e-5)
            << optimizer << " " << gamma << " " << tensor.name << " slope " << slope;
      }
    }
  }
}

TEST(GradInit, ChangesOneScalePerTensorAndNoneBelowItsLeast) {
  const Dataset train = training_set("blobs", 400);
  const ModelSpec model = dense_model(2, 16, ActivationKind::relu);
  const auto made = [&](double iterations) {
    return calibrated(
               model, train,
               gradinit(
                   {{"lr", 0.3}, {"gamma", 0.01}, {"min_scale", 0.2}, {"iterations", iterations}}))
        .network;
  };
  const Network start = made(0);
  const Network moved = made(40);
  double least = 1;
  for (const Layer& layer : start.layers()) {
    const Vector w = start.values_of(layer.weight);
    const Vector after = moved.values_of(layer.weight);
    const Scalar factor = after.norm() / w.norm();
    EXPECT_LT((after - factor * w).cwiseAbs().maxCoeff(), 1e-5) << layer.name;
    EXPECT_TRUE((moved.values_of(*layer.bias).array() == 0).all()) << layer.name;
    least = std::min(least, static_cast<double>(factor));
  }
  EXPECT_NEAR(least, 0.2, 1e-5);
}

TEST(GradInit, ReportsItsObjectiveAndCost) {
  const Dataset train = training_set("blobs", 400);
  const Calibrated made =
      calibrated(dense_model(2, 16, ActivationKind::relu), train,
                 gradinit({{"gamma", 100.0}, {"iterations", 20.0}, {"batch_size", 64.0}}));
  const NetworkCalibration& record = made.report.networks.at(0);
  EXPECT_EQ(record.scheme, "gradinit");
  EXPECT_EQ(record.layers, (std::vector<std::string>{"dense1", "dense2", "output"}));
  EXPECT_EQ(record.iterations, 20);
  EXPECT_EQ(record.gradient_evaluations, 20 * 4 + 2);
  const auto [first, second] = first_batches(train, 32, 0);
  const Network& network = made.network;
  EXPECT_NEAR(record.after, loss_of(at(network, stepped(network, first, "sgd", 0.1)), second),
              1e-5);
  EXPECT_LT(record.after, record.before);
}

TEST(GradInit, SaysWhenTheGradientStaysTooLong) {
  const Dataset train = training_set("blobs", 400);
  const Calibrated made = calibrated(dense_model(2, 16, ActivationKind::relu), train,
                                     gradinit({{"gamma", 0.001}, {"iterations", 3.0}}));
  ASSERT_EQ(made.report.notes.size(), 1U);
  EXPECT_THAT(made.report.notes[0], HasSubstr("the gradient is longer than gamma after 3 "
                                              "iterations (3 of them shortened it)"));
}

}  // namespace
}  // namespace initbench
