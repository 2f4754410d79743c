#include "server/auth/group_store.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GroupStoreTest : public ::testing::Test {
 protected:
  GroupStoreTest() {
    std::string pattern = ::testing::TempDir() + "/groups_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/groups.json";
  }
  ~GroupStoreTest() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
  std::string path_;
};

TEST_F(GroupStoreTest, KeepsGroupsOverARestart) {
  {
    const auto store = *GroupStore::Open(path_);
    ASSERT_TRUE(store->Set("staff", {"alice", "bob"}).ok());
    ASSERT_TRUE(store->Set("gone", {"eve"}).ok());
    ASSERT_TRUE(store->Remove("gone").ok());
  }
  const auto store = *GroupStore::Open(path_);
  EXPECT_EQ(store->List().size(), 1u);
  EXPECT_THAT(store->List().at("staff"), ElementsAre("alice", "bob"));
  EXPECT_TRUE(store->Has("staff"));
  EXPECT_TRUE(store->IsMember("staff", "ALICE", base::NameMatch::kFolded));
  EXPECT_FALSE(store->IsMember("staff", "eve", base::NameMatch::kFolded));
  EXPECT_FALSE(store->IsMember("gone", "eve", base::NameMatch::kFolded));
}

TEST_F(GroupStoreTest, RefusesNamesThatCannotBeAndChangesNothing) {
  const auto store = *GroupStore::Open(path_);
  EXPECT_FALSE(store->Set("a/b", {"alice"}).ok());
  EXPECT_FALSE(store->Set("staff", {"alice", ""}).ok());
  EXPECT_FALSE(store->Has("staff"));
  EXPECT_EQ(store->Remove("staff").code(), absl::StatusCode::kNotFound);
}

TEST_F(GroupStoreTest, LeavesADamagedFileAlone) {
  for (const char* text : {"", "{", "[]", R"({"groups": []})", R"({"groups": {"a": "b"}})",
                           R"({"groups": {"a": [1]}})", R"({"groups": {"a": ["x/y"]}})"}) {
    std::ofstream(path_) << text;
    const auto store = GroupStore::Open(path_);
    ASSERT_FALSE(store.ok()) << text;
    EXPECT_THAT(std::string(store.status().message()), HasSubstr(path_));
  }
}

}  // namespace
}  // namespace sluice::auth
