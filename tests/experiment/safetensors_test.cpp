#include "experiment/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "experiment/safetensors_text.h"

namespace initbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kPath = "w.safetensors";

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

/// A file with the tensor "a" alone.
std::string with_a(const std::string& dtype, const std::string& shape, const std::string& offsets,
                   const std::string& data) {
  return safetensors(R"({"a":)" + entry(dtype, shape, offsets) + "}", data);
}

std::string error_of(const std::string& bytes) {
  try {
    parse_safetensors(bytes, kPath);
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), StartsWith(std::string(kPath) + ": "));
    return error.what();
  }
  return "no error";
}

std::string error_of_header(const std::string& header, const std::string& data = "") {
  return error_of(safetensors(header, data));
}

// Two matrices and metadata, data in another order than names, spaces after the header.
std::string good_file() {
  return safetensors(R"({"__metadata__":{"format":"pt"},"b":)" + entry("F32", "[2,3]", "[0,24]") +
                         R"(,"a":)" + entry("F32", "[1]", "[24,28]") + "}   ",
                     counted_floats(7));
}

TEST(Safetensors, GivesTensorsByNameInRowMajorOrder) {
  const WeightFile file = parse_safetensors(good_file(), kPath);
  ASSERT_EQ(file.size(), 2U);
  EXPECT_THAT(file.at("b").dims, ElementsAre(2, 3));
  EXPECT_THAT(file.at("b").values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(file.at("a").values, ElementsAre(7));
}

TEST(Safetensors, AcceptsScalarsAndEmptyTensorsAndAFileWithoutAny) {
  const WeightFile scalar =
      parse_safetensors(with_a("F32", "[]", "[0,4]", counted_floats(1)), kPath);
  EXPECT_TRUE(scalar.at("a").dims.empty());
  EXPECT_THAT(scalar.at("a").values, ElementsAre(1));
  EXPECT_TRUE(parse_safetensors(with_a("F32", "[0,5]", "[0,0]", ""), kPath).at("a").values.empty());
  EXPECT_TRUE(parse_safetensors(safetensors("{}", ""), kPath).empty());
}

// Bit patterns from IEEE 754 and from the definition of bfloat16.
TEST(Safetensors, ConvertsEveryFloatingType) {
  const std::string halves = little_endian(0x3C00, 2) + little_endian(0xC000, 2) +
                             little_endian(0x0001, 2) + little_endian(0x7BFF, 2) +
                             little_endian(0x3555, 2);
  EXPECT_THAT(parse_safetensors(with_a("F16", "[5]", "[0,10]", halves), kPath).at("a").values,
              ElementsAre(1, -2, 5.9604644775390625e-8F, 65504, 0.333251953125F));
  const std::string brains = little_endian(0x3F80, 2) + little_endian(0xC049, 2);
  EXPECT_THAT(parse_safetensors(with_a("BF16", "[2]", "[0,4]", brains), kPath).at("a").values,
              ElementsAre(1, -3.140625F));
  const std::string wide = little_endian(0x3FB999999999999AU, 8);
  EXPECT_THAT(parse_safetensors(with_a("F64", "[1]", "[0,8]", wide), kPath).at("a").values,
              ElementsAre(0.1F));
}

TEST(Safetensors, LeavesOutTheCountOfBatchesOfABatchNorm) {
  const std::string bytes = safetensors(
      R"({"n.num_batches_tracked":)" + entry("I64", "[]", "[0,8]") + "}", little_endian(3, 8));
  EXPECT_TRUE(parse_safetensors(bytes, kPath).empty());
}

TEST(Safetensors, NamesTheTensorWhoseTypeWeightsCannotHaveAndTypesThatWork) {
  for (const char* dtype : {"I64", "U64", "C64"}) {
    const std::string error = error_of(with_a(dtype, "[1]", "[0,8]", little_endian(1, 8)));
    EXPECT_THAT(error, HasSubstr("tensor 'a' is of type"));
    EXPECT_THAT(error, HasSubstr("F32, F64, F16 or BF16"));
  }
  EXPECT_THAT(error_of(with_a("F8_E4M3", "[1]", "[0,1]", "x")),
              HasSubstr("tensor 'a' has the unknown type 'F8_E4M3'; save it as F32"));
}

TEST(Safetensors, RefusesWeightsThatAreNotFinite) {
  for (const std::uint32_t bits : {0x7FC00000U, 0x7F800000U, 0xFF800000U}) {
    EXPECT_THAT(error_of(with_a("F32", "[2]", "[0,8]", counted_floats(1) + little_endian(bits, 4))),
                HasSubstr("tensor 'a' holds NaN or infinity at entry 1"));
  }
  EXPECT_THAT(error_of(with_a("F16", "[1]", "[0,2]", little_endian(0x7C00, 2))),
              HasSubstr("NaN or infinity"));
  EXPECT_THAT(error_of(with_a("BF16", "[1]", "[0,2]", little_endian(0xFF80, 2))),
              HasSubstr("NaN or infinity"));
  const std::uint64_t too_large = 0x7E37E43C8800759CU;  // 1e300
  EXPECT_THAT(error_of(with_a("F64", "[1]", "[0,8]", little_endian(too_large, 8))),
              HasSubstr("a number too large for a float"));
}

TEST(Safetensors, RefusesSizesThatOverflow) {
  const std::string four = counted_floats(1);
  // 2^32 * 2^32 = 2^64 = 0 modulo 2^64; 2^62 * 4 bytes likewise.
  for (const char* shape : {"[4294967296,4294967296]", "[4611686018427387904]",
                            "[18446744073709551615]", "[0,18446744073709551615]"}) {
    EXPECT_THAT(error_of(with_a("F32", shape, "[0,0]", "")), HasSubstr("tensor 'a' has a shape of"))
        << shape;
  }
  // Each dimension is as small as the data, their product is 4 * 4^31 = 2^64 bytes; and 65 of them.
  std::string fours = "4";
  for (int i = 1; i < 31; ++i) fours += ",4";
  EXPECT_THAT(error_of_header(R"({"a":)" + entry("F32", "[" + fours + "]", "[0,0]") + R"(,"b":)" +
                                  entry("F32", "[1]", "[0,4]") + "}",
                              four),
              HasSubstr("tensor 'a' has a shape of more than 4 bytes"));
  std::string ones = "1";
  for (int i = 1; i < 65; ++i) ones += ",1";
  EXPECT_THAT(error_of(with_a("F32", "[" + ones + "]", "[0,4]", four)),
              HasSubstr("'a' has a shape that is not at most 64"));
  for (const char* shape : {"[-1]", "[1.0]", "[1e2]", "[18446744073709551616]", "[\"1\"]", "[[1]]",
                            "[null]", "1", "{}"}) {
    EXPECT_THAT(error_of(with_a("F32", shape, "[0,4]", four)), HasSubstr("'a' has a")) << shape;
  }
}

TEST(Safetensors, RefusesOffsetsOutsideTheDataOrInTheWrongOrder) {
  const std::string four = counted_floats(1);
  for (const char* offsets :
       {"[0,8]", "[4,0]", "[4,8]", "[18446744073709551612,18446744073709551616]",
        "[18446744073709551612,0]", "[0]", "[0,4,4]", "[]", "[-4,0]"}) {
    EXPECT_THAT(error_of(with_a("F32", "[1]", offsets, four)), HasSubstr("'a'")) << offsets;
  }
  EXPECT_THAT(error_of(with_a("F32", "[2]", "[0,4]", four)),
              HasSubstr("tensor 'a' has a shape of more than 4 bytes, but 4 bytes of data"));
}

TEST(Safetensors, RefusesOverlapsHolesAndBytesThatBelongToNoTensor) {
  const auto two = [](const std::string& a, const std::string& b) {
    return error_of_header(
        R"({"a":)" + entry("F32", "[1]", a) + R"(,"b":)" + entry("F32", "[1]", b) + "}",
        counted_floats(3));
  };
  EXPECT_THAT(two("[0,4]", "[0,4]"),
              HasSubstr("the bytes of tensor 'b' belong to another one too"));
  EXPECT_THAT(two("[0,4]", "[2,6]"), HasSubstr("the bytes of tensor 'b'"));
  EXPECT_THAT(two("[0,4]", "[8,12]"), HasSubstr("4 bytes before tensor 'b' belong to none"));
  EXPECT_THAT(two("[4,8]", "[0,4]"), HasSubstr("its last 4 bytes belong to no tensor"));
}

TEST(Safetensors, RefusesAHeaderThatIsLongerThanTheFileOrTheFormatAllows) {
  EXPECT_THAT(error_of(""), HasSubstr("it has 0 bytes"));
  EXPECT_THAT(error_of(little_endian(3, 8) + "{}"), HasSubstr("is truncated: its header has 3"));
  for (const std::uint64_t length :
       {std::uint64_t{100'000'001}, std::numeric_limits<std::uint64_t>::max(),
        std::numeric_limits<std::uint64_t>::max() - 7}) {
    EXPECT_THAT(error_of(little_endian(length, 8) + "{}"), HasSubstr("allows 100000000"));
  }
}

TEST(Safetensors, RefusesAHeaderThatIsNotTheJsonOfTheFormat) {
  for (const std::string& header :
       {std::string(""), std::string("[]"), std::string(" {}"), std::string("\xEF\xBB\xBF{}"),
        std::string("{}x"), std::string("{"), std::string("{} // no"), std::string("{}\0{", 4),
        std::string(R"({"a":1})"), std::string(R"({"a":"b"})"), std::string(R"({"a":null})"),
        std::string(R"({"a":[]})"), std::string("{\"\xFF\":1}"), std::string("{\"a\xC0\x80\":{}}"),
        std::string(R"({"__metadata__":{"a":1}})"), std::string(R"({"__metadata__":{"a":{}}})"),
        std::string(R"({"__metadata__":[]})"), std::string("PK\x03\x04")}) {
    EXPECT_THAT(error_of_header(header), HasSubstr(kPath)) << header;
  }
}

TEST(Safetensors, RefusesMissingUnknownAndDuplicateKeys) {
  EXPECT_THAT(error_of_header(R"({"a":{"dtype":"F32","shape":[0]}})"),
              HasSubstr("'a' has no \"data_offsets\""));
  EXPECT_THAT(error_of_header(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}})"),
              HasSubstr("'a' has the unknown key \"x\""));
  EXPECT_THAT(error_of_header(R"({"a":{"shape":[0],"shape":[0]}})"),
              HasSubstr("'a' has \"shape\" twice"));
  const std::string a = R"("a":)" + entry("F32", "[0]", "[0,0]");
  EXPECT_THAT(error_of_header("{" + a + "," + a + "}"), HasSubstr("names 'a' twice"));
}

