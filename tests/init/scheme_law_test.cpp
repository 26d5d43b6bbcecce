// Each scheme against its distribution: bounds, moments, Kolmogorov-Smirnov. Expected laws are the
// closed forms of the literature, written out as numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <set>

#include "base/moments.h"
#include "init/law_cases.h"
#include "init/scheme.h"
#include "init/tensor_cases.h"

namespace initbench {
namespace {

struct LawCase {
  std::string scheme;
  std::vector<NamedArgument> arguments;
  TestTensor tensor;
  Law law;
};

void PrintTo(const LawCase& c, std::ostream* out) {
  *out << c.scheme << " with " << c.arguments.size() << " arguments";
}

TestTensor dense() { return dense_weight(400, 600); }
TestTensor leaky_dense() {
  TestTensor tensor = dense();
  tensor.activation = {.kind = ActivationKind::leaky_relu, .parameter = 0.2};
  return tensor;
}
TestTensor kernel(Index groups) {
  return convolution_weight({.out = 128, .in = 64, .height = 3, .width = 3, .groups = groups});
}
TestTensor large_bias() { return bias(100000, 600); }

// Dense: fan_in 600, fan_out 400. Kernel: fan_in 576 (144 with 4 groups), fan_out 1152.
std::vector<LawCase> direct_cases() {
  return {
      {"uniform", {}, dense(), uniform_law(0, 1)},
      {"uniform", {{"a", -0.05}, {"b", 0.05}}, dense(), uniform_law(-0.05, 0.05)},
      {"uniform", {{"a", -2.0}, {"b", 3.0}}, large_bias(), uniform_law(-2, 3)},
      {"normal", {}, dense(), normal_law(0, 1)},
      {"normal", {{"mean", 0.5}, {"std", 0.02}}, kernel(1), normal_law(0.5, 0.02)},
      {"normal", {{"std", 0.3}}, large_bias(), normal_law(0, 0.3)},
      {"trunc_normal", {}, dense(), two_sigma_law(1)},
      // Bounds are absolute: at 100 standard deviations nothing is cut off.
      {"trunc_normal", {{"std", 0.02}}, dense(), normal_law(0, 0.02)},
      {"trunc_normal",
       {{"mean", 1.0}, {"std", 0.5}, {"a", 0.5}, {"b", 3.0}},
       dense(),
       {.mean = 1, .sigma = 0.5, .low = 0.5, .high = 3}},
      // Far in a tail, on both sides.
      {"trunc_normal",
       {{"a", 9.0}, {"b", 10.0}},
       dense(),
       {.mean = 0, .sigma = 1, .low = 9, .high = 10}},
      {"trunc_normal",
       {{"a", -6.0}, {"b", -5.0}},
       dense(),
       {.mean = 0, .sigma = 1, .low = -6, .high = -5}},
      {"trunc_normal", {{"a", 4.0}, {"b", 99.0}}, dense(), {.mean = 0, .sigma = 1, .low = 4}},
  };
}

std::vector<LawCase> xavier_cases() {
  return {
      {"xavier_uniform", {}, dense(), uniform_law(-0.07745966692414834, 0.07745966692414834)},
      {"xavier_uniform",
       {{"gain", 2.0}},
       dense(),
       uniform_law(-0.15491933384829667, 0.15491933384829667)},
      {"xavier_normal", {}, dense(), normal_law(0, 0.044721359549995794)},
      {"xavier_normal", {{"gain", "tanh"}}, dense(), normal_law(0, 0.07453559924999299)},
      {"xavier_normal", {{"gain", "leaky_relu"}}, dense(), normal_law(0, 0.06324239098353376)},
      {"xavier_normal", {{"gain", "auto"}}, leaky_dense(), normal_law(0, 0.06201736729460423)},
      {"glorot_normal", {}, dense(), two_sigma_law(0.05084135392027291)},
      {"lecun_uniform", {}, dense(), uniform_law(-0.07071067811865475, 0.07071067811865475)},
      {"lecun_normal", {}, dense(), two_sigma_law(0.04641159399372864)},
      {"inverse_sqrt_fan_in",
       {},
       dense(),
       uniform_law(-0.040824829046386304, 0.040824829046386304)},
      {"torch_default", {}, dense(), uniform_law(-0.040824829046386304, 0.040824829046386304)},
      {"torch_default", {}, large_bias(), uniform_law(-0.040824829046386304, 0.040824829046386304)},
      {"torch_default", {}, kernel(1), uniform_law(-0.041666666666666664, 0.041666666666666664)},
  };
}

std::vector<LawCase> kaiming_cases() {
  return {
      {"kaiming_uniform", {}, dense(), uniform_law(-0.1, 0.1)},
      {"kaiming_uniform",
       {{"mode", "fan_out"}},
       dense(),
       uniform_law(-0.1224744871391589, 0.1224744871391589)},
      {"kaiming_uniform",
       {{"a", 2.23606797749979}},
       dense(),
       uniform_law(-0.040824829046386304, 0.040824829046386304)},
      {"kaiming_normal", {}, dense(), normal_law(0, 0.057735026918962576)},
      {"kaiming_normal", {}, kernel(1), normal_law(0, 0.05892556509887896)},
      {"kaiming_normal", {}, kernel(4), normal_law(0, 0.11785113019775793)},
      {"kaiming_normal", {{"mode", "fan_out"}}, kernel(4), normal_law(0, 0.041666666666666664)},
      {"kaiming_normal", {{"nonlinearity", "tanh"}}, dense(), normal_law(0, 0.06804138174397717)},
      {"kaiming_normal",
       {{"nonlinearity", "linear"}},
       dense(),
       normal_law(0, 0.040824829046386304)},
      {"kaiming_normal", {{"nonlinearity", "selu"}}, dense(), normal_law(0, 0.030618621784789725)},
      {"kaiming_normal", {{"a", 0.2}}, dense(), normal_law(0, 0.0566138517072298)},
      {"kaiming_normal",
       {{"nonlinearity", "auto"}},
       leaky_dense(),
       normal_law(0, 0.0566138517072298)},
      {"kaiming_normal", {{"nonlinearity", "auto"}}, dense(), normal_law(0, 0.040824829046386304)},
      {"he_normal", {}, dense(), two_sigma_law(0.06563590567728472)},
      {"variance_scaling", {}, kernel(1), two_sigma_law(0.04736863476410652)},
      {"variance_scaling",
       {{"scale", 2.0}, {"mode", "fan_avg"}, {"distribution", "uniform"}},
       dense(),
       uniform_law(-0.10954451150103323, 0.10954451150103323)},
      {"variance_scaling",
       {{"mode", "fan_out"}, {"distribution", "untruncated_normal"}},
       dense(),
       normal_law(0, 0.05)},
  };
}

TestTensor relu_dense() {
  TestTensor tensor = dense();
  tensor.activation = {.kind = ActivationKind::relu};
  return tensor;
}

std::vector<LawCase> special_cases() {
  return {
      {"truncated_normal", {}, dense(), two_sigma_law(0.05)},
      {"truncated_normal",
       {{"mean", 0.5}, {"std", 0.1}, {"lower", -1.0}, {"upper", 3.0}},
       dense(),
       {.mean = 0.5, .sigma = 0.1, .low = 0.4, .high = 0.8}},
      {"truncated_normal",
       {{"std", 3.0}, {"lower", -36.0}, {"upper", 36.0}},
       dense(),
       normal_law(0, 3)},
      {"gaussian_mean_field", {{"sigma_w", 1.5}}, dense(), normal_law(0, 0.06123724356957945)},
      {"gaussian_mean_field", {{"sigma_w", 1.5}}, kernel(1), normal_law(0, 0.0625)},
      {"gaussian_mean_field", {{"sigma_b", 0.3}}, large_bias(), normal_law(0, 0.3)},
      {"siren", {}, dense(), uniform_law(-0.0033333333333333335, 0.0033333333333333335)},
      {"siren",
       {{"omega0", 1.0}},
       kernel(1),
       uniform_law(-0.10206207261596575, 0.10206207261596575)},
      {"siren",
       {},
       reading_input(dense()),
       uniform_law(-0.0016666666666666668, 0.0016666666666666668)},
      {"siren", {}, large_bias(), uniform_law(-0.040824829046386304, 0.040824829046386304)},
      // exp(1 / 800) / sqrt(600) and sqrt(2) exp(1.2 / 397.6) / sqrt(600)
      {"random_walk", {}, dense(), normal_law(0, 0.040875891990385466)},
      {"random_walk", {}, relu_dense(), normal_law(0, 0.057909540721563596)},
      // 0.7 * 100000^(1/600)
      {"nguyen_widrow", {}, large_bias(), uniform_law(-0.7135614401572109, 0.7135614401572109)},
      {"keras_default", {}, dense(), uniform_law(-0.07745966692414834, 0.07745966692414834)},
      {"keras_default", {}, kernel(4), uniform_law(-0.06804138174397717, 0.06804138174397717)},
      {"tf1_default", {}, dense(), uniform_law(-0.07745966692414834, 0.07745966692414834)},
      {"flax_default", {}, dense(), two_sigma_law(0.04641159399372864)},
      {"flax_default", {}, kernel(4), two_sigma_law(0.09473726952821303)},
  };
}

std::vector<LawCase> law_cases() {
  std::vector<LawCase> cases = direct_cases();
  for (const auto& more : {xavier_cases(), kaiming_cases(), special_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

class SchemeLaw : public testing::TestWithParam<LawCase> {
 protected:
  InitChoice choice() const { return choose(GetParam().scheme, GetParam().arguments); }
  std::vector<Scalar> draws() const { return filled(choice(), GetParam().tensor, 1); }
};

TEST_P(SchemeLaw, HasItsBounds) {
  const Law& law = GetParam().law;
  const std::vector<Scalar> values = draws();
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*least, static_cast<Scalar>(law.low));
  EXPECT_LE(*most, static_cast<Scalar>(law.high));
  if (law.sigma != 0) {
    EXPECT_GT(*least, law.mean - (std::isinf(law.low) ? 7 : 11) * law.sigma);
    EXPECT_LT(*most, law.mean + (std::isinf(law.high) ? 7 : 11) * law.sigma);
    return;
  }
  const double width = law.high - law.low;
  EXPECT_LT(*least, law.low + 0.001 * width);
  EXPECT_GT(*most, law.high - 0.001 * width);
}

TEST_P(SchemeLaw, HasItsMoments) {
  const Law& law = GetParam().law;
  const Moments moments = moments_of(draws());
  const auto count = static_cast<double>(moments.count);
  const double std = std_of(law);
  EXPECT_NEAR(moments.mean, mean_of(law), 4 * std / std::sqrt(count));
  // The fourth moment of an exponential tail, the heaviest here, is 9 std^4.
  const double kurtosis = law.low > law.mean || law.high < law.mean ? 9 : 3;
  EXPECT_NEAR(std::sqrt(moments.variance) / std, 1, 4 * std::sqrt((kurtosis - 1) / 4 / count));
}

TEST_P(SchemeLaw, PassesTheKolmogorovSmirnovTest) {
  EXPECT_GT(kolmogorov_smirnov_p(draws(), GetParam().law), 1e-4);
}

TEST_P(SchemeLaw, HasTheVarianceThatItTellsTheory) {
  const auto& variance_of = choice().scheme->variance;
  ASSERT_NE(variance_of, nullptr);
  const std::optional<double> variance = variance_of(choice(), GetParam().tensor.context());
  const Law& law = GetParam().law;
  const double mean = mean_of(law);
  const double std = std_of(law);
  ASSERT_EQ(variance.has_value(), std::fabs(mean) < 1e-9 * std) << "mean " << mean;
  if (variance) {
    EXPECT_NEAR(*variance, std * std, 1e-6 * std * std);
  }
}

std::string name_of(const testing::TestParamInfo<LawCase>& info) {
  return info.param.scheme + "_" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(All, SchemeLaw, testing::ValuesIn(law_cases()), name_of);

// Without a law of independent entries; they have tests of their own in special_schemes_test.cpp,
// unit_laws_test.cpp, kernel_schemes_test.cpp and structured_schemes_test.cpp.
const std::set<std::string> kSpecial{"zeros",
                                     "ones",
                                     "constant",
                                     "eye",
                                     "identity_scaled",
                                     "dirac",
                                     "zero",
                                     "rai",
                                     "sparse",
                                     "sparse_martens",
                                     "equinorm",
                                     "orthogonal",
                                     "delta_orthogonal",
                                     "conv_orthogonal"};

TEST(SchemeLaws, CoverEveryPlainSchemeOfTheTable) {
  std::set<std::string> covered = kSpecial;
  for (const LawCase& c : law_cases()) covered.insert(c.scheme);
  for (const Scheme* row : rows_with_defaults()) {
    if (row->scheme_class != SchemeClass::plain) continue;
    EXPECT_TRUE(covered.contains(std::string(row->name))) << row->name << " has no test of its law";
  }
}

TEST(TruncatedNormal, HasTheStandardDeviationThatKerasCorrectsFor) {
  EXPECT_NEAR(std_of(two_sigma_law(1)), 0.8796256610342398, 1e-7);
}

TEST(KolmogorovSmirnov, RejectsALawThatIsOffByTwoPerCent) {
  const std::vector<Scalar> values = filled(choose("kaiming_normal"), dense());
  EXPECT_LT(kolmogorov_smirnov_p(values, normal_law(0, 1.02 * 0.057735026918962576)), 1e-4);
  EXPECT_LT(kolmogorov_smirnov_p(values, two_sigma_law(0.06563590567728472)), 1e-4);
}

}  // namespace
}  // namespace initbench
