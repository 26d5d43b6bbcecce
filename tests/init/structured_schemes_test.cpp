// Matrices built of blocks by a rule: identities, Hadamard matrices, mirrored blocks that make a
// ReLU network a linear map.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "init/network_cases.h"
#include "init/tensor_cases.h"

namespace initbench {
namespace {

using testing::convolution;
using testing::dense;
using ::testing::HasSubstr;
using testing::initialized;
using testing::normal_matrix;
using testing::output;
using testing::output_of;
using Values = std::vector<Scalar>;

std::string misfit(std::string_view scheme, const TestTensor& tensor) {
  return misfit_of(choose(scheme), tensor.context());
}

TEST(IdentityScaled, IsAMultipleOfTheIdentityCutToTheShape) {
  const InitChoice choice = choose("identity_scaled", {{{"alpha", 0.5}}});
  EXPECT_EQ(filled(choice, dense_weight(2, 3)), (Values{0.5, 0, 0, 0, 0.5, 0}));
  EXPECT_EQ(filled(choose("identity_scaled"), dense_weight(4, 4)),
            filled(choose("eye"), dense_weight(4, 4)));
}

// zero

// scipy.linalg.hadamard(1024)[:, :784] / 32
TEST(Zero, IsAHadamardMatrixForMoreOutputsThanInputs) {
  const Values values = filled(choose("zero"), dense_weight(1024, 784));
  for (const Scalar w : values) ASSERT_EQ(std::fabs(w), Scalar{1} / 32);
  // Columns are orthonormal: all of them are within the Hadamard matrix.
  for (const std::size_t j : {1U, 2U, 500U, 783U}) {
    double product = 0;
    for (std::size_t i = 0; i < 1024; ++i) product += values[i * 784] * values[i * 784 + j];
    EXPECT_EQ(product, 0) << "column " << j;
  }
}

// The authors' ZerO_Init_on_matrix on (3, 2): the first 3 rows and 2 columns of hadamard(4) / 2.
TEST(Zero, CutsTheHadamardMatrixToTheShape) {
  EXPECT_EQ(filled(choose("zero"), dense_weight(3, 2)), (Values{0.5, 0.5, 0.5, -0.5, 0.5, 0.5}));
}

TEST(Zero, IsAPartialIdentityForMoreInputsThanOutputs) {
  EXPECT_EQ(filled(choose("zero"), dense_weight(10, 784)),
            filled(choose("eye"), dense_weight(10, 784)));
}

TEST(Zero, PutsTheMatrixOfEachGroupAtAKernelsCentre) {
  const Values wide =
      filled(choose("zero"), convolution_weight({.out = 2, .in = 3, .height = 3, .width = 3}));
  for (std::size_t i = 0; i < wide.size(); ++i) EXPECT_EQ(wide[i], i == 4 || i == 40 ? 1 : 0) << i;
  const Values groups =
      filled(choose("zero"), convolution_weight({.out = 4, .in = 4, .groups = 2}));
  EXPECT_EQ(groups, (Values{1, 0, 0, 1, 1, 0, 0, 1}));
}

TEST(Zero, SetsBiasesToZero) { EXPECT_EQ(filled(choose("zero"), bias(3, 2)), Values(3, 0)); }

TEST(Zeros, AreNotCalledZeroAsZerOIs) {
  EXPECT_EQ(find_scheme("zero"), find_scheme("ZerO"));
  EXPECT_NE(find_scheme("zero"), find_scheme("zeros"));
}

// looks_linear

struct MirrorCase {
  std::string name;
  Activation activation;
};

ModelSpec chain_of_dense(const Activation& activation) {
  ModelSpec model{dense("dense1", 12, activation.kind), dense("dense2", 16, activation.kind),
                  dense("dense3", 16, activation.kind), output()};
  for (LayerSpec& layer : model) {
    auto& spec = std::get<DenseSpec>(layer.kind);
    if (!spec.is_output) spec.activation = activation;
  }
  return model;
}

/// Two convolutions, an average pool between, then a dense layer that flattens an image.
ModelSpec chain_of_convolutions(const Activation& activation) {
  const LayerSpec pool{
      .name = "pool1", .place = "place", .kind = PoolSpec{.kind = PoolKind::average}};
  LayerSpec hidden = dense("dense1", 14, activation.kind);
  std::get<DenseSpec>(hidden.kind).activation = activation;
  return {convolution("conv1", 8, 3, activation), pool, convolution("conv2", 6, 3, activation),
          hidden, output()};
}

void PrintTo(const MirrorCase& c, std::ostream* out) { *out << c.name; }

class LooksLinear : public ::testing::TestWithParam<MirrorCase> {
 protected:
  /// How far f is from linear, relative to |f(x) + f(y)|.
  static double nonlinearity(const Network& network) {
    const Index features = network.node(0).shape.features();
    const Matrix x = normal_matrix(features, 20, 1);
    const Matrix y = normal_matrix(features, 20, 2);
    const Matrix fx = output_of(network, x);
    const Matrix fy = output_of(network, y);
    const double sum = (output_of(network, x + y) - fx - fy).norm();
    const double odd = (output_of(network, -x) + fx).norm();
    const double twice = (output_of(network, 2 * x) - 2 * fx).norm();
    return std::max({sum, odd, twice}) / (fx + fy).norm();
  }
};

TEST_P(LooksLinear, MakesAChainOfDenseLayersALinearMap) {
  const ModelSpec model = chain_of_dense(GetParam().activation);
  EXPECT_LT(nonlinearity(initialized(model, Shape::flat(7), 5, choose("looks_linear"))), 1e-5);
  EXPECT_GT(nonlinearity(initialized(model, Shape::flat(7), 5, choose("normal"))),
            GetParam().name == "linear" ? 0 : 0.1);
}

TEST_P(LooksLinear, MakesAChainOfConvolutionsALinearMap) {
  const ModelSpec model = chain_of_convolutions(GetParam().activation);
  const Shape image = Shape::image(6, 8, 3);
  EXPECT_LT(nonlinearity(initialized(model, image, 5, choose("looks_linear"))), 1e-5);
}

// Orthonormal columns: M is 6 x 5, 8 x 6, 8 x 8 and 8 x 8.
TEST_P(LooksLinear, KeepsLengthsWhereWidthsDoNotShrink) {
  const Network network =
      initialized(chain_of_dense(GetParam().activation), Shape::flat(5), 8, choose("looks_linear"));
  const Matrix x = normal_matrix(5, 10, 1);
  const Matrix y = output_of(network, x);
  for (Index sample = 0; sample < 10; ++sample) {
    EXPECT_NEAR(y.col(sample).norm() / x.col(sample).norm(), 1, 1e-5);
  }
}

std::string name_of(const ::testing::TestParamInfo<MirrorCase>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    All, LooksLinear,
    ::testing::Values(MirrorCase{"linear", {}}, MirrorCase{"relu", {.kind = ActivationKind::relu}},
                      MirrorCase{"leaky_relu",
                                 {.kind = ActivationKind::leaky_relu, .parameter = 0.2}},
                      MirrorCase{"prelu", {.kind = ActivationKind::prelu, .parameter = 0.25}},
                      MirrorCase{"gelu", {.kind = ActivationKind::gelu}},
                      MirrorCase{"silu", {.kind = ActivationKind::silu}},
                      MirrorCase{"softplus", {.kind = ActivationKind::softplus}}),
    name_of);

TestTensor with(TestTensor tensor, ActivationKind kind, double parameter = 0) {
  tensor.activation = {.kind = kind, .parameter = parameter};
  return tensor;
}

TEST(LooksLinearBlocks, AreMirrored) {
  const Values w = filled(choose("looks_linear"), with(dense_weight(4, 6), ActivationKind::relu));
  const auto at = [&](std::size_t i, std::size_t j) { return w[i * 6 + j]; };
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      EXPECT_NE(at(i, j), 0);
      EXPECT_EQ(at(i, j + 3), -at(i, j));
      EXPECT_EQ(at(i + 2, j), -at(i, j));
      EXPECT_EQ(at(i + 2, j + 3), at(i, j));
    }
  }
}

