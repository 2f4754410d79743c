#include "server/auth/smbpasswd.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kHash[] = "8846F7EAEE8FB117AD06BDD830B7586C";  // of "password"

std::string Line(const std::string& name, const std::string& flags,
                 const std::string& hash = kHash) {
  return name + ":1000:" + std::string(32, 'X') + ":" + hash + ":[" + flags + "]:LCT-5F000000:\n";
}

TEST(SmbpasswdTest, TakesWhatPdbeditPrints) {
  const absl::StatusOr<SmbpasswdFile> file =
      ParseSmbpasswd("# comment\n\n" + Line("alice", "U          "));
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->users.size(), 1u);
  EXPECT_EQ(file->users[0].name, "alice");
  EXPECT_EQ(file->users[0].nt_hash.bytes, NtHashOfPassword("password")->bytes);
  EXPECT_FALSE(file->users[0].disabled);
  EXPECT_THAT(file->skipped, IsEmpty());
}

TEST(SmbpasswdTest, KeepsDisabledUsersDisabled) {
  EXPECT_TRUE(ParseSmbpasswd(Line("bob", "DU"))->users[0].disabled);
}

TEST(SmbpasswdTest, TakesOldFilesWithoutFlags) {
  const std::string old =
      "carol:1001:" + std::string(32, 'X') + ":" + kHash + ":Carol C.:/home/carol:/bin/sh\n";
  EXPECT_EQ(ParseSmbpasswd(old)->users[0].name, "carol");
}

TEST(SmbpasswdTest, SkipsWhoIsNoPersonAndSaysSo) {
  const absl::StatusOr<SmbpasswdFile> file =
      ParseSmbpasswd(Line("pc7$", "W") + Line("TRUST$", "I") + Line("dave", "NU") +
                     Line("eve", "U", "NO PASSWORDXXXXXXXXXXXXXXXXXXXXX") +
                     Line("frank", "U", std::string(32, 'X')));
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(file->users, IsEmpty());
  EXPECT_THAT(file->skipped,
              ElementsAre("line 1: pc7$ is a machine's account",
                          "line 2: TRUST$ is a machine's account", "line 3: dave has no password",
                          "line 4: eve has no password", "line 5: frank has no password"));
}

TEST(SmbpasswdTest, NamesTheMalformedLineAndNeverItsHash) {
  for (const std::string& line :
       {std::string("alice\n"), Line("alice", "U", std::string(kHash) + "00"),
        Line("alice", "U", "8846F7EAEE8FB117AD06BDD830B7586G"), Line("a/b", "U")}) {
    const absl::StatusOr<SmbpasswdFile> file = ParseSmbpasswd("# x\n" + line);
    ASSERT_FALSE(file.ok()) << line;
    EXPECT_THAT(std::string(file.status().message()), HasSubstr("line 2"));
    EXPECT_THAT(std::string(file.status().message()), Not(HasSubstr("8846F7EA")));
  }
}

}  // namespace
}  // namespace sluice::auth
