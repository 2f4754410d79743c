#include "server/smb/open.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "server/base/limits.h"

namespace sluice::smb {
namespace {

class SomeOpen final : public Open {
 public:
  SomeOpen() : Open(Kind::kPipe) {}
  ring::Task<void> Close() override { co_return; }
};

TEST(OpenTableTest, OpenIsFoundByItsWholeIdInItsTree) {
  OpenTable table;
  const auto open = std::make_shared<SomeOpen>();
  ASSERT_TRUE(table.Insert(open, 7));
  const proto::FileId id = open->id();
  EXPECT_EQ(table.Find(id, 7), open);
  EXPECT_EQ(table.Find(id, 8), nullptr);
  EXPECT_EQ(table.Find({id.persistent + 1, id.volatile_id}, 7), nullptr);
  EXPECT_EQ(table.Find({id.persistent, id.volatile_id + 1}, 7), nullptr);
  EXPECT_EQ(table.Find({0, 0}, 7), nullptr);
  EXPECT_EQ(table.Find(proto::kAnyFileId, 7), nullptr);
}

TEST(OpenTableTest, SlotIsReusedUnderANewId) {
  OpenTable table;
  const auto first = std::make_shared<SomeOpen>();
  ASSERT_TRUE(table.Insert(first, 1));
  EXPECT_EQ(table.Remove(first->id()), first);
  EXPECT_EQ(table.Remove(first->id()), nullptr);
  const auto second = std::make_shared<SomeOpen>();
  ASSERT_TRUE(table.Insert(second, 1));
  EXPECT_EQ(table.Find(first->id(), 1), nullptr);
  EXPECT_NE(first->id().volatile_id, second->id().volatile_id);
  EXPECT_EQ(table.size(), 1u);
}

TEST(OpenTableTest, TreesOpensAreTakenTogether) {
  OpenTable table;
  std::vector<std::shared_ptr<Open>> opens;
  for (uint32_t i = 0; i < 10; ++i) {
    opens.push_back(std::make_shared<SomeOpen>());
    ASSERT_TRUE(table.Insert(opens.back(), i % 2));
  }
  EXPECT_EQ(table.TakeTree(1).size(), 5u);
  EXPECT_EQ(table.size(), 5u);
  EXPECT_EQ(table.Find(opens[1]->id(), 1), nullptr);
  EXPECT_EQ(table.Find(opens[2]->id(), 0), opens[2]);
  EXPECT_EQ(table.TakeAll().size(), 5u);
  EXPECT_EQ(table.size(), 0u);
}

TEST(OpenTableTest, HoldsNoMoreThanTheLimit) {
  OpenTable table;
  for (size_t i = 0; i < limits::opens_per_session_max; ++i) {
    ASSERT_TRUE(table.Insert(std::make_shared<SomeOpen>(), 1));
  }
  EXPECT_FALSE(table.Insert(std::make_shared<SomeOpen>(), 1));
}

}  // namespace
}  // namespace sluice::smb
