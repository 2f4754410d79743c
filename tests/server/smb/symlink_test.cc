// Symlinks on the wire.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "proto/fscc/attributes.h"
#include "proto/fscc/directory_info.h"
#include "proto/fscc/info_class.h"
#include "proto/fscc/reparse.h"
#include "proto/smb2/close.h"
#include "proto/smb2/compound.h"
#include "proto/smb2/error.h"
#include "proto/smb2/fsctl.h"
#include "proto/smb2/ioctl.h"
#include "proto/smb2/output_buffer.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"
#include "proto/wire/utf16.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class SymlinkOnTheWireTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    namespace files = std::filesystem;
    files::create_directory(disk_ + "/dir");
    std::ofstream(disk_ + "/dir/file") << "content";
    files::create_symlink("dir", disk_ + "/to-dir");
    files::create_symlink("dir/file", disk_ + "/to-file");
    files::create_symlink("dir/a:b", disk_ + "/to-mangled");
    files::create_symlink("/etc/passwd", disk_ + "/absolute");
    std::string deep = "x";
    while (deep.size() < 3000) deep += "/x";
    files::create_symlink(deep, disk_ + "/long");
    client_ = Connect(proto::Dialect::kSmb311);
  }
  void TearDown() override {
    client_.reset();
    GatewayTest::TearDown();
  }
  std::unique_ptr<TestClient> Connect(proto::Dialect dialect) {
    ClientOptions options;
    options.dialects = {dialect};
    auto client = std::make_unique<TestClient>(address(), options);
    EXPECT_TRUE(client->Start("disk"));
    return client;
  }
  static Bytes Utf16(absl::string_view text) {
    Bytes utf16;
    EXPECT_TRUE(proto::Utf8ToUtf16(text, &utf16));
    return utf16;
  }
  static std::string Utf8(absl::Span<const uint8_t> utf16) {
    std::string text;
    EXPECT_TRUE(proto::Utf16ToUtf8(utf16, &text));
    return text;
  }
  static std::optional<Reply> TryOpen(TestClient& client, absl::string_view name) {
    const Bytes utf16 = Utf16(name);
    proto::CreateRequest request;
    request.desired_access = 0x80;  // FILE_READ_ATTRIBUTES
    request.share_access = 7;
    request.create_disposition = proto::kDispositionOpen;
    request.name = utf16;
    return client.Call(Command::kCreate, request);
  }
  static Bytes ErrorDataOf(const Reply& reply, proto::Dialect dialect) {
    proto::ErrorResponse error;
    EXPECT_TRUE(proto::ErrorResponse::Decode(reply.message, &error));
    absl::Span<const uint8_t> data = error.error_data;
    if (dialect == proto::Dialect::kSmb311) {
      if (error.contexts.size() != 1) return {};
      data = error.contexts[0].error_data;
    }
    return Bytes(data.begin(), data.end());
  }

  std::unique_ptr<TestClient> client_;
};

TEST_F(SymlinkOnTheWireTest, TheErrorSaysWhereTheLinkLeads) {
  const struct {
    const char* name;
    const char* target;
    uint32_t flags;
    size_t unparsed;  // characters
  } rows[] = {
      {"to-dir", "dir", 1, 0},
      {"to-file", "dir\\file", 1, 0},
      {"absolute", "\\etc\\passwd", 0, 0},
      {"absolute\\some\\file", "\\etc\\passwd", 0, 10},
      {"absolute\\file:stream", "\\etc\\passwd", 0, 12},
      // Under which name the client finds it.
      {"to-mangled", "dir\\A4WTMA~A", 1, 0},
  };
  for (const proto::Dialect dialect : {proto::Dialect::kSmb210, proto::Dialect::kSmb311}) {
    const auto client = Connect(dialect);
    for (const auto& row : rows) {
      const std::optional<Reply> reply = TryOpen(*client, row.name);
      ASSERT_TRUE(reply.has_value()) << row.name;
      ASSERT_EQ(reply->status(), NtStatus::kStoppedOnSymlink) << row.name;
      const Bytes data = ErrorDataOf(*reply, dialect);
      proto::SymlinkError error;
      ASSERT_TRUE(proto::SymlinkError::Decode(data, &error)) << row.name;
      EXPECT_EQ(Utf8(error.substitute_name), row.target);
      EXPECT_EQ(Utf8(error.print_name), row.target);
      EXPECT_EQ(error.flags, row.flags) << row.name;
      EXPECT_EQ(error.unparsed_path_length, 2 * row.unparsed) << row.name;
    }
  }
}

