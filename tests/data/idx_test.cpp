#include "data/idx.h"

#include "data/idx_fixture.h"

namespace initbench {
namespace {

using namespace testing;

const std::string kBytes = SmallSet::counted(12);

std::string error_of(const std::string& content) {
  const TemporaryFolder folder;
  const std::string path = write_file(folder / "file", content);
  const std::string message = message_of<DataError>([&] { read_idx(path); });
  EXPECT_TRUE(message.starts_with(path + ": ")) << message;
  EXPECT_GT(message.size(), path.size() + 10);
  return message;
}

TEST(Idx, ReadsDimensionsAndBytesOfARawFile) {
  const TemporaryFolder folder;
  const std::string path = write_file(folder / "images", idx({2, 2, 3}, kBytes));
  const IdxArray array = read_idx(path);
  EXPECT_EQ(array.dims, (std::vector<Index>{2, 2, 3}));
  EXPECT_EQ(std::string(array.bytes.begin(), array.bytes.end()), kBytes);
  EXPECT_EQ(read_idx_dims(path), array.dims);
}

TEST(Idx, TellsGzipByItsContentNotByItsName) {
  const TemporaryFolder folder;
  const std::string zipped = write_file(folder / "no_suffix", gzip(idx({12}, kBytes)));
  const std::string raw = write_file(folder / "raw.gz", idx({12}, kBytes));
  for (const std::string& path : {zipped, raw}) {
    const IdxArray array = read_idx(path);
    EXPECT_EQ(std::string(array.bytes.begin(), array.bytes.end()), kBytes) << path;
  }
}

TEST(Idx, ReadsGzipOfSeveralMembers) {
  const TemporaryFolder folder;
  const std::string content = idx({12}, kBytes);
  const std::string path =
      write_file(folder / "f", gzip(content.substr(0, 7)) + gzip(content.substr(7)));
  EXPECT_EQ(read_idx(path).bytes.size(), 12U);
}

TEST(Idx, ReadsHighlyCompressedContentWhole) {
  const TemporaryFolder folder;
  const std::string path =
      write_file(folder / "f", gzip(idx({1000, 1000}, std::string(1000000, '\7'))));
  const IdxArray array = read_idx(path);
  EXPECT_EQ(array.bytes.size(), 1000000U);
  EXPECT_EQ(array.bytes.back(), 7);
}

TEST(Idx, KeepsOnlyTheItemsAskedFor) {
  const TemporaryFolder folder;
  for (const std::string& content : {idx({4, 3}, kBytes), gzip(idx({4, 3}, kBytes))}) {
    const IdxArray array = read_idx(write_file(folder / "f", content), 2);
    EXPECT_EQ(array.dims[0], 4);
    EXPECT_EQ(std::string(array.bytes.begin(), array.bytes.end()), kBytes.substr(0, 6));
  }
}

TEST(Idx, RefusesAFileCutAtAnyByte) {
  const TemporaryFolder folder;
  const std::string raw = idx({2, 2, 3}, kBytes);
  for (const std::string& content : {raw, gzip(raw)}) {
    for (std::size_t size = 0; size < content.size(); ++size) {
      const std::string path = write_file(folder / "cut", content.substr(0, size));
      for (const std::optional<Index> limit : {std::optional<Index>(), std::optional<Index>(1)}) {
        const std::string message = message_of<DataError>([&] { read_idx(path, limit); });
        EXPECT_TRUE(message.starts_with(path)) << size << " bytes: " << message;
      }
    }
  }
}

TEST(Idx, RefusesGzipWithAnyByteOfItsContentOrChecksumDamaged) {
  constexpr std::size_t kGzipHeader = 10;  // flags and time there do not matter
  const TemporaryFolder folder;
  const std::string sound = gzip(idx({2, 2, 3}, kBytes));
  for (std::size_t i = kGzipHeader; i < sound.size(); ++i) {
    std::string damaged = sound;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    const std::string path = write_file(folder / "damaged", damaged);
    EXPECT_THROW(read_idx(path), DataError) << "byte " << i;
    EXPECT_THROW(read_idx(path, 1), DataError) << "byte " << i;
  }
}

TEST(Idx, RefusesTrailingBytes) {
  const std::string content = idx({2, 2, 3}, kBytes);
  EXPECT_TRUE(contains(error_of(content + "x"), "1 trailing bytes"));
  EXPECT_TRUE(contains(error_of(gzip(content + "xyz")), "3 trailing bytes"));
  EXPECT_TRUE(contains(error_of(gzip(content) + "xyz"), "after the end of its gzip stream"));
}

TEST(Idx, RecognizesOtherFilesAndSaysWhatTheyAre) {
  const std::string html = "<!DOCTYPE html><html><body>404 Not Found</body></html>";
  EXPECT_TRUE(contains(error_of(html), "looks like HTML, a failed download"));
  EXPECT_TRUE(contains(error_of("\n\n  <html></html>"), "HTML"));
  EXPECT_TRUE(contains(error_of("\xEF\xBB\xBF<?xml version='1.0'?>"), "HTML"));
  EXPECT_TRUE(contains(error_of(gzip(html)), "HTML"));
  EXPECT_TRUE(contains(error_of("version https://git-lfs.github.com/spec/v1\n"), "LFS"));
  EXPECT_TRUE(contains(error_of("PK\x03\x04 and more"), "ZIP"));
  EXPECT_TRUE(contains(error_of(gzip(gzip(idx({12}, kBytes)))), "gzip inside gzip"));
  EXPECT_TRUE(contains(error_of("hello"), "not an IDX file"));
  EXPECT_TRUE(contains(error_of(""), "is empty"));
}

TEST(Idx, RefusesOtherElementTypesAndDimensionCounts) {
  EXPECT_TRUE(contains(error_of(idx({12}, kBytes, 13)), "IDX type 13"));
  EXPECT_TRUE(contains(error_of(idx({}, kBytes)), "0 dimensions"));
  EXPECT_TRUE(contains(error_of(idx({1, 1, 1, 1, 12}, kBytes)), "5 dimensions"));
  EXPECT_TRUE(contains(error_of(idx({0, 28, 28}, "")), "holds no data"));
}

TEST(Idx, ComparesAbsurdDimensionsWithTheFileBeforeAllocating) {
  constexpr std::uint32_t kMost = 0xffffffff;
  EXPECT_TRUE(contains(error_of(idx({kMost, kMost, kMost, kMost}, kBytes)), "absurd dimensions"));
  // 2^32 * 2^32 wraps around to 0 in 64 bits.
  EXPECT_TRUE(contains(error_of(idx({1U << 31, 1U << 31, 4}, kBytes)), "absurd dimensions"));
  EXPECT_TRUE(contains(error_of(idx({60000, 28, 28}, kBytes)), "announces 47040016 bytes"));
  EXPECT_TRUE(contains(error_of(gzip(idx({kMost}, kBytes))), "compressed bytes can hold"));
}

TEST(Idx, RefusesWhatIsNotARegularFile) {
  const TemporaryFolder folder;
  const auto message = [](const std::string& path) {
    return message_of<DataError>([&] { read_idx(path); });
  };
  EXPECT_EQ(message(folder.string()),
            folder.string() + ": is a directory, an IDX file was expected; name the file in it");
  EXPECT_EQ(message(folder / "nothing"),
            folder / "nothing" + std::string(": no such file; check the path"));
  EXPECT_EQ(message("/dev/null"), "/dev/null: is not a regular file; name an IDX file");
}

}  // namespace
}  // namespace initbench
