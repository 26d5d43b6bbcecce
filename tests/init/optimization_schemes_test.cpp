// The gradient quotient that MetaInit minimizes, computed by other means; and what holds for
// GradInit too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "init/calibration_cases.h"
#include "init/calibration_metainit.h"
#include "init/calibration_surface.h"

namespace initbench {
namespace {

using testing::at;
using testing::Calibrated;
using testing::calibrated;
using testing::dense_model;
using ::testing::HasSubstr;
using testing::inits_of;
using testing::loss_of;
using testing::message_of;
using testing::training_set;
using testing::whole;

using Arguments = std::vector<NamedArgument>;

Samples fresh_noise(const Dataset& like, Index count) {
  Rng rng({.seed = 99, .purpose = Purpose::probe, .name = "noise"});
  return noise_samples(like, count, rng);
}

/// A linear map without activation under mean squared error, whose Hessian is known.
struct LinearCase {
  Dataset train;
  Network network;
  Samples samples;
  Eigen::MatrixXd x;  // inputs with a row of ones below
};

LinearCase linear_case() {
  Dataset train = training_set("linear", 40);
  Network network({testing::output()}, train.shape, train.outputs());
  initialize(network, inits_of(network, choose("kaiming_normal")), 0);
  Samples samples = whole(train);
  Eigen::MatrixXd x(samples.inputs.rows() + 1, samples.inputs.cols());
  x << samples.inputs.cast<double>(), Eigen::RowVectorXd::Ones(x.cols());
  return {std::move(train), std::move(network), std::move(samples), std::move(x)};
}

/// L = mean (p^T x - t)^2 has gradient 2/B x (x^T p - t) and Hessian 2/B x x^T in p = (w, b).
Eigen::VectorXd exact_gradient(const LinearCase& c) {
  const Eigen::VectorXd residual = c.x.transpose() * c.network.values().cast<double>() -
                                   c.samples.targets.transpose().cast<double>();
  return 2 / static_cast<double>(c.x.cols()) * c.x * residual;
}

Eigen::VectorXd exact_product(const LinearCase& c, const Eigen::VectorXd& v) {
  return 2 / static_cast<double>(c.x.cols()) * c.x * (c.x.transpose() * v);
}

TEST(LossSurface, MultipliesByTheHessianOfALinearNetwork) {
  const LinearCase c = linear_case();
  ASSERT_EQ(c.train.outputs(), 1);
  LossSurface surface(c.network, Loss::mse, 40);
  const Vector v = Vector::LinSpaced(c.network.values().size(), Scalar{-1}, Scalar{2});
  Vector product;
  surface.hessian_product(c.network.values(), v, c.samples, product);
  const Eigen::VectorXd exact = exact_product(c, v.cast<double>());
  EXPECT_LT((product.cast<double>() - exact).norm(), 1e-3 * exact.norm());
  EXPECT_EQ(surface.gradient_evaluations(), 2);
}

TEST(LossSurface, GivesZeroForTheZeroVector) {
  const LinearCase c = linear_case();
  LossSurface surface(c.network, Loss::mse, 40);
  Vector product;
  surface.hessian_product(c.network.values(), Vector::Zero(c.network.values().size()), c.samples,
                          product);
  EXPECT_EQ(product, Vector::Zero(c.network.values().size()));
}

TEST(GradientQuotient, IsThatOfTheClosedFormForALinearNetwork) {
  const LinearCase c = linear_case();
  LossSurface surface(c.network, Loss::mse, 40);
  const Eigen::VectorXd g = exact_gradient(c);
  const Eigen::VectorXd hg = exact_product(c, g);
  constexpr double kEpsilon = 0.01;
  double sum = 0;
  for (Index i = 0; i < g.size(); ++i) {
    const double divisor = g[i] + (g[i] < 0 ? -kEpsilon : kEpsilon);
    sum += std::abs((g[i] - hg[i]) / divisor - 1);
  }
  const double exact = sum / static_cast<double>(g.size());
  EXPECT_NEAR(gradient_quotient(surface, c.network.values(), c.samples, kEpsilon), exact,
              1e-3 * exact);
}

// Inputs 1 and 3, residuals 3 and -1: g = (0, 2) by hand, H = (10, 4; 4, 2), Hg = (8, 4); at eps =
// 1 the terms are |(0 - 8) / 1 - 1| and |(2 - 4) / 3 - 1|.
TEST(GradientQuotient, TakesTheSignOfZeroForPlusOne) {
  Network network({testing::output()}, Shape::flat(1), 1);
  network.values().setOnes();
  Samples samples;
  samples.inputs = Matrix{{1, 3}};
  samples.targets = Matrix{{-1, 5}};
  LossSurface surface(network, Loss::mse, 2);
  EXPECT_NEAR(gradient_quotient(surface, network.values(), samples, 1), (9 + 5.0 / 3) / 2, 0.01);
}

/// The quotient with a Hessian product of another step length and one-sided.
double quotient(const Network& network, const Samples& samples) {
  Vector g;
  loss_of(network, samples, &g);
  const double h = 2e-3 * network.values().norm() / g.norm();
  Vector ahead;
  loss_of(at(network, network.values() + static_cast<Scalar>(h) * g), samples, &ahead);
  const Eigen::ArrayXd a = g.cast<double>();
  const Eigen::ArrayXd hg = (ahead - g).cast<double>() / h;
  const Eigen::ArrayXd divisor =
      a + (a < 0).select(Eigen::ArrayXd::Constant(a.size(), -1e-5), 1e-5);
  return ((a - hg) / divisor - 1).abs().mean();
}

InitChoice metainit(double steps, double lr = 0.1, double gain = 1) {
  return choose("metainit",
                Arguments{{"steps", steps}, {"lr", lr}, {"gain", gain}, {"batch_size", 32.0}});
}

TEST(MetaInit, LowersTheGradientQuotient) {
  const Dataset train = training_set("blobs", 100);
  const ModelSpec model = dense_model(4, 24, ActivationKind::tanh);
  const Calibrated start = calibrated(model, train, metainit(0, 0.1, 2));
  const Calibrated made = calibrated(model, train, metainit(60, 0.1, 2));
  const Samples samples = fresh_noise(train, 256);
  EXPECT_LT(quotient(made.network, samples), 0.7 * quotient(start.network, samples));
  const NetworkCalibration& record = made.report.networks.at(0);
  EXPECT_LT(record.after, record.before);
}

TEST(MetaInit, ChangesNormsOfWeightsOnly) {
  const Dataset train = training_set("blobs", 100);
  const Network network(dense_model(2, 16, ActivationKind::relu), train.shape, train.outputs());
  const auto made = [&](double steps) {
    std::vector<LayerInit> inits = inits_of(network, metainit(steps));
    for (LayerInit& init : inits) init.bias = choose("normal");
    return calibrated(network, inits, train).network;
  };
  const Network before = made(0);
  const Network after = made(5);
  for (const Layer& layer : network.layers()) {
    const Vector w = before.values_of(layer.weight);
    const Vector moved = after.values_of(layer.weight);
    const Scalar factor = moved.norm() / w.norm();
    EXPECT_NE(factor, 1) << layer.name;
    EXPECT_LT((moved - factor * w).cwiseAbs().maxCoeff(), 1e-5) << layer.name;
    EXPECT_EQ(Vector(after.values_of(*layer.bias)), Vector(before.values_of(*layer.bias)));
  }
}

// lr in the first step; 0.9 of it and lr, with one sign or the other, in the second.
TEST(MetaInit, MovesEachNormBySignsWithMomentum) {
  const Dataset train = training_set("blobs", 100);
  const ModelSpec model = dense_model(2, 16, ActivationKind::relu);
  const Network start = calibrated(model, train, metainit(0)).network;
  const Network one = calibrated(model, train, metainit(1)).network;
  const Network two = calibrated(model, train, metainit(2)).network;
  for (const Layer& layer : start.layers()) {
    const double norm = start.values_of(layer.weight).norm();
    EXPECT_NEAR(std::abs(one.values_of(layer.weight).norm() - norm), 0.1, 1e-5) << layer.name;
    const double moved = std::abs(two.values_of(layer.weight).norm() - norm);
    EXPECT_LT(std::min(std::abs(moved - 0.29), std::abs(moved - 0.09)), 1e-5) << layer.name;
  }
}

// Norms of about 10, changed by 50.
TEST(MetaInit, TakesNoNormBelowAHundredthOfItsStart) {
  const Dataset train = training_set("blobs", 100);
  const ModelSpec model = dense_model(2, 16, ActivationKind::relu);
  const Network start = calibrated(model, train, metainit(0, 50, 3)).network;
  const Network made = calibrated(model, train, metainit(1, 50, 3)).network;
  double least = 1;
  for (const Layer& layer : start.layers()) {
    const ConstVectorView w = start.values_of(layer.weight);
    least = std::min(least, static_cast<double>(made.values_of(layer.weight).dot(w) / w.dot(w)));
  }
  EXPECT_NEAR(least, 0.01, 1e-6);
}

TEST(MetaInit, SeesNoData) {
  const ModelSpec model = dense_model(2, 16, ActivationKind::relu);
  const Dataset train = training_set("blobs", 100, 1);
  const Dataset other = training_set("blobs", 100, 2);
  EXPECT_EQ(calibrated(model, train, metainit(3)).network.values(),
            calibrated(model, other, metainit(3)).network.values());
}

TEST(MetaInit, ServesRegression) {
  const Dataset train = training_set("sine", 100);
  const Calibrated made = calibrated(dense_model(2, 16, ActivationKind::tanh), train, metainit(2));
  EXPECT_TRUE(std::isfinite(made.report.networks.at(0).after));
}

TEST(MetaInit, CountsItsGradients) {
  const Dataset train = training_set("blobs", 100);
  const Calibrated made = calibrated(dense_model(2, 16, ActivationKind::relu), train, metainit(4));
  const NetworkCalibration& record = made.report.networks.at(0);
  EXPECT_EQ(record.iterations, 4);
  EXPECT_EQ(record.gradient_evaluations, 2 * 3 + 4 * 3 * 6);  // 3 weights, 2 x 3 gradients each
}

InitChoice gradinit(const Arguments& arguments) { return choose("gradinit", arguments); }

TEST(OptimizationSchemes, GiveTheSameBitsForTheSameSeedAndOthersForAnother) {
  const Dataset train = training_set("blobs", 400);
  const ModelSpec model = dense_model(2, 16, ActivationKind::relu);
  for (const InitChoice& choice : {metainit(3), gradinit({{"iterations", 3.0}})}) {
    const Vector values = calibrated(model, train, choice, 3).network.values();
    EXPECT_EQ(values, calibrated(model, train, choice, 3).network.values());
    EXPECT_NE(values, calibrated(model, train, choice, 4).network.values());
  }
}

TEST(OptimizationSchemes, RefuseALossThatIsNotFinite) {
  const Dataset train = training_set("sine", 100);
  const Network network(dense_model(8, 64, ActivationKind::relu), train.shape, train.outputs());
  for (const std::string_view scheme : {"metainit", "gradinit"}) {
    const InitChoice choice = choose(scheme, {{{"gain", 1e6}}});
    EXPECT_THAT(message_of(network, inits_of(network, choice), train),
                HasSubstr("place of dense1: layer 'dense1', init: " + std::string(scheme) +
                          ": its objective became infinite"));
  }
}

}  // namespace
}  // namespace initbench
