#include "tools/sluicectl/samba/import.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::samba {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Imported ImportText(const std::string& text) { return Import(ParseSmbConf(text, "smb.conf")); }
std::string Toml(const std::string& text) { return ImportText(text).toml; }
std::string Notes(const std::string& text) { return absl::StrJoin(ImportText(text).notes, "\n"); }

// A share with these parameters and nothing to say about.
std::string Share(const std::string& parameters) {
  return absl::StrCat("[data]\npath = /tmp\n", parameters);
}

TEST(ImportTest, APlainShareNeedsNoNotes) {
  const Imported imported = ImportText(Share("comment = Our \"data\"\nread only = no\n"));
  EXPECT_THAT(imported.notes, IsEmpty());
  EXPECT_THAT(imported.toml, HasSubstr("[[share]]\nname = \"data\"\npath = \"/tmp\"\n"
                                       "comment = \"Our \\\"data\\\"\"\nread_only = false\n"));
}

TEST(ImportTest, SharesAreReadOnlyUnlessSambaSaysOtherwise) {
  EXPECT_THAT(Toml(Share("")), HasSubstr("read_only = true"));
  EXPECT_THAT(Toml(Share("writable = yes\n")), HasSubstr("read_only = false"));
  EXPECT_THAT(Toml("[global]\nread only = no\n" + Share("")), HasSubstr("read_only = false"));
}

TEST(ImportTest, ListsOfUsersBecomeLevelsOfAccess) {
  const std::string toml =
      Toml(Share("valid users = alice, +staff\ninvalid users = eve\n"
                 "write list = alice\n"));
  EXPECT_THAT(toml, HasSubstr("allow_read = [\"alice\", \"@staff\"]"));
  EXPECT_THAT(toml, HasSubstr("deny_read = [\"eve\"]"));
  EXPECT_THAT(toml, HasSubstr("allow_write = [\"alice\"]"));
  EXPECT_THAT(toml, HasSubstr("read_only = false"));
}

TEST(ImportTest, AWriteListOverrulesAReadList) {
  const std::string toml =
      Toml(Share("read only = no\nread list = alice bob\nwrite list = alice\n"));
  EXPECT_THAT(toml, HasSubstr("deny_write = [\"bob\"]"));
  EXPECT_THAT(toml, Not(HasSubstr("allow_write")));
}

TEST(ImportTest, ProtectionIsCarriedOver) {
  const std::string toml = Toml(
      "[global]\nserver signing = mandatory\nserver min protocol = SMB3\n"
      "smb encrypt = required\nserver smb3 signing algorithms = aes-128-cmac, hmac-sha256\n");
  EXPECT_THAT(toml, HasSubstr("[signing]\nalgorithms = [\"AES-128-CMAC\", \"HMAC-SHA256\"]\n"
                              "required = true"));
  EXPECT_THAT(toml, HasSubstr("[dialect]\nmin = \"3.0\""));
  EXPECT_THAT(toml, HasSubstr("[encryption]\nmode = \"required\""));
}

TEST(ImportTest, WithoutSignaturesRequiredInSambaNoneAreRequired) {
  EXPECT_THAT(Toml(""), HasSubstr("[signing]\nrequired = false"));
}

TEST(ImportTest, WhatSambaRequiresByAnyWordIsRequired) {
  for (const char* word : {"mandatory", "required", "force", "forced", "enforced"}) {
    const std::string toml =
        Toml(absl::StrCat("[global]\nserver signing = ", word, "\nsmb encrypt = ", word, "\n"));
    EXPECT_THAT(toml, HasSubstr("[signing]\nrequired = true")) << word;
    EXPECT_THAT(toml, HasSubstr("[encryption]\nmode = \"required\"")) << word;
  }
}

TEST(ImportTest, AModeOfEncryptionThatIsNotKnownIsNoted) {
  EXPECT_THAT(Notes("[global]\nsmb encrypt = perhaps\n"),
              HasSubstr("[global] server smb encrypt = perhaps: SECURITY: not a mode"));
}

TEST(ImportTest, Smb1IsNeverServed) {
  const std::string text = "[global]\nserver min protocol = NT1\n";
  EXPECT_THAT(Notes(text), HasSubstr("SMB1 is never served"));
  EXPECT_THAT(Toml(text), Not(HasSubstr("[dialect]")));
}

