// Named streams, EAs and deletions that reach past the rights of a file or of a share.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "proto/smb2/create.h"
#include "proto/smb2/set_info.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr uint32_t kEaAccess = 0x18;
constexpr uint32_t kReadAttributes = 0x80;
constexpr uint32_t kDelete = 0x10000;
constexpr uint32_t kMaximumAllowed = 0x2000000;
constexpr uint8_t kInfoFile = 1;
constexpr uint8_t kFullEaInformation = 15;
constexpr uint8_t kDispositionInformation = 13;
constexpr char kStream[] = "user.DosStream.x:$DATA";

class HostileStreams : public HostileTest {
 protected:
  // A file and a directory with a stream "x" each, which alice may only read.
  void SetUp() override {
    HostileTest::SetUp();
    std::ofstream(disk() + "/file") << "data";
    std::filesystem::create_directory(disk() + "/dir");
    for (const char* name : {"/file", "/dir"}) {
      const std::string path = disk() + name;
      if (setxattr(path.c_str(), kStream, "stream", 7, 0) != 0) GTEST_SKIP() << "no xattrs here";
      ASSERT_EQ(chmod(path.c_str(), 0555), 0);
    }
  }
  std::string Xattr(absl::string_view name, const char* xattr) {
    char value[64];
    const std::string path = disk() + std::string(name);
    const ssize_t bytes = getxattr(path.c_str(), xattr, value, sizeof value);
    return bytes < 0 ? "none" : std::string(value, static_cast<size_t>(bytes));
  }
  void ExpectUntouched() {
    for (const char* name : {"/file", "/dir"}) {
      EXPECT_EQ(Xattr(name, kStream), std::string("stream\0", 7)) << name;
      EXPECT_EQ(Xattr(name, "user.DosStream.new:$DATA"), "none") << name;
    }
  }
  NtStatus Set(TestClient& client, proto::FileId id, uint8_t file_class, const Bytes& buffer) {
    proto::SetInfoRequest request;
    request.info_type = kInfoFile;
    request.file_info_class = file_class;
    request.file_id = id;
    request.buffer = buffer;
    const std::optional<Reply> reply = client.Call(Command::kSetInfo, request);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
};

TEST_F(HostileStreams, NobodyChangesTheStreamsOfAFileThatHeMayOnlyRead) {
  const auto alice = Client("disk");
  for (const char* name : {"file", "dir"}) {
    const std::string base(name);
    for (const uint32_t disposition : {proto::kDispositionSupersede, proto::kDispositionCreate,
                                       proto::kDispositionOpenIf, proto::kDispositionOverwriteIf}) {
      proto::FileId id;
      EXPECT_EQ(alice->Create(base + ":new", &id, disposition, 0, kReadAttributes),
                NtStatus::kAccessDenied)
          << base << " " << disposition;
    }
    for (const uint32_t disposition : {proto::kDispositionSupersede, proto::kDispositionOverwrite,
                                       proto::kDispositionOverwriteIf}) {
      proto::FileId id;
      EXPECT_EQ(alice->Create(base + ":x", &id, disposition, 0, kReadAttributes),
                NtStatus::kAccessDenied)
          << base << " " << disposition;
    }
    proto::FileId id;
    EXPECT_EQ(alice->Create(base + ":x", &id, proto::kDispositionOpen, proto::kOptionDeleteOnClose,
                            kDelete),
              NtStatus::kAccessDenied);
    ASSERT_EQ(alice->Create(base + ":x", &id, proto::kDispositionOpen, 0, kMaximumAllowed),
              NtStatus::kOk);
    EXPECT_EQ(Set(*alice, id, kDispositionInformation, {1}), NtStatus::kAccessDenied);
  }
  ExpectUntouched();
}

TEST_F(HostileStreams, AReadOnlyShareMakesNoStream) {
  chmod((disk() + "/file").c_str(), 0777);
  chmod((disk() + "/dir").c_str(), 0777);
  const auto alice = Client("locked");
  for (const char* name : {"file:new", "dir:new", "file:x", "dir:x", "none:new"}) {
    for (const uint32_t disposition : {proto::kDispositionSupersede, proto::kDispositionCreate,
                                       proto::kDispositionOverwriteIf}) {
      proto::FileId id;
      EXPECT_EQ(alice->Create(name, &id, disposition, 0, kReadAttributes), NtStatus::kAccessDenied)
          << name << " " << disposition;
    }
  }
  proto::FileId id;
  EXPECT_EQ(alice->Create("file:new", &id, proto::kDispositionOpenIf, 0, kReadAttributes),
            NtStatus::kAccessDenied);
  EXPECT_EQ(alice->Create("dir:new", &id, proto::kDispositionOpenIf, 0, kReadAttributes),
            NtStatus::kAccessDenied);
  ExpectUntouched();
  EXPECT_FALSE(std::filesystem::exists(disk() + "/none"));
}

TEST_F(HostileStreams, EasInAnotherCaseReachNothingOfTheGateways) {
  chmod((disk() + "/file").c_str(), 0777);
  const auto alice = Client("disk");
  proto::FileId id;
  ASSERT_EQ(alice->Create("file", &id, proto::kDispositionOpen, 0, kEaAccess), NtStatus::kOk);
  for (const std::string name : {"dosattrib", "DosAttrib", "dosstream.X:$data", "samba_pai"}) {
    Bytes ea = {0, 0, 0, 0, 0, static_cast<uint8_t>(name.size()), 1, 0};
    ea.insert(ea.end(), name.begin(), name.end());
    ea.insert(ea.end(), {0, 'v'});
    EXPECT_EQ(Set(*alice, id, kFullEaInformation, ea), NtStatus::kAccessDenied) << name;
  }
  ExpectUntouched();
}

TEST_F(HostileStreams, NothingIsMadeInADirectoryThatIsToGo) {
  const auto alice = Client("disk");
  const auto bob = Client("disk", ClientOptions(), "bob", "hidden");
  proto::FileId doomed;
  proto::FileId other;
  const uint32_t options = proto::kOptionDirectoryFile;
  ASSERT_EQ(alice->Create("doomed", &doomed, proto::kDispositionCreate, options), NtStatus::kOk);
  ASSERT_EQ(alice->Create("doomed", &other, proto::kDispositionOpen, options), NtStatus::kOk);
  ASSERT_EQ(Set(*alice, doomed, kDispositionInformation, {1}), NtStatus::kOk);
  proto::FileId id;
  EXPECT_EQ(alice->Create("doomed\\file", &id), NtStatus::kDeletePending);
  EXPECT_EQ(alice->Create("doomed\\file:x", &id), NtStatus::kDeletePending);
  EXPECT_EQ(bob->Create("doomed\\sub", &id, proto::kDispositionCreate, options),
            NtStatus::kDeletePending);
  alice->Disconnect();
  EXPECT_TRUE(Eventually([this] { return !std::filesystem::exists(disk() + "/doomed"); }));
}

TEST_F(HostileStreams, OneNameOfSeveralGoesByItself) {
  const auto alice = Client("disk");
  proto::FileId one;
  ASSERT_EQ(alice->Create("one", &one, proto::kDispositionCreate), NtStatus::kOk);
  std::filesystem::create_hard_link(disk() + "/one", disk() + "/two");
  ASSERT_EQ(Set(*alice, one, kDispositionInformation, {1}), NtStatus::kOk);
  proto::FileId id;
  EXPECT_EQ(alice->Create("one", &id, proto::kDispositionOpen), NtStatus::kDeletePending);
  EXPECT_EQ(alice->Create("one:x", &id), NtStatus::kDeletePending);
  EXPECT_EQ(alice->Create("two", &id, proto::kDispositionOpen), NtStatus::kOk);
  alice->Disconnect();
  EXPECT_TRUE(Eventually([this] { return !std::filesystem::exists(disk() + "/one"); }));
  EXPECT_TRUE(std::filesystem::exists(disk() + "/two"));
}

}  // namespace
}  // namespace sluice::hostile
