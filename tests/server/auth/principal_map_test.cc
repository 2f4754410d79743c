#include "server/auth/principal_map.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParsePrincipalTest, TakesComponentsAndRealmApart) {
  const absl::StatusOr<Principal> host = ParsePrincipal("cifs/files.example.com@EXAMPLE.COM");
  ASSERT_TRUE(host.ok());
  EXPECT_THAT(host->components, ElementsAre("cifs", "files.example.com"));
  EXPECT_EQ(host->realm, "EXAMPLE.COM");
}

TEST(ParsePrincipalTest, ABackslashMakesASeparatorPartOfTheName) {
  const absl::StatusOr<Principal> odd = ParsePrincipal("a\\@b\\/c\\\\d@R");
  ASSERT_TRUE(odd.ok());
  EXPECT_THAT(odd->components, ElementsAre("a@b/c\\d"));
}

TEST(ParsePrincipalTest, RefusesWhatIsNone) {
  for (const char* text : {"", "alice", "@R", "alice@", "a/@R", "/a@R", "a@b@c", "a@R\\"}) {
    EXPECT_FALSE(ParsePrincipal(text).ok()) << text;
  }
}

TEST(MapPrincipalTest, StripsItsRealms) {
  const PrincipalRules rules = {.realms = {"EXAMPLE.COM", "OTHER.ORG"}};
  EXPECT_EQ(*MapPrincipal(rules, "alice@EXAMPLE.COM"), "alice");
  EXPECT_EQ(*MapPrincipal(rules, "bob@OTHER.ORG"), "bob");
}

TEST(MapPrincipalTest, RefusesAnotherRealmAndNamesIt) {
  const PrincipalRules rules = {.realms = {"EXAMPLE.COM"}};
  for (const char* text : {"alice@EXAMPLE.ORG", "alice@example.com", "alice@SUB.EXAMPLE.COM"}) {
    const absl::StatusOr<std::string> user = MapPrincipal(rules, text);
    ASSERT_FALSE(user.ok()) << text;
    EXPECT_THAT(std::string(user.status().message()), HasSubstr("auth.kerberos_realms"));
  }
}

TEST(MapPrincipalTest, AZeroDoesNotEndAName) {
  const PrincipalRules rules = {.realms = {"EXAMPLE.COM"}};
  EXPECT_FALSE(MapPrincipal(rules, "alice\\0x@EXAMPLE.COM").ok());
}

TEST(MapPrincipalTest, ARefusalShowsAPrincipalWithoutControlCharacters) {
  const PrincipalRules rules = {.realms = {"EXAMPLE.COM"}};
  for (const char* text : {"al\x1b[2Jice@FAR.ORG", "al\x1b[2Jice/admin@EXAMPLE.COM"}) {
    const absl::StatusOr<std::string> user = MapPrincipal(rules, text);
    ASSERT_FALSE(user.ok());
    EXPECT_THAT(std::string(user.status().message()), HasSubstr("al\\x1b[2Jice"));
  }
}

TEST(MapPrincipalTest, AnExplicitUserGoesFirst) {
  const PrincipalRules rules = {
      .users = {{"alice@EXAMPLE.COM", "al"}, {"backup/host@FAR.ORG", "backup"}},
      .realms = {"EXAMPLE.COM"}};
  EXPECT_EQ(*MapPrincipal(rules, "alice@EXAMPLE.COM"), "al");
  EXPECT_EQ(*MapPrincipal(rules, "backup/host@FAR.ORG"), "backup");
}

// alice/admin is another principal than alice, and often somebody else.
TEST(MapPrincipalTest, AnInstanceIsNotItsFirstComponent) {
  const PrincipalRules rules = {.realms = {"EXAMPLE.COM"}};
  EXPECT_FALSE(MapPrincipal(rules, "alice/admin@EXAMPLE.COM").ok());
  EXPECT_FALSE(MapPrincipal(rules, "WELLKNOWN/ANONYMOUS@EXAMPLE.COM").ok());
}

}  // namespace
}  // namespace sluice::auth
