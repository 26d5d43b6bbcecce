#include "report/theory_figures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "report/recorded_runs.h"

namespace initbench {
namespace {

using Json = nlohmann::ordered_json;

class TheoryInRunJson : public testing::RecordedRunsTest {
 protected:
  Json theory_of(const std::string& model) const {
    const std::string config = R"({"name": "n", "data": {"dataset": "gaussian", "features": 64,
        "train_size": 40, "test_size": 10}, "model": {)" +
                               model + R"(}, "train": {"batch_size": 20, "steps": 1}})";
    const std::string folder = record(trials_of(config).front());
    return Json::parse(testing::content_of(folder + "/run.json")).at("theory");
  }
};

// tanh at sigma_w^2 = 1.5, sigma_b^2 = 0.05, by quadrature.
TEST_F(TheoryInRunJson, HasTheFixedPointAndDepthScales) {
  const Json theory = theory_of(
      R"("init": {"scheme": "gaussian_mean_field", "sigma_w": 1.2247449, "sigma_b": 0.2236068},
         "activation": "tanh",
         "layers": [{"type": "dense", "units": 64, "repeat": 4}, {"type": "output"}])");
  EXPECT_EQ(theory.at("repeated_layer"), "dense1");
  EXPECT_NEAR(theory.at("sigma_w2").get<double>(), 1.5, 1e-6);
  EXPECT_NEAR(theory.at("q_star").get<double>(), .41804, 6e-6);
  EXPECT_NEAR(theory.at("chi_1").get<double>(), .93864, 6e-6);
  EXPECT_NEAR(theory.at("c_star").get<double>(), 1, 1e-6);
  EXPECT_NEAR(theory.at("xi_c").get<double>(), 15.79, 6e-3);
  EXPECT_NEAR(theory.at("trainable_depth").get<double>(), 94.7, 6e-2);
  EXPECT_EQ(theory.at("lengths"), "q* = 0.418");
}

TEST_F(TheoryInRunJson, HasTheWidthFactorAndTheJacobian) {
  const Json theory = theory_of(
      R"("init": "lecun_normal", "activation": "linear",
         "layers": [{"type": "dense", "units": 64, "repeat": 3}, {"type": "output"}])");
  EXPECT_NEAR(theory.at("finite_width_factor").get<double>(), std::pow(1 + 2.0 / 64, 3), 1e-9);
  EXPECT_TRUE(theory.at("dead_input_probability").is_null());
}

TEST_F(TheoryInRunJson, SaysWhyFiguresAreMissing) {
  const Json theory = theory_of(R"("init": "kaiming_normal", "activation": "relu",
      "layers": [{"type": "dense", "units": 32, "norm": "layer", "repeat": 2},
                 {"type": "output"}])");
  EXPECT_TRUE(theory.at("q_star").is_null());
  EXPECT_EQ(theory.at("limit_reason"), "a norm sets the length anew in every layer");
  EXPECT_TRUE(theory.at("jacobian_mean").is_null());
  EXPECT_FALSE(theory.at("jacobian_reason").is_null());
}

TEST(TheoryFigures, AreReadBack) {
  const TheoryFigures figures{.repeated_layer = "dense2",
                              .lengths = "lengths decay to 0",
                              .sigma_w2 = 1.5,
                              .q_star = 0,
                              .xi_c = INFINITY,
                              .jacobian_variance = .25,
                              .jacobian_reason = "why"};
  EXPECT_EQ(read_theory_figures(to_json(figures)), figures);
}

}  // namespace
}  // namespace initbench