// A message repeats them on a terminal, which would obey an escape sequence.
TEST(Safetensors, RefusesNamesWithControlCharactersAndEndlessOnes) {
  const std::string value = entry("F32", "[0]", "[0,0]");
  const std::string control = error_of_header(R"({"a\u001b[31m":)" + value + "}");
  EXPECT_THAT(control, HasSubstr("a name with control characters"));
  EXPECT_EQ(control.find('\x1b'), std::string::npos);
  EXPECT_THAT(error_of_header(R"({"a":)" + entry("F\\u0007", "[0]", "[0,0]") + "}"),
              HasSubstr("a name with control characters"));
  EXPECT_THAT(error_of_header("{\"" + std::string(1001, 'a') + "\":" + value + "}"),
              HasSubstr("of more than 1000 bytes"));
}

TEST(Safetensors, RefusesDeepNestingWithoutFollowingIt) {
  const std::size_t deep = 1'000'000;
  EXPECT_THAT(error_of_header("{\"a\":" + std::string(deep, '[') + std::string(deep, ']') + "}"),
              HasSubstr("is damaged"));
  std::string objects;
  for (std::size_t i = 0; i < deep; ++i) objects += "{\"a\":";
  EXPECT_THAT(error_of_header(objects), HasSubstr("is damaged"));
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const std::string whole = good_file();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parse_safetensors(std::string(whole, 0, size), kPath), DataError) << size;
  }
}

