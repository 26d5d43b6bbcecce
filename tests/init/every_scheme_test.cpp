// What holds for every row of the table, found by looping over it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/moments.h"
#include "init/scheme.h"
#include "init/tensor_cases.h"

namespace initbench {
namespace {

const std::set<std::string_view> kWithoutRandomness{"zeros",           "ones",  "constant", "eye",
                                                    "identity_scaled", "dirac", "zero"};

std::optional<double> variance_of(const InitChoice& choice, const TestTensor& tensor) {
  if (choice.scheme->variance == nullptr) return std::nullopt;
  return choice.scheme->variance(choice, tensor.context());
}

/// Some random schemes set some tensors to 0, and say so: biases, last layers.
bool is_random(const InitChoice& choice, const TestTensor& tensor) {
  return !kWithoutRandomness.contains(choice.scheme->name) && variance_of(choice, tensor) != 0.0;
}

struct Case {
  InitChoice choice;
  TestTensor tensor;
  std::string name() const {
    return std::string(choice.scheme->name) + " on " + tensor.layer_type + " " +
           tensor.parameter.tensor + " of " + std::to_string(tensor.parameter.size);
  }
};

/// Every scheme with its defaults on every tensor that it fits.
std::vector<Case> fitting_cases() {
  std::vector<Case> cases;
  for (const Scheme* row : rows_with_defaults()) {
    for (const TestTensor& tensor : assorted_tensors()) {
      const InitChoice choice = choose(row->name);
      if (misfit_of(choice, tensor.context()).empty()) {
        cases.push_back({.choice = choice, .tensor = tensor});
      }
    }
  }
  return cases;
}

TEST(EveryScheme, FitsATensor) {
  std::set<std::string_view> fitting;
  for (const Case& c : fitting_cases()) fitting.insert(c.choice.scheme->name);
  for (const Scheme* row : rows_with_defaults())
    EXPECT_TRUE(fitting.contains(row->name)) << row->name;
}

// Every other test of this file passes over such a row: it must be able to, and be tested
// elsewhere.
TEST(EveryScheme, IsChosenByItsNameAloneButForFiles) {
  for (const Scheme& row : scheme_table()) {
    for (const SchemeParameter& parameter : row.parameters) {
      EXPECT_TRUE(!parameter.required || parameter.text) << row.name << " " << parameter.name;
    }
  }
}

TEST(EveryScheme, GivesTheSameBitsForTheSameSeed) {
  for (const Case& c : fitting_cases()) {
    EXPECT_EQ(filled(c.choice, c.tensor, 3), filled(c.choice, c.tensor, 3)) << c.name();
  }
}

TEST(EveryScheme, GivesOtherBitsForAnotherSeedLayerOrTensorIfItIsRandom) {
  for (const Case& c : fitting_cases()) {
    const bool random = is_random(c.choice, c.tensor);
    // A 1 x 1 orthogonal matrix is +1 or -1, and a sparse one is 0.
    if (random && c.tensor.parameter.size == 1) continue;
    const std::vector<Scalar> values = filled(c.choice, c.tensor);
    TestTensor renamed = c.tensor;
    renamed.parameter.layer = "dense2";
    TestTensor retitled = c.tensor;
    retitled.parameter.tensor = "other";
    EXPECT_EQ(values != filled(c.choice, c.tensor, 1), random) << c.name();
    EXPECT_EQ(values != filled(c.choice, renamed), random) << c.name();
    EXPECT_EQ(values != filled(c.choice, retitled), random) << c.name();
  }
}

// Every limit of every parameter, alone: the widest bounds, the largest gain, a slope of -1e6.
TEST(EveryScheme, GivesOnlyFiniteValuesAtTheLimitsOfItsParameters) {
  for (const Case& c : fitting_cases()) {
    for (const SchemeParameter& parameter : c.choice.scheme->parameters) {
      for (const std::optional<double>& limit : {parameter.minimum, parameter.maximum}) {
        if (!limit || !parameter.number_allowed) continue;
        const double inside = parameter.exclusive_minimum && limit == parameter.minimum
                                  ? std::max(*limit, 1e-30)
                                  : *limit;
        InitChoice choice = c.choice;
        const auto index = static_cast<std::size_t>(&parameter - choice.scheme->parameters.data());
        choice.arguments[index] = inside;
        if (choice.scheme->conflict != nullptr && !choice.scheme->conflict(choice).empty())
          continue;
        if (!misfit_of(choice, c.tensor.context()).empty()) continue;
        const std::vector<Scalar> values = filled(choice, c.tensor);
        EXPECT_TRUE(
            std::all_of(values.begin(), values.end(), [](Scalar x) { return std::isfinite(x); }))
            << c.name() << " with " << parameter.name << " = " << inside;
      }
    }
  }
}

/// Of these, and of orthogonal rows, weights depend on the whole matrix or on its number of rows.
const std::set<std::string_view> kOfTheWholeMatrix{"sparse",       "sparse_martens", "zero",
                                                   "looks_linear", "nguyen_widrow",  "random_walk"};

// A weight's draw depends on its index in the stream alone: more rows leave the first ones as they
// are.
TEST(EveryScheme, DrawsEachWeightByItsIndexAlone) {
  for (const Scheme* row : rows_with_defaults()) {
    if (row->orthogonal || kOfTheWholeMatrix.contains(row->name)) continue;
    if (row->weight_shape == WeightShape::kernel) continue;
    TestTensor small = in_branch(dense_weight(4, 8), 2, 0);
    TestTensor large = in_branch(dense_weight(9, 8), 2, 0);
    large.parameter.fans = small.parameter.fans;
    const std::vector<Scalar> few = filled(choose(row->name), small);
    std::vector<Scalar> many = filled(choose(row->name), large);
    many.resize(few.size());
    EXPECT_EQ(few, many) << row->name;
  }
}

// Mean 0 within four standard errors; the second moment too, whose error follows from the sample's
// kurtosis.
TEST(EveryScheme, HasTheVarianceThatItTellsTheory) {
  for (const Scheme* row : rows_with_defaults()) {
    for (const TestTensor& plain :
         {dense_weight(512, 512), dense_weight(200, 1000), bias(100000, 50),
          convolution_weight({.out = 96, .in = 64, .height = 5, .width = 5, .groups = 2})}) {
      for (const TestTensor& tensor : {plain, in_branch(plain, 2, 0)}) {
        const InitChoice choice = choose(row->name);
        if (!misfit_of(choice, tensor.context()).empty()) continue;
        const std::optional<double> variance = variance_of(choice, tensor);
        if (!variance) continue;
        const std::vector<Scalar> values = filled(choice, tensor, 2);
        const Moments moments = moments_of(values);
        const auto n = static_cast<double>(values.size());
        double fourth = 0;
        for (const Scalar w : values) fourth += std::pow(static_cast<double>(w), 4) / n;
        EXPECT_NEAR(moments.mean, 0, 4 * std::sqrt(*variance / n)) << row->name;
        EXPECT_NEAR(moments.second_moment, *variance,
                    4 * std::sqrt((fourth - *variance * *variance) / n) + 1e-6 * *variance)
            << row->name << " on " << tensor.layer_type << " " << tensor.parameter.tensor;
      }
    }
  }
}

// Schemes of one seed are paired: the same stream, only the scale differs.
TEST(EveryScheme, IsPairedWithTheOthersOfItsSeed) {
  const TestTensor tensor = dense_weight(16, 8);
  const std::vector<Scalar> kaiming = filled(choose("kaiming_normal"), tensor);
  const std::vector<Scalar> xavier = filled(choose("xavier_normal"), tensor);
  const double ratio = std::sqrt(2.0 / 8) / std::sqrt(2.0 / 24);
  for (std::size_t i = 0; i < kaiming.size(); ++i) {
    EXPECT_NEAR(kaiming[i], ratio * xavier[i], 1e-6) << i;
  }
}

TEST(EveryScheme, NamesWhatFitsWhenItDoesNot) {
  const TestTensor dense = dense_weight(4, 4);
  const TestTensor kernel = convolution_weight({.out = 4, .in = 4, .height = 3, .width = 3});
  EXPECT_EQ(misfit_of(choose("dirac"), dense.context()),
            "dirac needs a convolution; for dense layers use eye or orthogonal");
  EXPECT_EQ(misfit_of(choose("eye"), kernel.context()),
            "eye needs a dense layer; for convolutions use dirac");
  EXPECT_EQ(misfit_of(choose("sparse"), kernel.context()),
            "sparse needs a dense layer; for convolutions use normal");
  for (const Scheme* row : rows_with_defaults()) {
    const std::string reason = misfit_of(choose(row->name), bias(4, 4).context());
    EXPECT_EQ(reason.empty(), row->for_biases) << row->name;
    if (!row->for_biases) {
      EXPECT_EQ(reason, std::string(row->name) +
                            " is for weights only; for biases use zeros, constant, uniform or "
                            "normal");
    }
  }
}

}  // namespace
}  // namespace initbench