TEST(LooksLinearBlocks, AreOneOrthogonalMatrixInAnOnlyLayer) {
  const TestTensor only = of_last_layer(reading_input(dense_weight(3, 5)));
  EXPECT_EQ(filled(choose("looks_linear"), only), filled(choose("orthogonal"), only));
}

TEST(LooksLinearBlocks, NeedEvenSizes) {
  EXPECT_EQ(misfit("looks_linear", with(dense_weight(5, 6), ActivationKind::relu)),
            "looks_linear needs an even number of units or channels, not 5; use orthogonal");
  EXPECT_EQ(misfit("looks_linear", with(dense_weight(6, 5), ActivationKind::relu)),
            "looks_linear needs an even number of inputs or input channels, not 5; use orthogonal");
  EXPECT_EQ(misfit("looks_linear", reading_input(dense_weight(6, 5))), "");
  EXPECT_EQ(misfit("looks_linear", of_last_layer(dense_weight(5, 6))), "");
}

TEST(LooksLinearBlocks, NeedAnActivationThatMirrorsItself) {
  EXPECT_THAT(misfit("looks_linear", with(dense_weight(6, 6), ActivationKind::tanh)),
              HasSubstr("phi(z) - phi(-z) = c z, c != 0 (linear, relu, leaky_relu, prelu, "));
  // |z|: both halves are equal.
  EXPECT_THAT(misfit("looks_linear", with(dense_weight(6, 6), ActivationKind::leaky_relu, -1)),
              HasSubstr("phi(z) - phi(-z)"));
  EXPECT_THAT(misfit("looks_linear", of_last_layer(with(dense_weight(6, 6), ActivationKind::relu))),
              HasSubstr("a last layer without activation, not relu"));
}

TEST(LooksLinearBlocks, RefuseBlocksAndGroups) {
  EXPECT_THAT(misfit("looks_linear", in_branch(dense_weight(6, 6), 2, 0)),
              HasSubstr("a network without residual blocks"));
  EXPECT_THAT(misfit("looks_linear", convolution_weight({.out = 4, .in = 4, .groups = 2})),
              HasSubstr("a convolution without groups"));
}

}  // namespace
}  // namespace initbench
