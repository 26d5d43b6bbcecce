#include "base/file_content.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/errors.h"
#include "report/folder_fixture.h"

namespace initbench {
namespace {

using FileContent = testing::FolderTest;

TEST_F(FileContent, IsEveryByteOfTheFile) {
  const std::string bytes("a\0\r\n\xff", 5);
  testing::write_text(folder() / "file", bytes);
  EXPECT_EQ(content_of_file((folder() / "file").string()), bytes);
  testing::write_text(folder() / "empty", "");
  EXPECT_EQ(content_of_file((folder() / "empty").string()), "");
}

TEST_F(FileContent, IsNothingWhereThereIsNoSuchName) {
  EXPECT_FALSE(content_of_file((folder() / "nothing").string()));
}

TEST_F(FileContent, IsAnErrorWhereTheNameIsThereAndCannotBeRead) {
  const std::string link = (folder() / "loop").string();
  ASSERT_EQ(symlink(link.c_str(), link.c_str()), 0);
  EXPECT_THROW(content_of_file(link), DataError);
  EXPECT_THROW(content_of_file(folder().string()), DataError);
}

}  // namespace
}  // namespace initbench
