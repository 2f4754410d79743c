#include "server/base/replace_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/server/base/temporary_file.h"

namespace sluice::base {
namespace {

using Lines = std::vector<std::string>;

int RefuseToSync(int /*fd*/) {
  errno = EIO;
  return -1;
}

class ReplaceFileTest : public testing::Test {
 protected:
  void TearDown() override { SetDirectorySyncForTest(nullptr); }

  const TemporaryFile file_;
};

TEST_F(ReplaceFileTest, NewTextIsThereAndNothingElse) {
  ASSERT_TRUE(ReplaceFile(file_.path(), "one\n").ok());
  ASSERT_TRUE(ReplaceFile(file_.path(), "two\n").ok());
  EXPECT_EQ(TemporaryFile::Lines(file_.path()), Lines{"two"});
  EXPECT_FALSE(std::filesystem::exists(file_.path() + ".new"));
  struct stat status {};
  ASSERT_EQ(stat(file_.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(ReplaceFileTest, DirectoryThatCannotBeSyncedKeepsTheOldText) {
  ASSERT_TRUE(ReplaceFile(file_.path(), "one\n").ok());
  SetDirectorySyncForTest(&RefuseToSync);
  EXPECT_FALSE(ReplaceFile(file_.path(), "two\n").ok());
  EXPECT_EQ(TemporaryFile::Lines(file_.path()), Lines{"one"});
  EXPECT_FALSE(std::filesystem::exists(file_.path() + ".new"));
}

TEST_F(ReplaceFileTest, DirectoryThatCannotBeSyncedHasNoFirstFile) {
  SetDirectorySyncForTest(&RefuseToSync);
  EXPECT_FALSE(ReplaceFile(file_.path(), "one\n").ok());
  EXPECT_FALSE(std::filesystem::exists(file_.path()));
  EXPECT_FALSE(std::filesystem::exists(file_.path() + ".new"));
}

}  // namespace
}  // namespace sluice::base
