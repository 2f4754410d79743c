// Whose rights operations run with when the one who opened the file is gone or somebody else: the
// class of CVE-2025-37778 and CVE-2025-37899 (ksmbd: a session's user freed under its other users).
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "proto/smb2/close.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/write.h"
#include "proto/wire/utf16.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr uint32_t kReading = 0x00120089;

class HostileIdentity : public HostileTest {
 protected:
  static NtStatus StatusOf(const std::optional<Reply>& reply) {
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  static NtStatus Close(TestClient* client, const proto::FileId& id) {
    proto::CloseRequest request;
    request.file_id = id;
    return StatusOf(client->Call(Command::kClose, request));
  }
  static NtStatus SetDeletePending(TestClient* client, const proto::FileId& id) {
    proto::SetInfoRequest request;
    request.info_type = 1;
    request.file_info_class = 13;  // FileDispositionInformation
    request.file_id = id;
    const Bytes yes = {1};
    request.buffer = yes;
    return StatusOf(client->Call(Command::kSetInfo, request));
  }
  static Bytes ListRequest(TestClient* client, const proto::FileId& id) {
    Bytes pattern;
    EXPECT_TRUE(proto::Utf8ToUtf16("*", &pattern));
    proto::QueryDirectoryRequest request;
    request.file_information_class = 1;  // FileDirectoryInformation
    request.flags = proto::kQueryDirectoryReopen;
    request.file_id = id;
    request.output_buffer_length = 4096;
    request.file_name = pattern;
    return client->Request(Command::kQueryDirectory, request);
  }
  bool There(const std::string& name) const { return std::filesystem::exists(disk() + "/" + name); }
};

// Listings are under way, and others begin, while the session becomes somebody else's, and back.
TEST_F(HostileIdentity, ReauthenticateThenUseOldHandles) {
  for (int i = 0; i < 50; ++i) std::ofstream(disk() + "/entry" + std::to_string(i)) << "x";
  const std::unique_ptr<TestClient> client = Alice("disk");
  ASSERT_NE(client, nullptr);
  proto::FileId directory;
  proto::FileId file;
  ASSERT_EQ(client->Create("", &directory, proto::kDispositionOpen, proto::kOptionDirectoryFile,
                           kReading),
            NtStatus::kOk);
  ASSERT_EQ(client->Create("file", &file), NtStatus::kOk);
  const char* const users[][2] = {{"bob", "hidden"}, {"alice", "secret"}};
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 4; ++i) client->SendChain({ListRequest(client.get(), directory)});
    const auto& user = users[round % 2];
    if (client->LogOnAgain(user[0], user[1]) != NtStatus::kOk) break;
    client->SendChain({ListRequest(client.get(), directory)});
    const Bytes data(4096, 'x');
    proto::WriteRequest write;
    write.file_id = file;
    write.data = data;
    const std::optional<Reply> reply = client->Call(Command::kWrite, write, 1, data.size());
    ASSERT_TRUE(reply.has_value());
  }
}

TEST_F(HostileIdentity, TheLastCloseComesOnAnotherLoop) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  const std::unique_ptr<TestClient> bob = Client("disk", ClientOptions(), "bob", "hidden");
  ASSERT_TRUE(alice != nullptr && bob != nullptr);
  for (const bool on_close : {false, true}) {
    proto::FileId mine;
    proto::FileId his;
    ASSERT_EQ(alice->Create("file", &mine, proto::kDispositionOpenIf,
                            on_close ? proto::kOptionDeleteOnClose : 0),
              NtStatus::kOk);
    ASSERT_EQ(bob->Create("file", &his, proto::kDispositionOpen, 0, kReading), NtStatus::kOk);
    if (!on_close) {
      EXPECT_EQ(SetDeletePending(alice.get(), mine), NtStatus::kOk);
    }
    EXPECT_EQ(Close(alice.get(), mine), NtStatus::kOk);
    EXPECT_TRUE(There("file"));
    EXPECT_EQ(Close(bob.get(), his), NtStatus::kOk);
    EXPECT_FALSE(There("file"));
  }
  EXPECT_EQ(gateway_->Counter("failed_removals"), 0u);
}

TEST_F(HostileIdentity, AShareIsRemovedWhileARemovalIsPending) {
  ASSERT_EQ(gateway_->Ctl({"share", "add", "passing", disk()}).code, 0);
  const std::unique_ptr<TestClient> alice = Alice("passing");
  const std::unique_ptr<TestClient> bob = Client("disk", ClientOptions(), "bob", "hidden");
  ASSERT_TRUE(alice != nullptr && bob != nullptr);
  proto::FileId mine;
  proto::FileId his;
  ASSERT_EQ(alice->Create("file", &mine), NtStatus::kOk);
  ASSERT_EQ(bob->Create("file", &his, proto::kDispositionOpen, 0, kReading), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(alice.get(), mine), NtStatus::kOk);
  EXPECT_EQ(Close(alice.get(), mine), NtStatus::kOk);
  ASSERT_EQ(gateway_->Ctl({"share", "remove", "passing", "--close"}).code, 0);
  alice->Disconnect();
  ASSERT_TRUE(Eventually(
      [this] { return gateway_->CtlJson({"status"})["connections"].get<uint64_t>() == 1; }));
  EXPECT_EQ(Close(bob.get(), his), NtStatus::kOk);
  EXPECT_FALSE(There("file"));
  EXPECT_EQ(gateway_->Counter("failed_removals"), 0u);
}

TEST_F(HostileIdentity, AUsersWriteKeepsNoSetuidBit) {
  if (!as_root()) GTEST_SKIP() << "needs root";
  const std::string path = disk() + "/program";
  std::ofstream(path) << "x";
  ASSERT_EQ(::chmod(path.c_str(), 06777), 0);
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  ASSERT_EQ(alice->Create("program", &id, proto::kDispositionOpen, 0, 0x0012019F), NtStatus::kOk);
  const Bytes data = {1, 2, 3};
  proto::WriteRequest write;
  write.file_id = id;
  write.data = data;
  EXPECT_EQ(StatusOf(alice->Call(Command::kWrite, write)), NtStatus::kOk);
  struct stat now;
  ASSERT_EQ(::stat(path.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 06000, 0u);
}

}  // namespace
}  // namespace sluice::hostile
