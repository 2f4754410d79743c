#include "server/base/audit_log.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/server/base/temporary_file.h"

namespace sluice::base {
namespace {

using nlohmann::json;

TEST(AuditLogTest, WritesWhatTheEventHasAndNothingElse) {
  const TemporaryFile temporary;
  fakes::FakeClock clock;
  (*AuditLog::Open(temporary.path(), clock))
      ->Write({.event = "rename",
               .user = "alice",
               .client = "192.0.2.7:5000",
               .connection = 4,
               .session = 0x1F,
               .share = "files",
               .path = "a/b",
               .new_path = "a/\"c\""});
  const std::vector<std::string> lines = TemporaryFile::Lines(temporary.path());
  ASSERT_EQ(lines.size(), 1u);
  json line = json::parse(lines[0]);
  EXPECT_EQ(line.at("time").get<std::string>().back(), 'Z');
  line.erase("time");
  EXPECT_EQ(line, json({{"event", "rename"},
                        {"ok", true},
                        {"user", "alice"},
                        {"client", "192.0.2.7:5000"},
                        {"connection", 4},
                        {"session", "000000000000001f"},
                        {"share", "files"},
                        {"path", "a/b"},
                        {"new_path", "a/\"c\""}}));
}

TEST(AuditLogTest, NamesThatAreNotUtf8StayOneValidLine) {
  const TemporaryFile temporary;
  fakes::FakeClock clock;
  (*AuditLog::Open(temporary.path(), clock))->Write({.event = "delete", .path = "a\n\xC3"});
  const std::vector<std::string> lines = TemporaryFile::Lines(temporary.path());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(json::parse(lines[0]).at("path"), "a\n\xEF\xBF\xBD");
}

TEST(AuditLogTest, SaysHowManyEventsWereLost) {
  fakes::FakeClock clock;
  auto log = AuditLog::Open("/dev/full", clock);
  ASSERT_TRUE(log.ok());
  (*log)->Write({.event = "logon"});
  while ((*log)->lost() == 0) std::this_thread::yield();
  // The next event is preceded by the news, which this disk does not take either.
  (*log)->Write({.event = "logoff"});
  while ((*log)->lost() < 3) std::this_thread::yield();
  EXPECT_EQ((*log)->lost(), 3u);
}

}  // namespace
}  // namespace sluice::base
