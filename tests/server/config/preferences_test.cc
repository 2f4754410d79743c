#include "server/config/preferences.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "server/config/nearest.h"

namespace sluice::config {
namespace {

TEST(Preferences, EveryRowSetsWhatItGets) {
  const Preferences defaults;
  std::set<absl::string_view> names;
  for (const PreferenceRow& row : PreferenceTable()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.help.empty()) << row.name;
    Preferences copy;
    const std::string value = row.get(defaults);
    EXPECT_TRUE(row.set(copy, value).ok()) << row.name;
    EXPECT_EQ(row.get(copy), value) << row.name;
    EXPECT_FALSE(row.set(copy, "certainly not valid").ok()) << row.name;
    EXPECT_EQ(row.get(copy), value) << row.name << " changed by a refused value";
  }
}

TEST(Preferences, SetsAListInItsOrder) {
  Preferences preferences;
  ASSERT_TRUE(SetPreference(preferences, "signing.algorithms", "HMAC-SHA256, AES-128-GMAC").ok());
  EXPECT_EQ(FindPreference("signing.algorithms")->get(preferences), "HMAC-SHA256,AES-128-GMAC");
}

TEST(Preferences, UnknownNameSuggestsTheNearest) {
  Preferences preferences;
  const absl::Status status = SetPreference(preferences, "signing.algorithm", "AES-128-GMAC");
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_TRUE(absl::StrContains(status.message(), "did you mean \"signing.algorithms\"?"));
}

TEST(Preferences, CipherNoneIsNoCipher) {
  Preferences preferences;
  EXPECT_FALSE(SetPreference(preferences, "encryption.ciphers", "none").ok());
}

TEST(Nearest, FarNamesListWhatIsKnown) {
  EXPECT_EQ(DidYouMean("zzzzzz", {"alpha", "beta"}), "; known: alpha, beta");
  EXPECT_EQ(Nearest("alhpa", {"alpha", "beta"}), "alpha");
}

}  // namespace
}  // namespace sluice::config
