#include "server/auth/identity_map.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "gtest/gtest.h"

namespace sluice::auth {
namespace {

// Accounts that every Debian has: root, daemon, nobody.
uint32_t UidOf(const char* name) {
  const passwd* record = getpwnam(name);
  EXPECT_NE(record, nullptr) << name;
  return record == nullptr ? 0 : record->pw_uid;
}

constexpr char kNobodyHasThisName[] = "no-such-account-here";

TEST(IdentityMapTest, IsTheProcessWhereCredentialsCannotBeSwitched) {
  const auto identity = ResolveIdentity({.can_switch = false}, "daemon", "daemon");
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->uid, geteuid());
  EXPECT_EQ(identity->gid, getegid());
  EXPECT_EQ(ResolveGuestIdentity({.can_switch = false})->uid, geteuid());
}

TEST(IdentityMapTest, TakesTheAccountOfTheSameName) {
  for (const char* name : {"daemon", "Daemon", "DAEMON"}) {
    const auto identity = ResolveIdentity({.can_switch = true}, name, "");
    ASSERT_TRUE(identity.ok()) << identity.status();
    EXPECT_EQ(identity->uid, UidOf("daemon"));
    const auto& groups = identity->groups;
    EXPECT_NE(std::find(groups.begin(), groups.end(), identity->gid), groups.end());
  }
}

TEST(IdentityMapTest, AUserCalledRootIsNotRootByThatName) {
  const auto identity = ResolveIdentity({.can_switch = true}, "root", "");
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->uid, UidOf("nobody"));
}

TEST(IdentityMapTest, ARecordMayNameRoot) {
  const auto identity = ResolveIdentity({.can_switch = true}, "alice", "root");
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->uid, 0u);
}

TEST(IdentityMapTest, TheRecordGoesBeforeTheName) {
  EXPECT_EQ(ResolveIdentity({.can_switch = true}, "daemon", "nobody")->uid, UidOf("nobody"));
}

TEST(IdentityMapTest, TheRecordMayHoldANumber) {
  const std::string number = std::to_string(UidOf("daemon"));
  EXPECT_EQ(ResolveIdentity({.can_switch = true}, "alice", number)->uid, UidOf("daemon"));
  const auto bare = ResolveIdentity({.can_switch = true}, "alice", "3999999999");
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(bare->uid, 3999999999u);
  EXPECT_EQ(bare->gid, 3999999999u);
  EXPECT_TRUE(bare->groups.empty());
  EXPECT_FALSE(ResolveIdentity({.can_switch = true}, "alice", "4294967295").ok());
}

TEST(IdentityMapTest, NeverFallsBackFromWhatTheRecordSays) {
  EXPECT_FALSE(ResolveIdentity({.can_switch = true}, "daemon", kNobodyHasThisName).ok());
}

TEST(IdentityMapTest, AUserWithoutAnAccountGetsTheFallbackOrNothing) {
  EXPECT_EQ(ResolveIdentity({.can_switch = true}, kNobodyHasThisName, "")->uid, UidOf("nobody"));
  EXPECT_EQ(
      ResolveIdentity({.can_switch = true, .fallback_account = "daemon"}, kNobodyHasThisName, "")
          ->uid,
      UidOf("daemon"));
  EXPECT_FALSE(
      ResolveIdentity({.can_switch = true, .fallback_account = ""}, kNobodyHasThisName, "").ok());
}

TEST(IdentityMapTest, GuestsGetTheFallbackOrNothing) {
  EXPECT_EQ(ResolveGuestIdentity({.can_switch = true})->uid, UidOf("nobody"));
  EXPECT_FALSE(ResolveGuestIdentity({.can_switch = true, .fallback_account = ""}).ok());
}

}  // namespace
}  // namespace sluice::auth
