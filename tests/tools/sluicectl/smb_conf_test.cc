#include "tools/sluicectl/samba/smb_conf.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::samba {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SmbConfTest, ReadsSectionsParametersAndTheirPlaces) {
  const SmbConf conf = ParseSmbConf(
      "; a comment\n[global]\n  workgroup = OFFICE\n# another\n[Data]\npath=/srv/data\n",
      "/etc/samba/smb.conf");
  EXPECT_THAT(conf.problems, IsEmpty());
  ASSERT_NE(conf.global.Find("workgroup"), nullptr);
  EXPECT_EQ(conf.global.Find("workgroup")->place, "smb.conf:3");
  ASSERT_EQ(conf.shares.size(), 1u);
  EXPECT_EQ(conf.shares[0].name, "Data");
  EXPECT_EQ(conf.shares[0].Find("path")->value, "/srv/data");
}

TEST(SmbConfTest, WhatIsBeforeAnySectionIsGlobal) {
  EXPECT_NE(ParseSmbConf("realm = EXAMPLE.COM\n", "f").global.Find("realm"), nullptr);
}

TEST(SmbConfTest, NamesDifferInCaseSpacesAndSynonyms) {
  const SmbConf conf = ParseSmbConf(
      "[a]\n Valid   USERS = x\nwritable = yes\nBROWSABLE = no\npublic = yes\ndirectory = /d\n",
      "f");
  const Section& share = conf.shares[0];
  EXPECT_EQ(share.Find("valid users")->value, "x");
  ASSERT_NE(share.Find("read only"), nullptr);
  EXPECT_TRUE(share.Find("read only")->inverted);
  EXPECT_EQ(share.Find("browseable")->value, "no");
  EXPECT_EQ(share.Find("guest ok")->value, "yes");
  EXPECT_EQ(share.Find("path")->value, "/d");
}

TEST(SmbConfTest, TheLastOfTwoCountsAndSectionsMayGoOn) {
  const SmbConf conf = ParseSmbConf("[a]\npath = /1\n[b]\npath = /2\n[A]\npath = /3\n", "f");
  ASSERT_EQ(conf.shares.size(), 2u);
  EXPECT_EQ(conf.shares[0].Find("path")->value, "/3");
}

TEST(SmbConfTest, ABackslashContinuesALine) {
  const SmbConf conf = ParseSmbConf("[a]\nvalid users = alice, \\\n  bob\npath = /x\n", "f");
  EXPECT_EQ(conf.shares[0].Find("valid users")->value, "alice,   bob");
  EXPECT_EQ(conf.shares[0].Find("path")->place, "f:4");
}

TEST(SmbConfTest, NamesLinesThatMeanNothing) {
  const SmbConf conf = ParseSmbConf("[global]\nnonsense\n[broken\n", "smb.conf");
  EXPECT_THAT(conf.problems, ElementsAre(HasSubstr("smb.conf:2"), HasSubstr("smb.conf:3")));
}

class IncludeTest : public ::testing::Test {
 protected:
  IncludeTest() {
    std::string pattern = ::testing::TempDir() + "/smbconf_XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~IncludeTest() override { std::filesystem::remove_all(directory_); }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name) << text;
  }
  std::string directory_;
};

TEST_F(IncludeTest, AFileIsReadWhereItIsIncluded) {
  Write("smb.conf", "[a]\npath = /1\ninclude = more.conf\nread only = no\n");
  Write("more.conf", "comment = hello\n[b]\npath = /2\n");
  const absl::StatusOr<SmbConf> conf = ReadSmbConf(directory_ + "/smb.conf");
  ASSERT_TRUE(conf.ok());
  ASSERT_EQ(conf->shares.size(), 2u);
  EXPECT_EQ(conf->shares[0].Find("comment")->place, "more.conf:1");
  // As in Samba the section of the included file goes on behind it.
  EXPECT_NE(conf->shares[1].Find("read only"), nullptr);
}

TEST_F(IncludeTest, MacrosAndMissingFilesAreExplained) {
  Write("smb.conf", "include = %m.conf\ninclude = missing.conf\ninclude = registry\n");
  const absl::StatusOr<SmbConf> conf = ReadSmbConf(directory_ + "/smb.conf");
  ASSERT_TRUE(conf.ok());
  EXPECT_THAT(conf->problems, ElementsAre(HasSubstr("depends on the client"),
                                          HasSubstr("cannot read"), HasSubstr("net conf list")));
}

TEST_F(IncludeTest, FilesThatIncludeOneAnotherOftenEnd) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "include = smb.conf\n";
  Write("smb.conf", text);
  const absl::StatusOr<SmbConf> conf = ReadSmbConf(directory_ + "/smb.conf");
  ASSERT_TRUE(conf.ok());
  EXPECT_LT(conf->problems.size(), 200u);
  EXPECT_THAT(conf->problems, testing::Contains(HasSubstr("more than 100")));
}

TEST_F(IncludeTest, WhatIsNoTextFileIsNotRead) {
  Write("latin.conf", "[a]\ncomment = \xE9\n");
  Write("large.conf", std::string((1u << 20) + 1, '#'));
  Write("smb.conf",
        "include = /dev/zero\ninclude = pipe\ninclude = latin.conf\ninclude = large.conf\n");
  ASSERT_EQ(mkfifo((directory_ + "/pipe").c_str(), 0600), 0);
  const absl::StatusOr<SmbConf> conf = ReadSmbConf(directory_ + "/smb.conf");
  ASSERT_TRUE(conf.ok());
  EXPECT_THAT(conf->problems,
              ElementsAre(HasSubstr("not a regular file"), HasSubstr("not a regular file"),
                          HasSubstr("not UTF-8"), HasSubstr("more than 1048576 bytes")));
  EXPECT_FALSE(ReadSmbConf("/dev/zero").ok());
}

TEST_F(IncludeTest, AFileThatIncludesItselfEnds) {
  Write("smb.conf", "include = smb.conf\n");
  const absl::StatusOr<SmbConf> conf = ReadSmbConf(directory_ + "/smb.conf");
  ASSERT_TRUE(conf.ok());
  EXPECT_THAT(conf->problems, ElementsAre(HasSubstr("too many files")));
}

TEST_F(IncludeTest, WhatCannotBeReadIsAnError) {
  EXPECT_FALSE(ReadSmbConf(directory_ + "/none.conf").ok());
  EXPECT_FALSE(ReadSmbConf(directory_).ok());
}

TEST(ParseNamesTest, SplitsAtCommasAndSpacesButNotInQuotes) {
  EXPECT_THAT(ParseNames("alice, bob\t\"Jane Doe\" @staff"),
              ElementsAre("alice", "bob", "Jane Doe", "@staff"));
  EXPECT_THAT(ParseNames("  "), IsEmpty());
}

}  // namespace
}  // namespace sluice::samba
