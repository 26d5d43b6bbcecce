#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/errors.h"
#include "init/scheme.h"
#include "init/tensor_cases.h"

namespace initbench {
namespace {

using testing::HasSubstr;

std::string message_of(std::string_view scheme, const std::vector<NamedArgument>& arguments) {
  try {
    choose(scheme, arguments);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SchemeTable, HasEveryPlainSchemeOfTheContract) {
  for (const std::string_view name : {"zeros",
                                      "ones",
                                      "constant",
                                      "uniform",
                                      "normal",
                                      "trunc_normal",
                                      "eye",
                                      "dirac",
                                      "xavier_uniform",
                                      "xavier_normal",
                                      "kaiming_uniform",
                                      "kaiming_normal",
                                      "lecun_uniform",
                                      "lecun_normal",
                                      "variance_scaling",
                                      "orthogonal",
                                      "sparse",
                                      "inverse_sqrt_fan_in",
                                      "torch_default",
                                      "keras_default",
                                      "flax_default",
                                      "tf1_default",
                                      "truncated_normal",
                                      "sparse_martens",
                                      "delta_orthogonal",
                                      "conv_orthogonal",
                                      "identity_scaled",
                                      "siren",
                                      "rai",
                                      "looks_linear",
                                      "random_walk",
                                      "gaussian_mean_field",
                                      "zero",
                                      "nguyen_widrow",
                                      "equinorm"}) {
    ASSERT_NE(find_scheme(name), nullptr) << name;
    EXPECT_EQ(find_scheme(name)->name, name);
    EXPECT_TRUE(find_scheme(name)->for_weights) << name;
  }
  std::set<std::string_view> for_any_bias;
  for (const Scheme& row : scheme_table()) {
    if (row.for_biases && !row.brings_biases) for_any_bias.insert(row.name);
    EXPECT_TRUE(row.for_biases || !row.brings_biases) << row.name;
  }
  EXPECT_EQ(for_any_bias, (std::set<std::string_view>{"zeros", "constant", "uniform", "normal"}));
}

TEST(SchemeTable, GivesEveryNameAndAliasToOneRow) {
  std::set<std::string_view> seen;
  for (const Scheme& row : scheme_table()) {
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    for (const std::string_view alias : row.aliases) {
      EXPECT_TRUE(seen.insert(alias).second) << alias;
      EXPECT_EQ(find_scheme(alias), &row) << alias;
    }
  }
}

TEST(SchemeTable, DocumentsEveryRowAndParameter) {
  for (const Scheme& row : scheme_table()) {
    EXPECT_FALSE(row.summary.empty()) << row.name;
    EXPECT_FALSE(row.formula.empty()) << row.name;
    EXPECT_FALSE(row.source.empty()) << row.name;
    EXPECT_NE(row.fill, nullptr) << row.name;
    EXPECT_EQ(row.weight_shape == WeightShape::any, row.instead.empty()) << row.name;
    for (const SchemeParameter& parameter : row.parameters) {
      EXPECT_FALSE(parameter.summary.empty()) << row.name << "." << parameter.name;
      EXPECT_TRUE(parameter.number_allowed || !parameter.choices.empty() || parameter.text)
          << parameter.name;
    }
  }
}

TEST(SchemeTable, AcceptsItsOwnDefaultsAndLimits) {
  for (const Scheme* row : rows_with_defaults()) {
    for (const SchemeParameter& parameter : row->parameters) {
      const std::string name(parameter.name);
      EXPECT_EQ(choose(row->name, {{{.name = name, .value = parameter.default_value}}}),
                choose(row->name))
          << row->name << "." << name;
      for (const std::string_view word : parameter.choices) {
        EXPECT_EQ(choose(row->name, {{{.name = name, .value = std::string(word)}}}).word(name),
                  word);
      }
    }
  }
}

TEST(SchemeTable, BoundsEveryNumberOnBothSides) {
  for (const Scheme& row : scheme_table()) {
    for (const SchemeParameter& parameter : row.parameters) {
      if (!parameter.number_allowed) continue;
      const std::string name(parameter.name);
      for (const double extreme : {1e30, -1e30, HUGE_VAL, -HUGE_VAL, std::nan("")}) {
        EXPECT_THROW(choose(row.name, {{{.name = name, .value = extreme}}}), ConfigError)
            << row.name << "." << name << " = " << extreme;
      }
    }
  }
}

TEST(FindScheme, KnowsOtherLibrariesNamesWhereTheyMeanExactlyTheSame) {
  EXPECT_EQ(find_scheme("glorot_uniform"), find_scheme("xavier_uniform"));
  EXPECT_EQ(find_scheme("he_uniform"), find_scheme("kaiming_uniform"));
  EXPECT_EQ(find_scheme("identity"), find_scheme("eye"));
  // Truncated in Keras and JAX, not in PyTorch.
  EXPECT_NE(find_scheme("glorot_normal"), find_scheme("xavier_normal"));
  EXPECT_NE(find_scheme("he_normal"), find_scheme("kaiming_normal"));
  EXPECT_EQ(find_scheme("he_norm"), nullptr);
}

TEST(Choose, FillsInTheDefaultsOfPyTorch) {
  const InitChoice kaiming = choose("kaiming_normal");
  EXPECT_EQ(kaiming.word("mode"), "fan_in");
  EXPECT_EQ(kaiming.word("nonlinearity"), "leaky_relu");
  EXPECT_EQ(kaiming.number("a"), 0);
  EXPECT_EQ(choose("xavier_uniform").number("gain"), 1);
  EXPECT_EQ(choose("uniform").number("a"), 0);
  EXPECT_EQ(choose("uniform").number("b"), 1);
  EXPECT_EQ(choose("normal").number("std"), 1);
  EXPECT_EQ(choose("trunc_normal").number("a"), -2);
  EXPECT_EQ(choose("trunc_normal").number("b"), 2);
  EXPECT_EQ(choose("sparse", {{{.name = "sparsity", .value = 0.5}}}).number("std"), 0.01);
  EXPECT_EQ(choose("variance_scaling").word("distribution"), "truncated_normal");
}

TEST(Choose, UnderstandsOtherSpellingsOfAParameter) {
  const std::vector<NamedArgument> val{{.name = "val", .value = 0.5}};
  const std::vector<NamedArgument> value{{.name = "value", .value = 0.5}};
  EXPECT_EQ(choose("constant", val), choose("constant", value));
  const std::vector<NamedArgument> both{val[0], value[0]};
  EXPECT_THAT(message_of("constant", both), HasSubstr("'value' is given twice"));
}

TEST(Choose, SuggestsTheSchemeThatWasMeant) {
  EXPECT_EQ(message_of("kaimin_normal", {}),
            "unknown initialization scheme 'kaimin_normal'; did you mean 'kaiming_normal'? "
            "(see: initbench list schemes)");
}

TEST(Choose, NamesAnUnknownParameterAndThoseThereAre) {
  EXPECT_EQ(message_of("normal", {{.name = "sdt", .value = 1.0}}),
            "normal: has no parameter 'sdt'; did you mean 'std'? (it takes mean and std)");
  EXPECT_EQ(message_of("zeros", {{.name = "gain", .value = 1.0}}),
            "zeros: has no parameter 'gain' (it takes none)");
}

TEST(Choose, NamesTheRangeOfANumber) {
  EXPECT_EQ(message_of("normal", {{.name = "std", .value = -1.0}}),
            "normal: 'std' must be a number from 0 to 1e+06, not -1");
  EXPECT_EQ(message_of("variance_scaling", {{.name = "scale", .value = 0.0}}),
            "variance_scaling: 'scale' must be a number above 0 and at most 1e+06, not 0");
  EXPECT_EQ(message_of("sparse", {{.name = "sparsity", .value = 1.5}}),
            "sparse: 'sparsity' must be a number from 0 to 1, not 1.5");
  EXPECT_EQ(message_of("dirac", {{.name = "groups", .value = 1.5}}),
            "dirac: 'groups' must be a whole number from 1 to 1e+06, or one of auto, not 1.5");
  EXPECT_EQ(message_of("normal", {{.name = "std", .value = "small"}}),
            "normal: 'std' must be a number from 0 to 1e+06, not 'small'");
}

TEST(Choose, NamesTheWordsThatAParameterMayBe) {
  EXPECT_EQ(message_of("kaiming_normal", {{.name = "mode", .value = "fanin"}}),
            "kaiming_normal: 'mode' must be one of fan_in or fan_out, not 'fanin'; did you mean "
            "'fan_in'?");
  EXPECT_EQ(message_of("kaiming_normal", {{.name = "mode", .value = 1.0}}),
            "kaiming_normal: 'mode' must be one of fan_in or fan_out, not 1");
  EXPECT_THAT(message_of("variance_scaling", {{.name = "distribution", .value = "normal"}}),
              HasSubstr("one of truncated_normal, untruncated_normal or uniform"));
}

TEST(Choose, SuggestsTheActivationThatAGainMayHaveMeant) {
  EXPECT_THAT(message_of("xavier_normal", {{.name = "gain", .value = "rleu"}}),
              HasSubstr("did you mean 'relu'?"));
}

TEST(Choose, RefusesArgumentsThatDoNotGoTogether) {
  EXPECT_EQ(message_of("uniform", {{.name = "a", .value = 2.0}}),
            "uniform: 'a' must not be above 'b': 2 > 1");
  EXPECT_EQ(message_of("trunc_normal", {{.name = "a", .value = 2.0}}),
            "trunc_normal: 'a' must be below 'b': 2 >= 2");
  EXPECT_THAT(message_of("trunc_normal", {{.name = "mean", .value = 1.0},
                                          {.name = "std", .value = 0.01},
                                          {.name = "b", .value = 0.5}}),
              HasSubstr("begins 50 standard deviations from 'mean'"));
}

TEST(Choose, ReportsEveryWrongArgumentAtOnce) {
  try {
    choose("normal", {{{.name = "std", .value = -1.0}, {.name = "maen", .value = 0.0}}});
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.issues().size(), 2U);
  }
}

}  // namespace
}  // namespace initbench