TEST(ImportTest, KerberosIsCarriedOver) {
  const std::string toml = Toml(
      "[global]\nsecurity = ads\nrealm = example.com\n"
      "dedicated keytab file = FILE:/etc/cifs.keytab\nkerberos method = dedicated keytab\n"
      "ntlm auth = disabled\n");
  EXPECT_THAT(toml, HasSubstr("kerberos_realms = [\"EXAMPLE.COM\"]"));
  EXPECT_THAT(toml, HasSubstr("kerberos_keytab = \"/etc/cifs.keytab\""));
  EXPECT_THAT(toml, HasSubstr("winbind = true"));
  EXPECT_THAT(toml, HasSubstr("ntlm = false"));
}

TEST(ImportTest, ListensWhereSambaDid) {
  EXPECT_THAT(Toml("[global]\nsmb ports = 445 139\n"), HasSubstr("listen = [\"*:445\"]"));
  EXPECT_THAT(Toml("[global]\nbind interfaces only = yes\ninterfaces = 10.0.0.1/24 lo\n"),
              HasSubstr("listen = [\"10.0.0.1:445\"]"));
  EXPECT_THAT(Notes("[global]\nbind interfaces only = yes\ninterfaces = 10.0.0.1/24 lo\n"),
              HasSubstr("lo is an interface"));
}

TEST(ImportTest, HomesAndPrintersAreExplainedAndLeftOut) {
  const Imported imported = ImportText("[homes]\nread only = no\n[printers]\npath = /tmp\n");
  EXPECT_THAT(imported.toml, Not(HasSubstr("[[share]]")));
  EXPECT_THAT(imported.notes, Contains(HasSubstr("sluicectl share add alice")));
  EXPECT_THAT(imported.notes, Contains(HasSubstr("no printers")));
}

TEST(ImportTest, APathWithAMacroIsExplainedAndLeftOut) {
  const std::string text = "[data]\npath = /srv/%U\n";
  EXPECT_THAT(Notes(text), HasSubstr("smb.conf:2: [data] path = /srv/%U: left out"));
  EXPECT_THAT(Toml(text), Not(HasSubstr("[[share]]")));
  EXPECT_THAT(Toml("[tmp]\npath = /%S\n"), HasSubstr("path = \"/tmp\""));
}

TEST(ImportTest, AMissingDirectoryIsNoted) {
  EXPECT_THAT(Notes("[data]\npath = /no/such/directory\n"), HasSubstr("no such directory"));
}

TEST(ImportTest, EveryParameterWithoutEquivalentIsListedWithItsPlace) {
  const std::string notes =
      Notes(Share("veto files = /*.tmp/\nforce user = root\nrecycle:repository = .trash\n"
                  "frobnicate = maybe\nvfs objects = recycle streams_xattr\n"));
  EXPECT_THAT(notes, HasSubstr("smb.conf:3: [data] veto files = /*.tmp/: SECURITY: every file"));
  EXPECT_THAT(notes, HasSubstr("smb.conf:4: [data] force user = root: SECURITY:"));
  EXPECT_THAT(notes, HasSubstr("smb.conf:5: [data] recycle:repository"));
  EXPECT_THAT(notes, HasSubstr("smb.conf:6: [data] frobnicate = maybe: not known"));
  EXPECT_THAT(notes, HasSubstr("what recycle does is not built in"));
  EXPECT_THAT(notes, Not(HasSubstr("what streams_xattr")));
}

TEST(ImportTest, NothingIsLeftOutInSilence) {
  // What is in the configuration or means nothing beside it is named here; all else has a note.
  for (const Unmapped& row : UnmappedParameters()) {
    std::string name(row.name);
    if (name.back() == '*') name.back() = 'x';
    EXPECT_THAT(Notes(absl::StrCat("[global]\n", name, " = 1\n")), HasSubstr(row.meaning)) << name;
  }
}

TEST(ImportTest, AUserNamedByAMacroIsASecurityMatter) {
  EXPECT_THAT(Notes(Share("valid users = %S\n")), HasSubstr("SECURITY: %S is a macro"));
  EXPECT_THAT(Toml(Share("valid users = %S\n")), HasSubstr("allow_read = [\"%S\"]"));
}

}  // namespace
}  // namespace sluice::samba
