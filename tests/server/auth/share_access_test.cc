#include "server/auth/share_access.h"

#include <grp.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/auth/identity_map.h"
#include "server/auth/user_name.h"
#include "server/base/name_match.h"

namespace sluice::auth {
namespace {

using base::NameMatch;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using List = std::vector<std::string>;

struct Lists {
  List allow_read, deny_read, allow_write, deny_write;
  ShareLists view() const { return {allow_read, deny_read, allow_write, deny_write}; }
};

// alice is in staff.
ShareLevel Level(const Lists& lists, const std::string& user,
                 NameMatch match = NameMatch::kFolded) {
  return LevelOf(lists.view(), user, match, [&user](absl::string_view group, NameMatch how) {
    return group == "staff" && NamesUser("alice", user, how);
  });
}

TEST(ShareAccessTest, WithoutListsEverybodyMayWrite) {
  EXPECT_EQ(Level({}, "alice"), ShareLevel::kWrite);
}

TEST(ShareAccessTest, AnAllowListKeepsOthersOut) {
  const Lists lists = {.allow_read = {"bob"}};
  EXPECT_EQ(Level(lists, "alice"), ShareLevel::kNone);
  EXPECT_EQ(Level(lists, "BOB"), ShareLevel::kWrite);
}

TEST(ShareAccessTest, APrincipalsNameIsNotTakenForAnotherSpelling) {
  const Lists lists = {.allow_read = {"admin", "@staff"}};
  const std::string dotless = "adm\u0131n";
  EXPECT_EQ(Level(lists, "admin", NameMatch::kExact), ShareLevel::kWrite);
  EXPECT_EQ(Level(lists, "ADMIN", NameMatch::kExact), ShareLevel::kNone);
  EXPECT_EQ(Level(lists, "ALICE", NameMatch::kExact), ShareLevel::kNone);
  EXPECT_EQ(Level(lists, "ADMIN", NameMatch::kAsciiCase), ShareLevel::kWrite);
  EXPECT_EQ(Level(lists, dotless, NameMatch::kExact), ShareLevel::kNone);
  EXPECT_EQ(Level(lists, dotless, NameMatch::kAsciiCase), ShareLevel::kNone);
}

TEST(ShareAccessTest, AnotherSpellingDoesNotGetAroundADenyList) {
  const Lists lists = {.deny_read = {"Mallory", "@staff"}};
  EXPECT_EQ(Level(lists, "mallory", NameMatch::kExact), ShareLevel::kNone);
  EXPECT_EQ(Level(lists, "ALICE", NameMatch::kExact), ShareLevel::kNone);
}

TEST(ShareAccessTest, AWriteListLeavesOthersTheReading) {
  const Lists lists = {.allow_write = {"bob"}};
  EXPECT_EQ(Level(lists, "alice"), ShareLevel::kRead);
  EXPECT_EQ(Level(lists, "bob"), ShareLevel::kWrite);
}

TEST(ShareAccessTest, WhoMayNotReadMayNotWrite) {
  const Lists lists = {.allow_read = {"bob"}, .allow_write = {"alice"}};
  EXPECT_EQ(Level(lists, "alice"), ShareLevel::kNone);
  EXPECT_EQ(Level(lists, "bob"), ShareLevel::kRead);
}

TEST(ShareAccessTest, DenyGoesBeforeAllow) {
  const Lists lists = {.allow_read = {"alice"}, .deny_read = {"@staff"}};
  EXPECT_EQ(Level(lists, "alice"), ShareLevel::kNone);
  const Lists write = {.allow_write = {"alice"}, .deny_write = {"*"}};
  EXPECT_EQ(Level(write, "alice"), ShareLevel::kRead);
}

TEST(ShareAccessTest, GroupsAndEverybody) {
  const Lists lists = {.allow_read = {"*"}, .allow_write = {"@staff", "@other"}};
  EXPECT_EQ(Level(lists, "alice"), ShareLevel::kWrite);
  EXPECT_EQ(Level(lists, "bob"), ShareLevel::kRead);
  EXPECT_THAT(GroupsIn(lists.view()), ElementsAre("other", "staff"));
}

TEST(UnixGroupsTest, FindsTheGroupsOfCredentials) {
  const struct group* const own = getgrgid(getegid());
  ASSERT_NE(own, nullptr);
  const std::string name = own->gr_name;
  const base::Identity who = ProcessIdentity();
  EXPECT_THAT(UnixGroupsOf("x", &who, {name, "no-such-group"}), Optional(ElementsAre(name)));
  base::Identity other;
  other.uid = other.gid = 4'000'000;
  EXPECT_THAT(UnixGroupsOf("x", &other, {name}), Optional(IsEmpty()));
}

TEST(UnixGroupsTest, WithoutCredentialsTheAccountOfTheNameCounts) {
  EXPECT_THAT(UnixGroupsOf("daemon", nullptr, {"daemon", "adm"}), Optional(ElementsAre("daemon")));
  EXPECT_THAT(UnixGroupsOf("no such user", nullptr, {"daemon"}), Optional(IsEmpty()));
}

}  // namespace
}  // namespace sluice::auth
