#include "server/session/session_table.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/session/seeded_random.h"

namespace sluice::session {
namespace {

// Gives the bytes of a list of numbers, again and again.
class ScriptedRandom : public base::Random {
 public:
  explicit ScriptedRandom(std::vector<uint64_t> values) : values_(std::move(values)) {}
  void Fill(absl::Span<uint8_t> out) override {
    const uint64_t value = values_[next_++ % values_.size()];
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(value >> (8 * (i % 8)));
  }

 private:
  const std::vector<uint64_t> values_;
  size_t next_ = 0;
};

SessionInfo Info(uint64_t id, std::string user, int64_t started = 0) {
  SessionInfo info;
  info.id = id;
  info.user = std::move(user);
  info.started_wall_nanos = started;
  info.loop_index = 3;
  info.connection_id = 44;
  return info;
}

TEST(SessionTableTest, IdsAreUniqueAndNeitherZeroNorAllOnes) {
  ScriptedRandom random({0, ~uint64_t{0}, 5, 5, 9});
  SessionTable table(random);
  EXPECT_EQ(table.Reserve(), 5u);
  EXPECT_EQ(table.Reserve(), 9u);
  table.Remove(5);
  EXPECT_EQ(table.Reserve(), 5u);
}

TEST(SessionTableTest, ReservedIdsAreNotListedUntilPublished) {
  testing::SeededRandom random;
  SessionTable table(random);
  const uint64_t id = table.Reserve();
  EXPECT_TRUE(table.List().empty());
  EXPECT_EQ(table.size(), 0u);
  table.Publish(Info(id, "alice"), {});
  ASSERT_EQ(table.List().size(), 1u);
  EXPECT_EQ(table.List()[0].user, "alice");
  table.Remove(id);
  EXPECT_EQ(table.size(), 0u);
}

TEST(SessionTableTest, ListsEncryptionThatTheClientBegan) {
  testing::SeededRandom random;
  SessionTable table(random);
  const uint64_t id = table.Reserve();
  table.Publish(Info(id, "alice"), {});
  EXPECT_FALSE(table.List()[0].encrypted);
  table.NoteEncryption(id);
  table.NoteEncryption(id + 1);
  ASSERT_EQ(table.List().size(), 1u);
  EXPECT_TRUE(table.List()[0].encrypted);
}

TEST(SessionTableTest, ListsInOrderOfStart) {
  testing::SeededRandom random;
  SessionTable table(random);
  for (const int64_t started : {30, 10, 20}) {
    table.Publish(Info(table.Reserve(), std::to_string(started), started), {});
  }
  const std::vector<SessionInfo> list = table.List();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].user, "10");
  EXPECT_EQ(list[2].user, "30");
}

class PreviousSessionTest : public ::testing::Test {
 protected:
  PreviousSessionTest() : table_(random_) {
    previous_ = table_.Reserve();
    current_ = table_.Reserve();
    session_ = std::make_shared<Session>(previous_, 44, 0);
  }

  testing::SeededRandom random_;
  SessionTable table_;
  uint64_t previous_ = 0;
  uint64_t current_ = 0;
  std::shared_ptr<Session> session_;
  SessionHandle handle_;
};

TEST_F(PreviousSessionTest, FindsTheSameUsersSession) {
  table_.Publish(Info(previous_, "alice"), session_);
  ASSERT_TRUE(table_.FindPrevious(previous_, current_, "alice", &handle_));
  EXPECT_EQ(handle_.session.lock(), session_);
  EXPECT_EQ(handle_.loop_index, 3u);
  EXPECT_EQ(handle_.connection_id, 44u);
}

TEST_F(PreviousSessionTest, LeavesAnotherUsersSessionAlone) {
  table_.Publish(Info(previous_, "alice"), session_);
  EXPECT_FALSE(table_.FindPrevious(previous_, current_, "mallory", &handle_));
}

TEST_F(PreviousSessionTest, LeavesGuestsAndAnonymousAlone) {
  SessionInfo info = Info(previous_, "Guest");
  info.guest = true;
  table_.Publish(info, session_);
  EXPECT_FALSE(table_.FindPrevious(previous_, current_, "Guest", &handle_));
  info = Info(previous_, "");
  info.anonymous = true;
  table_.Publish(info, session_);
  EXPECT_FALSE(table_.FindPrevious(previous_, current_, "", &handle_));
}

TEST_F(PreviousSessionTest, IgnoresZeroUnknownUnfinishedAndItself) {
  EXPECT_FALSE(table_.FindPrevious(0, current_, "alice", &handle_));
  EXPECT_FALSE(table_.FindPrevious(previous_ ^ 1, current_, "alice", &handle_));
  EXPECT_FALSE(table_.FindPrevious(previous_, current_, "alice", &handle_));
  table_.Publish(Info(current_, "alice"), session_);
  EXPECT_FALSE(table_.FindPrevious(current_, current_, "alice", &handle_));
}

TEST(SessionTableTest, ThreadsMayComeAndGo) {
  testing::SeededRandom random;
  SessionTable table(random);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&table, t] {
      for (int i = 0; i < 500; ++i) {
        const uint64_t id = table.Reserve();
        auto session = std::make_shared<Session>(id, 1, 0);
        table.Publish(Info(id, std::to_string(t)), session);
        SessionHandle handle;
        EXPECT_TRUE(table.Find(id, &handle));
        if (i % 50 == 0) table.List();
        table.Remove(id);
        EXPECT_FALSE(table.Find(id, &handle));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace sluice::session
