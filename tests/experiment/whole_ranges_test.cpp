#include "experiment/whole_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace initbench {
namespace {

using ::testing::HasSubstr;

std::string refusal_of(const char* text) {
  try {
    whole_numbers(text);
  } catch (const RangeError& error) {
    return error.what();
  }
  return "";
}

TEST(WholeNumbers, AreRangesAndSingleOnesInTheOrderGiven) {
  EXPECT_EQ(whole_numbers("5,-1..1,3"), (std::vector<Whole>{5, -1, 0, 1, 3}));
  EXPECT_EQ(whole_numbers("0..2, 7 "), (std::vector<Whole>{0, 1, 2, 7}));
  EXPECT_EQ(whole_numbers("18446744073709551614..18446744073709551615").back(),
            Whole{std::numeric_limits<std::uint64_t>::max()});
}

TEST(WholeNumbers, AreRefusedWithWhatIsWrong) {
  EXPECT_THAT(refusal_of("3..1"), HasSubstr("swap"));
  EXPECT_THAT(refusal_of("0..9999999999"), HasSubstr("has 10000000000 numbers"));
  EXPECT_THAT(refusal_of("0..18446744073709551615"), HasSubstr("has more than"));
  EXPECT_THAT(refusal_of("0..18446744073709551616"), HasSubstr("too large"));
  EXPECT_THAT(refusal_of("0..x"), HasSubstr("expected whole numbers"));
  EXPECT_THAT(refusal_of("1,"), HasSubstr("expected whole numbers"));
  EXPECT_THAT(refusal_of("1 2"), HasSubstr("expected whole numbers"));
  EXPECT_THAT(refusal_of("-..3"), HasSubstr("expected whole numbers"));
}

TEST(WholeNumbers, AreNotFoundInPathsOfFiles) {
  EXPECT_FALSE(is_whole_range("../a.safetensors"));
  EXPECT_FALSE(is_whole_range("0.5,1.5"));
  EXPECT_TRUE(is_whole_range("0..4,7"));
}

}  // namespace
}  // namespace initbench
