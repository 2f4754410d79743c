#include "server/config/preferences.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config/nearest.h"

namespace sluice::config {
namespace {

Preferences WithShare(const std::string& name) {
  Preferences preferences;
  preferences.shares[name];
  return preferences;
}

TEST(Preferences, EveryRowSetsWhatItGets) {
  const Preferences defaults = WithShare("files");
  std::set<std::string> names;
  for (const PreferenceKey& key : AllPreferences(defaults)) {
    EXPECT_TRUE(names.insert(key.name()).second) << key.name();
    EXPECT_FALSE(key.row->help.empty()) << key.name();
    Preferences copy = defaults;
    const std::string value = GetPreference(defaults, key);
    EXPECT_TRUE(SetPreference(copy, key, value).ok()) << key.name();
    EXPECT_EQ(GetPreference(copy, key), value) << key.name();
    if (key.row->type == PreferenceType::kTexts) continue;  // any text will do
    const absl::Status refused = SetPreference(copy, key, "certainly not valid");
    EXPECT_TRUE(absl::StrContains(refused.message(), ValidValues(*key.row))) << refused;
    EXPECT_EQ(GetPreference(copy, key), value) << key.name() << " changed by a refused value";
  }
}

TEST(Preferences, IntegersHoldTheirRange) {
  Preferences preferences = WithShare("files");
  for (const PreferenceKey& key : AllPreferences(preferences)) {
    const PreferenceRow& row = *key.row;
    if (row.type != PreferenceType::kInteger) continue;
    EXPECT_TRUE(SetPreference(preferences, key, absl::StrCat(row.min)).ok()) << row.name;
    EXPECT_TRUE(SetPreference(preferences, key, absl::StrCat(row.max)).ok()) << row.name;
    EXPECT_FALSE(SetPreference(preferences, key, absl::StrCat(row.max + 1)).ok()) << row.name;
    EXPECT_FALSE(SetPreference(preferences, key, "-1").ok()) << row.name;
    EXPECT_FALSE(SetPreference(preferences, key, "").ok()) << row.name;
    EXPECT_FALSE(SetPreference(preferences, key, "18446744073709551616").ok()) << row.name;
    if (row.min > 0) {
      EXPECT_FALSE(SetPreference(preferences, key, absl::StrCat(row.min - 1)).ok()) << row.name;
    }
  }
}

TEST(Preferences, SetsAListInItsOrder) {
  Preferences preferences;
  ASSERT_TRUE(SetPreference(preferences, "signing.algorithms", "HMAC-SHA256, AES-128-GMAC").ok());
  EXPECT_EQ(preferences.signing_algorithms, (std::vector{crypto::SigningAlgorithm::kHmacSha256,
                                                         crypto::SigningAlgorithm::kAes128Gmac}));
  EXPECT_FALSE(SetPreference(preferences, "signing.algorithms", "").ok());
  EXPECT_FALSE(SetPreference(preferences, "signing.algorithms", "HMAC-SHA256,HMAC-SHA256").ok());
}

TEST(Preferences, ShareIsFoundWithoutRegardToCaseAndWithDots) {
  Preferences preferences = WithShare("My.Files");
  const auto key = FindPreference(preferences, "share.my.files.read_only");
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->name(), "share.My.Files.read_only");
  for (const char* wrong : {"share.read_only", "share..read_only", "share.other.read_only",
                            "share.My.Files.", "read_only", "share.My.Files.signing.required"}) {
    EXPECT_TRUE(absl::IsNotFound(FindPreference(preferences, wrong).status())) << wrong;
  }
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

TEST(LivePreferences, CacheSeesAChangeAndObserversAreTold) {
  LivePreferences live{Preferences()};
  PreferencesCache cache(live);
  EXPECT_EQ(&cache.Get(), &cache.Get());
  std::vector<bool> told;
  live.Observe([&told](const Preferences& now) { told.push_back(now.signing_required); });
  Preferences next = *live.Get();
  next.signing_required = false;
  live.Set(next);
  EXPECT_FALSE(cache.Get().signing_required);
  EXPECT_EQ(told, (std::vector<bool>{true, false}));
}

TEST(Nearest, FarNamesListWhatIsKnown) {
  EXPECT_EQ(DidYouMean("zzzzzz", {"alpha", "beta"}), "; known: alpha, beta");
  EXPECT_EQ(Nearest("alhpa", {"alpha", "beta"}), "alpha");
}

TEST(Nearest, LettersThatHaveChangedPlacesAreOneEdit) {
  EXPECT_EQ(Nearest("statsu", {"status", "stats"}), "status");
  EXPECT_EQ(Nearest("sttas", {"status", "stats"}), "stats");
  EXPECT_EQ(Nearest("ecdab", {"edcba"}), "edcba");
}

}  // namespace
}  // namespace sluice::config
