#include "server/config/file_keys.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/config/config_file.h"

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
