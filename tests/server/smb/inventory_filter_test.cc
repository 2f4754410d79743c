#include "server/smb/inventory_filter.h"

#include <gtest/gtest.h>

namespace sluice::smb {
namespace {

TEST(InventoryFilterTest, AClientIsAnAddressWithOrWithoutItsPort) {
  EXPECT_TRUE(ClientMatches("192.0.2.7", "192.0.2.7:5000"));
  EXPECT_TRUE(ClientMatches("192.0.2.7:5000", "192.0.2.7:5000"));
  EXPECT_TRUE(ClientMatches("2001:db8::1", "[2001:db8::1]:5000"));
  EXPECT_TRUE(ClientMatches("[2001:db8::1]", "[2001:db8::1]:5000"));
  EXPECT_FALSE(ClientMatches("192.0.2.7:5001", "192.0.2.7:5000"));
  EXPECT_FALSE(ClientMatches("192.0.2", "192.0.2.7:5000"));
  EXPECT_FALSE(ClientMatches("2001:db8:", "[2001:db8::1]:5000"));
}

TEST(InventoryFilterTest, APathStandsForAllBelowIt) {
  EXPECT_TRUE(PathMatches("a", "a"));
  EXPECT_TRUE(PathMatches("a", "a/b"));
  EXPECT_TRUE(PathMatches("/A/", "a/b"));
  EXPECT_TRUE(PathMatches("a\\b", "a/b/c"));
  EXPECT_TRUE(PathMatches("a", "a:stream"));
  EXPECT_TRUE(PathMatches("/", "anything"));
  EXPECT_FALSE(PathMatches("a", "ab"));
  EXPECT_FALSE(PathMatches("a/b", "a"));
}

TEST(InventoryFilterTest, APatternStandsForTheWholePath) {
  EXPECT_TRUE(PathMatches("*.DOCX", "reports/may.docx"));
  EXPECT_TRUE(PathMatches("reports\\???.docx", "reports/may.docx"));
  EXPECT_FALSE(PathMatches("*.doc", "reports/may.docx"));
}

TEST(InventoryFilterTest, EveryMemberMustMatch) {
  InventoryRow row;
  row.connection = 3;
  row.session = 9;
  row.open = 27;
  row.client = "192.0.2.7:5000";
  row.user = "Alice";
  row.share = "Files";
  row.path = "a/b";
  InventoryQuery query;
  query.kind = InventoryKind::kOpens;
  query.filter = {.client = "192.0.2.7", .user = "alice", .share = "files", .path = "a"};
  EXPECT_TRUE(Matches(query, row));
  for (int member = 0; member < 5; ++member) {
    InventoryQuery other = query;
    if (member == 0) other.filter.id = 28;
    if (member == 1) other.filter.client = "192.0.2.8";
    if (member == 2) other.filter.user = "bob";
    if (member == 3) other.filter.share = "other";
    if (member == 4) other.filter.path = "c";
    EXPECT_FALSE(Matches(other, row)) << member;
  }
}

TEST(InventoryFilterTest, AnIdIsTheRowsOwn) {
  InventoryRow row;
  row.connection = 3;
  row.session = 9;
  row.open = 27;
  const std::pair<InventoryKind, uint64_t> ids[] = {{InventoryKind::kConnections, 3},
                                                    {InventoryKind::kSessions, 9},
                                                    {InventoryKind::kOpens, 27},
                                                    {InventoryKind::kLocks, 27}};
  for (const auto& [kind, id] : ids) {
    InventoryQuery query;
    query.kind = kind;
    query.filter.id = id;
    EXPECT_TRUE(Matches(query, row));
    query.filter.id = id + 1;
    EXPECT_FALSE(Matches(query, row));
  }
}

}  // namespace
}  // namespace sluice::smb