// The answer would not hold it, and half of it would lead elsewhere.
TEST_F(SymlinkOnTheWireTest, ATargetTooLongForTheErrorIsNotCut) {
  EXPECT_EQ(TryOpen(*client_, "long")->status(), NtStatus::kObjectNameNotFound);
  EXPECT_EQ(TryOpen(*client_, "long\\x")->status(), NtStatus::kObjectPathNotFound);
}

TEST_F(SymlinkOnTheWireTest, RelatedCommandsFailToo) {
  const Bytes name = Utf16("to-dir");
  proto::CreateRequest create;
  create.desired_access = 0x80;
  create.share_access = 7;
  create.create_disposition = proto::kDispositionOpen;
  create.name = name;
  proto::CloseRequest close;
  close.file_id = proto::kAnyFileId;
  const uint64_t id = client_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(client_->Request(Command::kCreate, create));
  chain.push_back(client_->Request(Command::kClose, close, proto::kFlagRelated));
  client_->SendChain(std::move(chain));
  EXPECT_EQ(client_->WaitFor(id)->status(), NtStatus::kStoppedOnSymlink);
  EXPECT_EQ(client_->WaitFor(id + 1)->status(), NtStatus::kStoppedOnSymlink);
}

TEST_F(SymlinkOnTheWireTest, AnOpenReparsePointGivesTheTargetAndNoData) {
  proto::FileId id;
  ASSERT_EQ(client_->Create("to-file", &id, proto::kDispositionOpen, proto::kOptionOpenReparsePoint,
                            0x0012019F),
            NtStatus::kOk);
  proto::IoctlRequest get;
  get.ctl_code = proto::kFsctlGetReparsePoint;
  get.file_id = id;
  get.max_output_response = 4096;
  const auto got = client_->Call(Command::kIoctl, get);
  ASSERT_EQ(got->status(), NtStatus::kOk);
  proto::IoctlResponse response;
  proto::ReparseBuffer buffer;
  proto::SymlinkReparse link;
  ASSERT_TRUE(proto::IoctlResponse::Decode(got->message, &response));
  ASSERT_TRUE(proto::ReparseBuffer::Decode(response.output, &buffer));
  EXPECT_EQ(buffer.tag, proto::reparse_tag::kSymlink);
  ASSERT_TRUE(proto::SymlinkReparse::DecodeData(buffer.data, &link));
  EXPECT_EQ(link.substitute_name, "dir\\file");
  EXPECT_EQ(link.flags, proto::SymlinkReparse::kRelative);

  proto::ReadRequest read;
  read.file_id = id;
  read.length = 100;
  EXPECT_EQ(client_->Call(Command::kRead, read)->status(), NtStatus::kInvalidDeviceRequest);
  proto::WriteRequest write;
  const Bytes data(3, 'x');
  write.file_id = id;
  write.data = data;
  EXPECT_EQ(client_->Call(Command::kWrite, write)->status(), NtStatus::kInvalidDeviceRequest);
  std::string content;
  std::ifstream(disk_ + "/dir/file") >> content;
  EXPECT_EQ(content, "content");
}

TEST_F(SymlinkOnTheWireTest, ListingsCarryTheTag) {
  proto::FileId id;
  ASSERT_EQ(client_->Create("", &id, proto::kDispositionOpen, proto::kOptionDirectoryFile, 0x81),
            NtStatus::kOk);
  const Bytes pattern = Utf16("to-dir");
  proto::QueryDirectoryRequest query;
  query.file_information_class = static_cast<uint8_t>(proto::FileInfoClass::kIdFullDirectory);
  query.file_id = id;
  query.file_name = pattern;
  query.output_buffer_length = 4096;
  const auto reply = client_->Call(Command::kQueryDirectory, query);
  ASSERT_EQ(reply->status(), NtStatus::kOk);
  proto::OutputBufferResponse response;
  ASSERT_TRUE(proto::OutputBufferResponse::Decode(reply->message, &response));
  proto::DirectoryListReader list(proto::FileInfoClass::kIdFullDirectory, response.output);
  proto::DirectoryEntryInfo entry;
  ASSERT_TRUE(list.Next(&entry));
  EXPECT_EQ(entry.attributes, 0x410u);
  EXPECT_EQ(entry.reparse_tag, proto::reparse_tag::kSymlink);
  EXPECT_FALSE(list.Next(&entry));
}

}  // namespace
}  // namespace sluice::smb
