// Related commands use opens of their own session and tree only, and none that is closed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "proto/fscc/file_name_info.h"
#include "proto/smb2/close.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/ioctl.h"
#include "proto/smb2/lock.h"
#include "proto/smb2/oplock_break.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/read.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/tree_connect.h"
#include "proto/smb2/write.h"
#include "proto/wire/utf16.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr uint32_t kAllAccess = 0x001F01FF;
constexpr uint32_t kReadAttributes = 0x80;

class RelatedTest : public GatewayTest {
 protected:
  void Adjust(GatewayOptions* options) override {
    archive_ = directory_ + "/archive";
    std::filesystem::create_directory(archive_);
    std::ofstream(archive_ + "/there") << "data";
    ShareOptions archive;
    archive.name = "archive";
    archive.path = archive_;
    archive.preferences.read_only = true;
    options->shares.push_back(archive);
  }
  void SetUp() override {
    GatewayTest::SetUp();
    ClientOptions options;
    options.dialects = {proto::Dialect::kSmb210};
    client_ = std::make_unique<TestClient>(address(), options);
    ASSERT_TRUE(client_->Start("disk"));
  }
  void TearDown() override {
    EXPECT_EQ(client_->Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
    client_.reset();
    GatewayTest::TearDown();
  }

  static Bytes Utf16(absl::string_view text) {
    Bytes utf16;
    EXPECT_TRUE(proto::Utf8ToUtf16(text, &utf16));
    return utf16;
  }
  Bytes Create(absl::string_view name, uint32_t access = kAllAccess) {
    const Bytes utf16 = Utf16(name);
    proto::CreateRequest request;
    request.desired_access = access;
    request.share_access = 7;
    request.create_disposition = proto::kDispositionOpenIf;
    request.name = utf16;
    return client_->Request(Command::kCreate, request);
  }
  Bytes Connect(absl::string_view share) {
    const Bytes path = Utf16("\\\\server\\" + std::string(share));
    proto::TreeConnectRequest request;
    request.path = path;
    return client_->Request(Command::kTreeConnect, request, proto::kFlagRelated);
  }
  template <typename Body>
  Bytes Related(Command command, Body body) {
    return client_->Request(command, body, proto::kFlagRelated);
  }
  Bytes Write() {
    const Bytes data(16, 'x');
    proto::WriteRequest request;
    request.file_id = proto::kAnyFileId;
    request.data = data;
    return Related(Command::kWrite, request);
  }
  Bytes Read() {
    proto::ReadRequest request;
    request.file_id = proto::kAnyFileId;
    request.length = 16;
    return Related(Command::kRead, request);
  }
  Bytes Link(absl::string_view name) {
    proto::FileLinkInfo info;
    info.name = std::string(name);
    Bytes buffer(256);
    proto::Writer writer(absl::MakeSpan(buffer));
    info.Encode(writer, false);
    buffer.resize(writer.size());
    proto::SetInfoRequest request;
    request.info_type = proto::kInfoFile;
    request.file_info_class = 11;  // FileLinkInformation
    request.file_id = proto::kAnyFileId;
    request.buffer = buffer;
    return Related(Command::kSetInfo, request);
  }
  // Sends the commands as one compound and gives their statuses.
  std::vector<NtStatus> Send(std::vector<Bytes> chain) {
    const uint64_t first = client_->next_message_id - chain.size();
    const size_t count = chain.size();
    client_->SendChain(std::move(chain));
    std::vector<NtStatus> statuses;
    for (size_t i = 0; i < count; ++i) {
      const std::optional<Reply> reply = client_->WaitFor(first + i);
      statuses.push_back(reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected);
    }
    return statuses;
  }

  std::string archive_;
  std::unique_ptr<TestClient> client_;
};

using Statuses = std::vector<NtStatus>;

TEST_F(RelatedTest, NoCommandOnAPipesTreeGetsAFile) {
  proto::QueryInfoRequest query;
  query.info_type = proto::kInfoFile;
  query.file_info_class = 5;
  query.file_id = proto::kAnyFileId;
  query.output_buffer_length = 1000;
  proto::IoctlRequest peek;
  peek.ctl_code = 0x0011400C;  // FSCTL_PIPE_PEEK
  peek.file_id = proto::kAnyFileId;
  peek.max_output_response = 100;
  proto::FlushRequest flush;
  flush.file_id = proto::kAnyFileId;
  proto::CloseRequest close;
  close.file_id = proto::kAnyFileId;
  for (int i = 0; i < 6; ++i) {
    std::vector<Bytes> chain;
    chain.push_back(Create("file"));
    chain.push_back(Connect("IPC$"));
    if (i == 0) chain.push_back(Write());
    if (i == 1) chain.push_back(Read());
    if (i == 2) chain.push_back(Related(Command::kQueryInfo, query));
    if (i == 3) chain.push_back(Related(Command::kIoctl, peek));
    if (i == 4) chain.push_back(Related(Command::kFlush, flush));
    if (i == 5) chain.push_back(Related(Command::kClose, close));
    EXPECT_EQ(Send(std::move(chain)),
              (Statuses{NtStatus::kOk, NtStatus::kOk, NtStatus::kFileClosed}))
        << i;
  }
}

TEST_F(RelatedTest, NoCommandOnADisksTreeGetsAPipe) {
  ASSERT_EQ(client_->ConnectTree("IPC$"), NtStatus::kOk);
  proto::LockRequest lock;
  lock.file_id = proto::kAnyFileId;
  lock.locks.push_back({0, 10, proto::kLockFlagExclusive | proto::kLockFlagFailImmediately});
  proto::OplockBreak oplock;
  oplock.file_id = proto::kAnyFileId;
  proto::CloseRequest close;
  close.file_id = proto::kAnyFileId;
  for (int i = 0; i < 6; ++i) {
    std::vector<Bytes> chain;
    chain.push_back(Create("srvsvc", 0x0012019F));
    chain.push_back(Connect("disk"));
    if (i == 0) chain.push_back(Write());
    if (i == 1) chain.push_back(Read());
    if (i == 2) chain.push_back(Link("new"));
    if (i == 3) chain.push_back(Related(Command::kLock, lock));
    if (i == 4) chain.push_back(Related(Command::kOplockBreak, oplock));
    if (i == 5) chain.push_back(Related(Command::kClose, close));
    EXPECT_EQ(Send(std::move(chain)),
              (Statuses{NtStatus::kOk, NtStatus::kOk, NtStatus::kFileClosed}))
        << i;
  }
}

TEST_F(RelatedTest, AReadOnlySharesOpenStaysOutOfAWritableTree) {
  ASSERT_EQ(client_->ConnectTree("archive"), NtStatus::kOk);
  std::vector<Bytes> chain;
  chain.push_back(Create("there", kReadAttributes));
  chain.push_back(Connect("disk"));
  chain.push_back(Link("planted"));
  EXPECT_EQ(Send(std::move(chain)),
            (Statuses{NtStatus::kOk, NtStatus::kOk, NtStatus::kFileClosed}));
  EXPECT_FALSE(std::filesystem::exists(archive_ + "/planted"));
  EXPECT_FALSE(std::filesystem::exists(disk_ + "/planted"));
}

// What comes back to the tree of the open may use it again.
TEST_F(RelatedTest, AnOpenIsUsedInItsTree) {
  std::vector<Bytes> chain;
  chain.push_back(Create("file"));
  chain.push_back(Write());
  chain.push_back(Read());
  EXPECT_EQ(Send(std::move(chain)), (Statuses{NtStatus::kOk, NtStatus::kOk, NtStatus::kOk}));
}

TEST_F(RelatedTest, ACommandBehindACloseFindsItClosed) {
  proto::CloseRequest close;
  close.file_id = proto::kAnyFileId;
  std::vector<Bytes> chain;
  chain.push_back(Create("file"));
  chain.push_back(Related(Command::kClose, close));
  chain.push_back(Write());
  EXPECT_EQ(Send(std::move(chain)),
            (Statuses{NtStatus::kOk, NtStatus::kOk, NtStatus::kFileClosed}));
}

// A LOCK waits in the middle of a compound, and the open is closed by another frame meanwhile: what
// comes behind it in the compound may leave no lock that nobody owns.
TEST_F(RelatedTest, ACompoundThatWaitedFindsClosedWhatWasClosedMeanwhile) {
  TestClient holder(address());
  ASSERT_TRUE(holder.Start("disk"));
  proto::LockRequest held;
  ASSERT_EQ(holder.Create("file", &held.file_id), NtStatus::kOk);
  held.locks.push_back({0, 10, proto::kLockFlagExclusive});
  ASSERT_EQ(holder.Call(Command::kLock, held)->status(), NtStatus::kOk);

  proto::FileId id;
  ASSERT_EQ(client_->Create("file", &id), NtStatus::kOk);
  proto::LockRequest first;
  first.file_id = id;
  first.locks.push_back({0, 10, proto::kLockFlagExclusive});
  proto::LockRequest second;
  second.file_id = proto::kAnyFileId;
  second.locks.push_back({100, 10, proto::kLockFlagExclusive | proto::kLockFlagFailImmediately});
  const uint64_t waiting = client_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(client_->Request(Command::kLock, first));
  chain.push_back(Related(Command::kLock, second));
  client_->SendChain(std::move(chain));
  EXPECT_TRUE(client_->Silent());
  proto::CloseRequest close;
  close.file_id = id;
  EXPECT_EQ(client_->Call(Command::kClose, close)->status(), NtStatus::kOk);
  EXPECT_TRUE(proto::IsError(client_->WaitFor(waiting)->status()));
  EXPECT_EQ(client_->WaitFor(waiting + 1)->status(), NtStatus::kFileClosed);
  held.locks = second.locks;
  EXPECT_EQ(holder.Call(Command::kLock, held)->status(), NtStatus::kOk);
}

}  // namespace
}  // namespace sluice::smb