// Whatever a flipped byte makes of the file: an error or finite tensors that add up to the data.
TEST(Safetensors, EveryFlippedByteGivesAnErrorOrATidyFile) {
  const std::string whole = good_file();
  int errors = 0;
  for (std::size_t place = 0; place < whole.size(); ++place) {
    for (int flip = 1; flip < 256; ++flip) {
      std::string bytes = whole;
      bytes[place] = static_cast<char>(static_cast<unsigned char>(bytes[place]) ^ flip);
      try {
        std::size_t entries = 0;
        for (const auto& [name, tensor] : parse_safetensors(bytes, kPath)) {
          entries += tensor.values.size();
          for (const Scalar value : tensor.values) EXPECT_TRUE(std::isfinite(value));
        }
        EXPECT_LE(entries, 14U);  // 28 bytes, at two or more each
      } catch (const DataError&) {
        ++errors;
      }
    }
  }
  EXPECT_GT(errors, 10'000);
}

TEST(ComposeSafetensors, WritesWhatTheFormatSaysSortedByName) {
  SafetensorsContent content;
  content.tensors["b"] = {.dims = {1, 2}, .values = {1, 2}};
  content.tensors["a"] = {.dims = {1}, .values = {3}};
  content.integers["n"] = 5;
  content.metadata["step"] = "7";
  const std::string header =
      R"({"__metadata__":{"step":"7"},"a":{"data_offsets":[8,12],"dtype":"F32","shape":[1]},)"
      R"("b":{"data_offsets":[12,20],"dtype":"F32","shape":[1,2]},)"
      R"("n":{"data_offsets":[0,8],"dtype":"I64","shape":[]}})";
  const std::string padding((8 - header.size() % 8) % 8, ' ');
  const std::string data = little_endian(5, 8) + little_endian(0x40400000, 4) + counted_floats(2);
  EXPECT_EQ(compose_safetensors(content), safetensors(header + padding, data));
}

TEST(ComposeSafetensors, KeepsEveryBitOfWhatIsReadBack) {
  SafetensorsContent content;
  content.tensors["a"] = {.dims = {4},
                          .values = {-0.0F, std::numeric_limits<float>::denorm_min(),
                                     std::numeric_limits<float>::max(), 0.1F}};
  const StoredTensor again = parse_safetensors(compose_safetensors(content), kPath).at("a");
  EXPECT_EQ(again.values, content.tensors["a"].values);
  EXPECT_TRUE(std::signbit(again.values[0]));
}

TEST(ComposeSafetensors, WritesADivergedNetworkAsItIs) {
  SafetensorsContent content;
  content.tensors["a"] = {.dims = {1}, .values = {std::numeric_limits<float>::infinity()}};
  const std::string bytes = compose_safetensors(content);
  EXPECT_EQ(bytes.substr(bytes.size() - 4), little_endian(0x7F800000, 4));
}

}  // namespace
}  // namespace initbench
