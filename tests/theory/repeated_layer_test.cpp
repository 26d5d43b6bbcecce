#include "theory/repeated_layer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "theory/prediction.h"
#include "theory/prediction_cases.h"

namespace initbench {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): small networks and laws

TEST(RepeatedLayer, IsTheMostFrequentOne) {
  ModelSpec spec = chain(4, 50, kTanh);
  spec.push_back(dense("relu", 50, kRelu));
  spec.push_back(dense("output", 10, kLinear));
  const Network network(spec, Shape::flat(20), 10);
  const auto found = repeated_layer(network, laws_with(network, 1.5, .1));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->first, 0U);
  EXPECT_EQ(found->count, 4);
  EXPECT_EQ(found->activation, kTanh);
  EXPECT_NEAR(found->scale.sigma_w2, 1.5, 1e-12);
  EXPECT_EQ(found->scale.sigma_b2, .1);
}

TEST(RepeatedLayer, CountsOnlyLayersOfTheSameScale) {
  const Network network(chain(4, 50, kTanh), Shape::flat(20), 50);
  std::vector<LayerLaw> laws = laws_with(network, 1.5);
  laws[0].weight_variance = *laws[0].weight_variance * 2;  // as xavier has it at other fans
  const auto found = repeated_layer(network, laws);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->first, 1U);
  EXPECT_EQ(found->count, 2);  // the last one is the output
}

TEST(RepeatedLayer, DoesNotExistWithNormsInBlocksOrAlone) {
  const auto reason = [](const ModelSpec& spec) {
    const Network network(spec, Shape::flat(20), 20);
    EXPECT_FALSE(repeated_layer(network, laws_with(network, 2)).has_value());
    return why_none_repeats(network, laws_with(network, 2));
  };
  EXPECT_NE(reason(chain(4, 20, kRelu, Norm::layer)).find("norm"), std::string::npos);
  EXPECT_NE(reason(chain(2, 20, kRelu)).find("alike"), std::string::npos);
  const LayerSpec block{
      .name = "r",
      .place = "r",
      .kind = ResidualSpec{.layers = {dense("a", 20, kRelu), dense("b", 20, kRelu)}}};
  EXPECT_NE(reason({block, block}).find("residual"), std::string::npos);
}

TEST(WeightScale, HasTheFactorsOfAParametrization) {
  LayerSpec layer = dense("a", 30, kTanh);
  std::get<DenseSpec>(layer.kind).parametrization = {.weight_scale = .5, .bias_scale = .2};
  const Network network({layer}, Shape::flat(20), 30);
  const LayerLaw law{.weight_variance = 1.0, .bias_variance = 1.0};
  const auto scale = weight_scale(network, network.layers()[0], law);
  ASSERT_TRUE(scale.has_value());
  EXPECT_NEAR(scale->sigma_w2, 20 * .25, 1e-12);
  EXPECT_NEAR(scale->sigma_b2, .04, 1e-12);
  const auto found = predict(network, std::vector<LayerLaw>{law}, {});
  EXPECT_NEAR(found.layers[0].pre_second_moment.value(), 5.04, 1e-9);
  EXPECT_NEAR(
      found.layers[0].chi.value() / found.layers[0].pre_second_moment.value(),
      [] {
        double sum = 0;  // E[sech^4(sqrt(5.04) z)] by a fine midpoint rule, over 5.04 / 5
        for (int i = -80'000; i < 80'000; ++i) {
          const double z = (i + .5) * 1e-4;
          sum += std::exp(-z * z / 2) / std::pow(std::cosh(std::sqrt(5.04) * z), 4);
        }
        return sum * 1e-4 / std::sqrt(2 * M_PI) * 5 / 5.04;
      }(),
      1e-8);
}

}  // namespace
}  // namespace initbench
