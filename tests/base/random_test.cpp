#include "base/random.h"
#include "base/normals.h"

#include <Random123/threefry.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace initbench {
namespace {

using Block = std::array<std::uint64_t, 4>;

Block threefry(const Block& counter, const Block& key) {
  const r123::Threefry4x64::ctr_type c = {{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Threefry4x64::key_type k = {{key[0], key[1], key[2], key[3]}};
  const auto out = r123::Threefry4x64()(c, k);
  return {out[0], out[1], out[2], out[3]};
}

std::vector<std::uint64_t> first_bits(const StreamKey& key, std::size_t count) {
  Rng rng(key);
  std::vector<std::uint64_t> bits(count);
  for (std::uint64_t& value : bits) value = rng.bits();
  return bits;
}

// Random123's examples/kat_vectors, "threefry 4x64 20".
TEST(Threefry, GivesThePublishedKnownAnswers) {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  EXPECT_EQ(
      threefry({0, 0, 0, 0}, {0, 0, 0, 0}),
      (Block{0x09218ebde6c85537U, 0x55941f5266d86105U, 0x4bd25e16282434dcU, 0xee29ec846bd2e40bU}));
  EXPECT_EQ(
      threefry({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes, kOnes, kOnes}),
      (Block{0x29c24097942bba1bU, 0x0371bbfb0f6f4e11U, 0x3c231ffa33f83a1cU, 0xcd29113fde32d168U}));
}

// Computed by a separate implementation (Python integers) of FNV-1a, splitmix64's finalizer and
// Threefry-4x64-20 that gives the known answers above. A change here changes every initial weight.
TEST(Rng, StreamsAreTheseBitsForEver) {
  EXPECT_EQ(
      first_bits({.seed = 0, .name = "dense1", .tensor = "weight"}, 6),
      (std::vector<std::uint64_t>{0x4dfdd8f5443661f8U, 0x31caa39beb30756cU, 0x47a14dc9621d9fb1U,
                                  0xaac7f347c87525dcU, 0x8ecc42ddc551f370U, 0x22cfaa4ac6751ea4U}));
  EXPECT_EQ(
      first_bits(
          {.seed = 7, .purpose = Purpose::batch_order, .name = "", .tensor = "", .substream = 5},
          2),
      (std::vector<std::uint64_t>{0x2512497ec23b7508U, 0xf15975e132f08babU}));
  EXPECT_EQ(first_bits({.seed = ~std::uint64_t{0}, .name = "output", .tensor = "bias"}, 2),
            (std::vector<std::uint64_t>{0x3e2db6e816f509c4U, 0xe5ed5ba7832541d8U}));
}

TEST(Rng, EveryPartOfTheKeyChangesTheStream) {
  const StreamKey key{.seed = 1, .name = "dense1", .tensor = "weight"};
  std::vector<StreamKey> others(5, key);
  others[0].seed = 2;
  others[1].purpose = Purpose::dataset;
  others[2].name = "dense2";
  others[3].tensor = "bias";
  others[4].substream = 1;
  for (const StreamKey& other : others) EXPECT_NE(first_bits(key, 8), first_bits(other, 8));
  EXPECT_EQ(first_bits(key, 8), first_bits(key, 8));
}

TEST(Rng, NameAndTensorAreNotInterchangeable) {
  EXPECT_NE(first_bits({.name = "a", .tensor = "b"}, 4),
            first_bits({.name = "b", .tensor = "a"}, 4));
  EXPECT_NE(first_bits({.name = "ab", .tensor = ""}, 4),
            first_bits({.name = "a", .tensor = "b"}, 4));
}

TEST(Rng, ASiblingIsTheStartOfAnotherTensorsStream) {
  const auto key = [](std::string_view tensor) {
    return StreamKey{.seed = 3, .name = "dense1", .tensor = tensor};
  };
  Rng weight(key("weight"));
  weight.bits();
  Rng sibling = weight.sibling("bias");
  for (const std::uint64_t bits : first_bits(key("bias"), 10)) EXPECT_EQ(sibling.bits(), bits);
  EXPECT_EQ(weight.bits(), first_bits(key("weight"), 2)[1]) << "the stream itself moved";
}

TEST(Rng, ACopyContinuesAtTheSamePlace) {
  Rng rng({.seed = 3});
  for (int i = 0; i < 5; ++i) rng.bits();
  Rng copy = rng;
  for (int i = 0; i < 9; ++i) EXPECT_EQ(copy.bits(), rng.bits());
}

TEST(Rng, NormalTakesOneDrawOfBits) {
  Rng normals({.seed = 4});
  Rng bits({.seed = 4});
  for (int i = 0; i < 100; ++i) {
    normals.normal();
    bits.bits();
  }
  EXPECT_EQ(normals.bits(), bits.bits());
}

TEST(Rng, ManyNormalsAreTheSameAsOneAfterTheOther) {
  Rng one_by_one({.seed = 5, .purpose = Purpose::probe, .name = "normals"});
  Rng at_once = one_by_one;
  std::vector<double> values(1000);
  draw_normals(at_once, values);
  for (const double value : values) ASSERT_EQ(value, one_by_one.normal());
  EXPECT_EQ(at_once.bits(), one_by_one.bits());
}

TEST(Rng, UniformHasTheMomentsOfTheUnitInterval) {
  Rng rng({.seed = 5});
  constexpr int kCount = 1 << 18;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double u = rng.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += (u - 0.5) * (u - 0.5);
  }
  EXPECT_NEAR(sum / kCount, 0.5, 4 * 0.288675 / 512);
  EXPECT_NEAR(squares / kCount, 1.0 / 12, 4 * 0.0745356 / 512);
}

TEST(Rng, BelowIsUniformOverABoundThatIsNoPowerOfTwo) {
  Rng rng({.seed = 6});
  std::array<int, 7> counts{};
  constexpr int kCount = 70000;
  for (int i = 0; i < kCount; ++i) {
    const Index draw = rng.below(7);
    ASSERT_GE(draw, 0);
    ASSERT_LT(draw, 7);
    ++counts[static_cast<std::size_t>(draw)];
  }
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_squared, 27.86);  // 6 degrees of freedom, p = 1e-4
  EXPECT_EQ(rng.below(1), 0);
  EXPECT_THROW(rng.below(0), std::logic_error);
}

TEST(Shuffle, IsAPermutationAndGivesEveryOrderItsShare) {
  Rng rng({.seed = 7});
  std::array<int, 6> counts{};
  for (int i = 0; i < 6000; ++i) {
    std::array<Index, 3> items{0, 1, 2};
    shuffle(items, rng);
    ++counts[static_cast<std::size_t>(2 * items[0] + (items[1] > items[2] ? 1 : 0))];
    std::sort(items.begin(), items.end());
    ASSERT_EQ(items, (std::array<Index, 3>{0, 1, 2}));
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 4 * 29);  // sqrt(6000 * 5 / 36) = 28.9
}

}  // namespace
}  // namespace initbench
