#include "base/suggest.h"

#include <gtest/gtest.h>

#include <array>

namespace initbench {
namespace {

constexpr std::array<std::string_view, 6> kNames{
    "relu", "sigmoid", "tanh", "xavier_normal", "kaiming_normal", "kaiming_uniform"};

TEST(Closest, FindsOneTypoOfEachKind) {
  EXPECT_EQ(closest("sigmid", kNames), "sigmoid");    // left out
  EXPECT_EQ(closest("sigmooid", kNames), "sigmoid");  // too many
  EXPECT_EQ(closest("sigmaid", kNames), "sigmoid");   // another letter
  EXPECT_EQ(closest("rleu", kNames), "relu");         // swapped
  EXPECT_EQ(closest("ReLU", kNames), "relu");         // another case
}

TEST(Closest, PrefersTheNearerOfTwoSimilarNames) {
  EXPECT_EQ(closest("kaming_uniform", kNames), "kaiming_uniform");
  EXPECT_EQ(closest("kaimingnormal", kNames), "kaiming_normal");
}

TEST(Closest, IsEmptyWhenNothingIsNear) {
  EXPECT_EQ(closest("orthogonal", kNames), "");
  EXPECT_EQ(closest("", kNames), "");
  EXPECT_EQ(closest("relu", {}), "");
}

TEST(DidYouMean, IsPartOfASentenceOrNothing) {
  EXPECT_EQ(did_you_mean("tahn", kNames), "; did you mean 'tanh'?");
  EXPECT_EQ(did_you_mean("orthogonal", kNames), "");
}

}  // namespace
}  // namespace initbench
