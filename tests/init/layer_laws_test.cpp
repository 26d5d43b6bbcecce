#include "init/layer_laws.h"

#include <gtest/gtest.h>

#include "theory/prediction.h"
#include "theory/prediction_cases.h"

namespace initbench {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the builders of small networks

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<LayerInit> inits_of(const Network& network, const InitChoice& weight,
                                const InitChoice& bias) {
  std::vector<LayerInit> inits;
  for (const Layer& layer : network.layers()) {
    inits.push_back({.layer = layer.name, .weight = weight, .bias = bias, .place = layer.name});
  }
  return inits;
}

TEST(LayerLaws, AskTheSchemesForTheirVariances) {
  const Network network({dense("dense1", 300, kRelu)}, Shape::flat(100), 300);
  const auto law = [&](const char* weight, const char* bias) {
    return laws_of(network, inits_of(network, choose(weight), choose(bias))).front();
  };
  EXPECT_NEAR(law("kaiming_normal", "zeros").weight_variance.value(), 2.0 / 100, 1e-12);
  EXPECT_TRUE(law("kaiming_normal", "zeros").gaussian);
  EXPECT_EQ(law("kaiming_normal", "zeros").bias_variance, 0);
  EXPECT_NEAR(law("xavier_uniform", "zeros").weight_variance.value(), 2.0 / 400, 1e-12);
  EXPECT_FALSE(law("xavier_uniform", "zeros").gaussian);
  EXPECT_NEAR(law("torch_default", "torch_default").bias_variance.value(), 1.0 / 300, 1e-12);
  EXPECT_TRUE(law("orthogonal", "zeros").orthogonal);
  EXPECT_NEAR(law("orthogonal", "zeros").weight_variance.value(), 1.0 / 300, 1e-12);
}

TEST(LayerLaws, SayWhyThereIsNone) {
  const Network network({dense("dense1", 300, kRelu)}, Shape::flat(100), 300);
  const auto laws = laws_of(network, inits_of(network, choose("ones"), choose("zeros")));
  EXPECT_FALSE(laws[0].weight_variance.has_value());
  EXPECT_TRUE(contains(laws[0].reason, "scheme ones"));
  const auto found = predict(network, laws, {});
  EXPECT_TRUE(contains(found.layers[0].reason, "dense1"));
  EXPECT_FALSE(found.layers[0].chi.has_value());
}

}  // namespace
}  // namespace initbench
