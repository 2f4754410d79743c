// Whose rights file operations run with, after the one who opened the file has gone.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "proto/smb2/close.h"
#include "proto/smb2/create.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/write.h"
#include "proto/wire/utf16.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

// Shares "one" and "other" over the same directory, which everybody may write to. Users "carol" and
// "dave" are not root, where the gateway is.
class IdentityTest : public GatewayTest {
 protected:
  void Adjust(GatewayOptions* options) override {
    std::string name = "/tmp/sluice_identityXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    shared_ = name;
    ASSERT_EQ(::chmod(shared_.c_str(), 0777), 0);
    for (const char* share : {"one", "other"}) {
      ShareOptions added;
      added.name = share;
      added.path = shared_;
      options->shares.push_back(added);
    }
  }
  void SetUp() override {
    GatewayTest::SetUp();
    ASSERT_TRUE(gateway_->users().Add("carol", "secret", "65534").ok());
    ASSERT_TRUE(gateway_->users().Add("dave", "secret", "65533").ok());
  }
  void TearDown() override {
    GatewayTest::TearDown();
    std::filesystem::remove_all(shared_);
  }

  static bool Start(TestClient* client, absl::string_view user, absl::string_view share) {
    return client->Negotiate() && client->LogOn(user, "secret") == NtStatus::kOk &&
           client->ConnectTree(share) == NtStatus::kOk;
  }
  static NtStatus Close(TestClient* client, const proto::FileId& id) {
    proto::CloseRequest request;
    request.file_id = id;
    const std::optional<Reply> reply = client->Call(Command::kClose, request);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  static NtStatus SetDeletePending(TestClient* client, const proto::FileId& id) {
    proto::SetInfoRequest request;
    request.info_type = 1;
    request.file_info_class = 13;  // FileDispositionInformation
    request.file_id = id;
    const Bytes yes = {1};
    request.buffer = yes;
    const std::optional<Reply> reply = client->Call(Command::kSetInfo, request);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  static NtStatus List(TestClient* client, const proto::FileId& id) {
    std::vector<uint8_t> pattern;
    EXPECT_TRUE(proto::Utf8ToUtf16("*", &pattern));
    proto::QueryDirectoryRequest request;
    request.file_information_class = 1;  // FileDirectoryInformation
    request.flags = proto::kQueryDirectoryReopen;
    request.file_id = id;
    request.output_buffer_length = 4096;
    request.file_name = pattern;
    const std::optional<Reply> reply = client->Call(Command::kQueryDirectory, request);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  static NtStatus Write(TestClient* client, const proto::FileId& id) {
    const Bytes data(100, 'x');
    proto::WriteRequest request;
    request.file_id = id;
    request.data = data;
    const std::optional<Reply> reply = client->Call(Command::kWrite, request, 1, data.size());
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  size_t LoopOf(const std::string& user) const {
    for (const session::SessionInfo& info : gateway_->sessions().List()) {
      if (info.user == user) return info.loop_index;
    }
    ADD_FAILURE() << "no session of " << user;
    return 0;
  }
  bool There(const std::string& name) const {
    return std::filesystem::exists(shared_ + "/" + name);
  }

  std::string shared_;
};

TEST_F(IdentityTest, AReauthenticationLeavesOpenFilesUsable) {
  TestClient client(address());
  ASSERT_TRUE(Start(&client, "carol", "one"));
  proto::FileId directory;
  proto::FileId file;
  ASSERT_EQ(client.Create("", &directory, proto::kDispositionOpen, proto::kOptionDirectoryFile,
                          0x00120089),
            NtStatus::kOk);
  ASSERT_EQ(client.Create("file", &file), NtStatus::kOk);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(client.LogOnAgain("carol", "secret"), NtStatus::kOk);
    EXPECT_EQ(List(&client, directory), NtStatus::kOk);
    EXPECT_EQ(Write(&client, file), NtStatus::kOk);
  }
  EXPECT_EQ(SetDeletePending(&client, file), NtStatus::kOk);
  ASSERT_EQ(client.LogOnAgain("carol", "secret"), NtStatus::kOk);
  EXPECT_EQ(Close(&client, file), NtStatus::kOk);
  EXPECT_FALSE(There("file"));
}

TEST_F(IdentityTest, AFileGoesWhenItsLastCloseComesOnAnotherLoop) {
  TestClient carol(address());
  TestClient dave(address());
  ASSERT_TRUE(Start(&carol, "carol", "one"));
  ASSERT_TRUE(Start(&dave, "dave", "one"));
  ASSERT_NE(LoopOf("carol"), LoopOf("dave"));
  for (const uint32_t options : {0u, proto::kOptionDeleteOnClose}) {
    proto::FileId mine;
    proto::FileId his;
    ASSERT_EQ(carol.Create("file", &mine), NtStatus::kOk);
    ASSERT_EQ(dave.Create("file", &his, proto::kDispositionOpen, 0, 0x00120089), NtStatus::kOk);
    if (options != 0) {
      proto::FileId again;
      ASSERT_EQ(carol.Create("file", &again, proto::kDispositionOpen, options), NtStatus::kOk);
      EXPECT_EQ(Close(&carol, again), NtStatus::kOk);
    } else {
      EXPECT_EQ(SetDeletePending(&carol, mine), NtStatus::kOk);
    }
    EXPECT_EQ(Close(&carol, mine), NtStatus::kOk);
    EXPECT_TRUE(There("file"));
    EXPECT_EQ(Close(&dave, his), NtStatus::kOk);
    EXPECT_FALSE(There("file")) << options;
  }
  EXPECT_EQ(Counter("failed_removals"), 0u);
}

TEST_F(IdentityTest, ARemovalOutlivesItsShareAndItsSession) {
  TestClient carol(address());
  TestClient dave(address());
  ASSERT_TRUE(Start(&carol, "carol", "one"));
  ASSERT_TRUE(Start(&dave, "dave", "other"));
  proto::FileId mine;
  proto::FileId his;
  ASSERT_EQ(carol.Create("file", &mine), NtStatus::kOk);
  ASSERT_EQ(dave.Create("file", &his, proto::kDispositionOpen, 0, 0x00120089), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(&carol, mine), NtStatus::kOk);
  EXPECT_EQ(Close(&carol, mine), NtStatus::kOk);
  gateway_->RemoveShare("one", /*close=*/true);
  carol.Disconnect();
  ASSERT_TRUE(Eventually([this] { return gateway_->sessions().List().size() == 1; }));
  EXPECT_TRUE(There("file"));
  EXPECT_EQ(Close(&dave, his), NtStatus::kOk);
  EXPECT_FALSE(There("file"));
  EXPECT_EQ(Counter("failed_removals"), 0u);
}

TEST_F(IdentityTest, ARemovalThatFailsIsCounted) {
  TestClient carol(address());
  ASSERT_TRUE(Start(&carol, "carol", "one"));
  proto::FileId id;
  ASSERT_EQ(carol.Create("file", &id), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(&carol, id), NtStatus::kOk);
  // Some other program puts another file in its place, which nobody asked to delete.
  std::ofstream(shared_ + "/new") << "x";
  std::filesystem::rename(shared_ + "/new", shared_ + "/file");
  EXPECT_EQ(Close(&carol, id), NtStatus::kOk);
  EXPECT_TRUE(There("file"));
  EXPECT_EQ(Counter("failed_removals"), 1u);
}

TEST_F(IdentityTest, AUsersWriteTakesSetuidAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string path = shared_ + "/program";
  std::ofstream(path) << "x";
  ASSERT_EQ(::chmod(path.c_str(), 06777), 0);
  TestClient carol(address());
  ASSERT_TRUE(Start(&carol, "carol", "one"));
  proto::FileId id;
  ASSERT_EQ(carol.Create("program", &id, proto::kDispositionOpen, 0, 0x0012019F), NtStatus::kOk);
  EXPECT_EQ(Write(&carol, id), NtStatus::kOk);
  EXPECT_EQ(Close(&carol, id), NtStatus::kOk);
  struct stat now;
  ASSERT_EQ(::stat(path.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 07777, 00777u);
}

}  // namespace
}  // namespace sluice::smb
