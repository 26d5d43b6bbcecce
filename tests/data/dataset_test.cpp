#include "data/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "data/digest.h"

namespace initbench {
namespace {

Dataset three_samples_of_two_bytes() {
  Dataset set{.shape = Shape::flat(2), .size = 3};
  set.bytes = {0, 255, 10, 20, 30, 40};
  return set;
}

Matrix gathered(const Dataset& set, const std::vector<Index>& samples) {
  Matrix inputs(set.shape.features(), static_cast<Index>(samples.size()));
  gather_inputs(set, samples, MatrixView(inputs.data(), inputs.rows(), inputs.cols()));
  return inputs;
}

TEST(GatherInputs, PutsTheSamplesAskedForIntoColumns) {
  const Matrix inputs = gathered(three_samples_of_two_bytes(), {2, 0, 2});
  EXPECT_EQ(inputs, (Matrix{{30, 0, 30}, {40, 255, 40}}));
}

TEST(GatherInputs, SubtractsTheOffsetThenScales) {
  Dataset set = three_samples_of_two_bytes();
  set.offset = {10};
  set.scale = {0.5F};
  EXPECT_EQ(gathered(set, {1}), (Matrix{{0}, {5}}));
  set.offset = {10, 0};
  set.scale = {1, 0.25F};
  EXPECT_EQ(gathered(set, {1, 2}), (Matrix{{0, 20}, {5, 10}}));
}

TEST(GatherInputs, ReadsFloatsAsBytes) {
  Dataset set{.shape = Shape::flat(2), .size = 2, .values = Matrix{{1, 2}, {-3, 4}}};
  set.offset = {1};
  set.scale = {2};
  EXPECT_EQ(gathered(set, {1, 0}), (Matrix{{2, 0}, {6, -8}}));
}

TEST(GatherInputs, RefusesSamplesAndShapesThatDoNotFit) {
  const Dataset set = three_samples_of_two_bytes();
  EXPECT_THROW(gathered(set, {3}), std::logic_error);
  EXPECT_THROW(gathered(set, {-1}), std::logic_error);
  Matrix narrow(2, 1);
  const std::vector<Index> two = {0, 1};
  EXPECT_THROW(gather_inputs(set, two, MatrixView(narrow.data(), 2, 1)), std::logic_error);
}

TEST(EpochOrder, IsInOrderWithoutShuffling) {
  EXPECT_EQ(epoch_order(4, false, 1, 2), (std::vector<Index>{0, 1, 2, 3}));
}

TEST(EpochOrder, IsAPermutationThatDependsOnSeedAndEpoch) {
  std::vector<Index> order = epoch_order(100, true, 1, 0);
  EXPECT_EQ(order, epoch_order(100, true, 1, 0));
  EXPECT_NE(order, epoch_order(100, true, 1, 1));
  EXPECT_NE(order, epoch_order(100, true, 2, 0));
  std::vector<Index> all(100);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_NE(order, all);
  std::ranges::sort(order);
  EXPECT_EQ(order, all);
}

std::string digest_of(std::string_view text) {
  Digest digest;
  digest.add_bytes(std::as_bytes(std::span(text)));
  return digest.hex();
}

TEST(Digest, ChangesWithEveryBitAndWithTheLength) {
  const std::string text = "nineteen characters";
  const std::string digest = digest_of(text);
  EXPECT_EQ(digest.size(), 16U);
  EXPECT_EQ(digest, digest_of(text));
  for (std::size_t i = 0; i < text.size() * 8; ++i) {
    std::string other = text;
    other[i / 8] = static_cast<char>(other[i / 8] ^ 1 << i % 8);
    EXPECT_NE(digest, digest_of(other)) << "bit " << i;
  }
  EXPECT_NE(digest_of(std::string_view("\0", 1)), digest_of(std::string_view("\0\0", 2)));
}

TEST(Digest, DoesNotCancelEqualChangesOfTwoWords) {
  std::string a(16, '\0');
  std::string b = a;
  b[7] = b[15] = static_cast<char>(0x80);  // the top bits of both words
  EXPECT_NE(digest_of(a), digest_of(b));
}

}  // namespace
}  // namespace initbench
