#include "server/config/file_keys.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/config/config_file.h"
#include "server/config/preferences.h"

namespace sluice::config {
namespace {

std::string ErrorsOf(absl::string_view section, absl::string_view key) {
  const std::string head = section == "share" ? "[[share]]\n" : absl::StrCat("[", section, "]\n");
  // No key takes a date.
  return std::string(
      ParseConfiguration(absl::StrCat(head, key, " = 2020-01-01\n"), "f").status().message());
}

TEST(FileKeysTest, TheFileKnowsEveryKey) {
  for (const FileKey& key : FileKeys()) {
    const std::string errors = ErrorsOf(key.section, key.key);
    EXPECT_EQ(errors.find("unknown"), std::string::npos) << errors;
    EXPECT_NE(errors.find(absl::StrCat(key.key, " must be")), std::string::npos) << errors;
  }
  EXPECT_NE(ErrorsOf("server", "no_such_key").find("unknown"), std::string::npos);
}

// An error at a key that is like no other lists what the reader knows.
TEST(FileKeysTest, EveryKeyOfTheFileIsInATable) {
  std::map<std::string, std::set<std::string>> in_table;
  for (const FileKey& key : FileKeys()) {
    in_table[std::string(key.section)].emplace(key.key);
    EXPECT_EQ(key.get == nullptr, key.section == "share") << key.name();
  }
  for (const PreferenceRow& row : PreferenceTable()) {
    const std::pair<std::string, std::string> name = absl::StrSplit(row.name, '.');
    if (row.of_share) {
      in_table["share"].emplace(row.name);
    } else {
      in_table[name.first].insert(name.second);
    }
  }
  const std::string kKnown = "; known: ";
  for (const auto& [section, keys] : in_table) {
    const std::string errors = ErrorsOf(section, "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz");
    const size_t at = errors.find(kKnown);
    ASSERT_NE(at, std::string::npos) << errors;
    const std::string list = errors.substr(at + kKnown.size());
    const std::set<std::string> known =
        absl::StrSplit(list.substr(0, list.find('\n')), absl::ByString(", "));
    EXPECT_EQ(known, keys) << section;
  }
}

// As --check-config prints them.
TEST(FileKeysTest, WhatAKeyShowsCanBeReadAgain) {
  const auto parsed = ParseConfiguration(
      "[auth]\nwinbind = true\nkerberos_keytab = '/k'\n[auth.kerberos_users]\n"
      "\"a@R\" = \"b\"\n\"c@R\" = \"d\"\n[[share]]\nname = 's'\nstorage = 'memory'\n",
      "f");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  std::string text;
  for (const FileKey& key : FileKeys()) {
    if (key.get == nullptr) continue;
    absl::StrAppend(&text, key.name(), " = ", key.get(*parsed), "\n");
  }
  const auto again =
      ParseConfiguration(absl::StrCat(text, "[[share]]\nname = 's'\nstorage = 'memory'\n"), "f");
  ASSERT_TRUE(again.ok()) << again.status() << text;
  EXPECT_EQ(again->gateway.kerberos_users, parsed->gateway.kerberos_users);
  for (const FileKey& key : FileKeys()) {
    if (key.get == nullptr) continue;
    EXPECT_EQ(key.get(*again), key.get(*parsed)) << key.name();
  }
}

TEST(FileKeysTest, LogAuditAndMetricsGoWhereTheyAreTold) {
  const auto parsed = ParseConfiguration(
      "[log]\nfile = '/l'\nformat = 'json'\n[audit]\nfile = '/a'\n[metrics]\nlisten = '[::1]:9'\n"
      "[[share]]\nname = 's'\nstorage = 'memory'\naudit = true\n",
      "f");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->log_file, "/l");
  EXPECT_EQ(parsed->gateway.audit_file, "/a");
  EXPECT_EQ(parsed->metrics_listen, "[::1]:9");
  EXPECT_EQ(parsed->gateway.preferences.log.format, base::LogFormat::kJson);
  EXPECT_TRUE(parsed->gateway.preferences.shares.at("s").audit);
}

TEST(FileKeysTest, MetricsNeedAnAddressWithAPort) {
  const auto parsed = ParseConfiguration(
      "[metrics]\nlisten = 'localhost'\n[[share]]\nname = 's'\nstorage = 'memory'\n", "f");
  EXPECT_NE(std::string(parsed.status().message()).find("[metrics] listen must be host:port"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::config
