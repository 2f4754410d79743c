#include "proto/smb2/ioctl.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "proto/fscc/file_ranges.h"
#include "proto/smb2/create.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/fsctl.h"
#include "proto/smb2/lock.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class IoctlTest : public GatewayTest {
 protected:
  // Of a client that is logged on with `dialect`.
  std::unique_ptr<TestClient> Client(proto::Dialect dialect) {
    ClientOptions options;
    options.dialects = {dialect};
    auto client = std::make_unique<TestClient>(address(), options);
    EXPECT_TRUE(client->Start());
    return client;
  }
  static std::optional<Reply> Control(TestClient& client, uint32_t code, const Bytes& input,
                                      uint32_t output_max = 4096,
                                      proto::FileId id = proto::kAnyFileId) {
    proto::IoctlRequest request;
    request.ctl_code = code;
    request.file_id = id;
    request.max_output_response = output_max;
    request.input = input;
    return client.Call(Command::kIoctl, request);
  }
  // What a client with the options of Client() has to say.
  static Bytes Negotiation(proto::Dialect dialect, uint32_t capabilities) {
    proto::ValidateNegotiateInfoRequest request;
    request.capabilities = capabilities;
    request.guid = {1, 2, 3, 4};
    request.security_mode = proto::kSigningEnabled;
    request.dialects = {static_cast<uint16_t>(dialect)};
    Bytes bytes(256);
    proto::Writer writer(absl::MakeSpan(bytes));
    request.Encode(writer);
    bytes.resize(writer.size());
    return bytes;
  }
  static constexpr uint32_t kCapabilities = proto::kCapLargeMtu | proto::kCapEncryption;
};

TEST_F(IoctlTest, NegotiationThatNobodyChangedIsConfirmed) {
  const auto client = Client(proto::Dialect::kSmb302);
  const std::optional<Reply> reply = Control(*client, proto::kFsctlValidateNegotiateInfo,
                                             Negotiation(proto::Dialect::kSmb302, kCapabilities));
  ASSERT_TRUE(reply.has_value());
  ASSERT_EQ(reply->status(), NtStatus::kOk);
  EXPECT_TRUE(reply->signature_right);
  proto::IoctlResponse response;
  proto::ValidateNegotiateInfoResponse info;
  ASSERT_TRUE(proto::IoctlResponse::Decode(reply->message, &response));
  ASSERT_TRUE(proto::ValidateNegotiateInfoResponse::Decode(response.output, &info));
  EXPECT_EQ(info.dialect, 0x0302);
  EXPECT_EQ(info.guid, client->negotiated.server_guid);
  EXPECT_EQ(info.capabilities, client->negotiated.capabilities);
  EXPECT_EQ(info.security_mode, client->negotiated.security_mode);
}

TEST_F(IoctlTest, ChangedNegotiationEndsTheConnection) {
  for (const Bytes& input : {Negotiation(proto::Dialect::kSmb300, kCapabilities),
                             Negotiation(proto::Dialect::kSmb302, 0), Bytes(10, 0), Bytes()}) {
    const auto client = Client(proto::Dialect::kSmb302);
    EXPECT_FALSE(Control(*client, proto::kFsctlValidateNegotiateInfo, input).has_value());
    EXPECT_TRUE(client->WaitForEnd());
  }
}

TEST_F(IoctlTest, NetworkInterfacesAreListed) {
  const auto client = Client(proto::Dialect::kSmb311);
  const std::optional<Reply> reply =
      Control(*client, proto::kFsctlQueryNetworkInterfaceInfo, Bytes(), 65536);
  ASSERT_TRUE(reply.has_value());
  ASSERT_EQ(reply->status(), NtStatus::kOk);
  proto::IoctlResponse response;
  proto::NetworkInterfaceList interfaces;
  ASSERT_TRUE(proto::IoctlResponse::Decode(reply->message, &response));
  ASSERT_TRUE(proto::DecodeNetworkInterfaces(response.output, &interfaces));
  EXPECT_GE(interfaces.size(), 1u);
}

TEST_F(IoctlTest, ThereIsNoDfs) {
  const auto client = Client(proto::Dialect::kSmb311);
  EXPECT_EQ(Control(*client, proto::kFsctlDfsGetReferrals, Bytes(16, 0))->status(),
            NtStatus::kFsDriverRequired);
}

TEST_F(IoctlTest, UnknownCodesAreInvalidRequests) {
  const auto client = Client(proto::Dialect::kSmb311);
  proto::FileId file;
  ASSERT_EQ(client->Create("file", &file), NtStatus::kOk);
  for (const uint32_t code : {0u, 1u, 0x00090000u, 0xFFFFFFFFu}) {
    EXPECT_EQ(Control(*client, code, Bytes())->status(), NtStatus::kInvalidDeviceRequest);
    EXPECT_EQ(Control(*client, code, Bytes(), 0, file)->status(), NtStatus::kInvalidDeviceRequest);
  }
  EXPECT_EQ(Control(*client, 0, Bytes(), 0, {1, 2})->status(), NtStatus::kFileClosed);
}

TEST_F(IoctlTest, PipeCodesAreNotForFiles) {
  const auto client = Client(proto::Dialect::kSmb311);
  proto::FileId file;
  ASSERT_EQ(client->Create("file", &file), NtStatus::kOk);
  EXPECT_EQ(Control(*client, proto::kFsctlPipeTransceive, Bytes(4, 0), 100, file)->status(),
            NtStatus::kInvalidDeviceRequest);
}

TEST_F(IoctlTest, OnlyFsctlsAreSupported) {
  const auto client = Client(proto::Dialect::kSmb311);
  proto::IoctlRequest request;
  request.ctl_code = proto::kFsctlDfsGetReferrals;
  request.flags = 0;
  EXPECT_EQ(client->Call(Command::kIoctl, request)->status(), NtStatus::kNotSupported);
}

TEST_F(IoctlTest, RejectsOutputAboveTheMaximum) {
  ClientOptions options;
  options.credits = 512;
  TestClient client(address(), options);
  ASSERT_TRUE(client.Start());
  proto::IoctlRequest request;
  request.ctl_code = proto::kFsctlDfsGetReferrals;
  request.file_id = proto::kAnyFileId;
  request.max_output_response = client.negotiated.max_transact_size;
  EXPECT_EQ(client.Call(Command::kIoctl, request, 129)->status(), NtStatus::kFsDriverRequired);
  ++request.max_output_response;
  EXPECT_EQ(client.Call(Command::kIoctl, request, 129)->status(), NtStatus::kInvalidParameter);
  request.max_output_response = 0xFFFFFFFF;
  EXPECT_EQ(client.Call(Command::kIoctl, request, 129)->status(), NtStatus::kInvalidParameter);
}

// A file of "content" of a share, and what FSCTLs do to it.
class SparseTest : public IoctlTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    IoctlTest::SetUp();
    client_ = std::make_unique<TestClient>(address(), ClientOptions());
    ASSERT_TRUE(client_->Start(GetParam()));
    ASSERT_EQ(client_->Create("file", &file_), NtStatus::kOk);
    ASSERT_EQ(Write(0, Bytes(kSize, 'x')), NtStatus::kOk);
  }
  NtStatus Write(uint64_t offset, const Bytes& data) {
    proto::WriteRequest request;
    request.file_id = file_;
    request.offset = offset;
    request.data = data;
    return client_->Call(Command::kWrite, request, 8, data.size())->status();
  }
  Bytes Read(uint64_t offset, uint32_t length) {
    proto::ReadRequest request;
    request.file_id = file_;
    request.offset = offset;
    request.length = length;
    const std::optional<Reply> reply = client_->Call(Command::kRead, request, 9);
    proto::ReadResponse response;
    if (!proto::ReadResponse::Decode(reply->message, &response)) return {};
    return Bytes(response.data.begin(), response.data.end());
  }
  static Bytes Pair(uint64_t one, uint64_t other) {
    Bytes bytes(16);
    for (int i = 0; i < 8; ++i) {
      bytes[i] = static_cast<uint8_t>(one >> (8 * i));
      bytes[8 + i] = static_cast<uint8_t>(other >> (8 * i));
    }
    return bytes;
  }
  NtStatus SetSparse() {
    return Control(*client_, proto::kFsctlSetSparse, Bytes{1}, 0, file_)->status();
  }
  NtStatus Zero(uint64_t offset, uint64_t beyond) {
    return Control(*client_, proto::kFsctlSetZeroData, Pair(offset, beyond), 0, file_)->status();
  }
  using Ranges = std::vector<std::pair<uint64_t, uint64_t>>;
  NtStatus Query(uint64_t offset, uint64_t length, Ranges* ranges, uint32_t output_max = 4096) {
    const std::optional<Reply> reply = Control(*client_, proto::kFsctlQueryAllocatedRanges,
                                               Pair(offset, length), output_max, file_);
    proto::IoctlResponse response;
    ranges->clear();
    if (!proto::IoctlResponse::Decode(reply->message, &response)) return reply->status();
    proto::FileAllocatedRange range;
    for (size_t at = 0; at < response.output.size(); at += 16) {
      EXPECT_TRUE(proto::FileAllocatedRange::Decode(response.output.subspan(at), &range));
      ranges->emplace_back(range.offset, range.length);
    }
    return reply->status();
  }

  static constexpr uint64_t kBlock = 64 << 10;
  static constexpr uint64_t kSize = 8 * kBlock;
  std::unique_ptr<TestClient> client_;
  proto::FileId file_;
};

INSTANTIATE_TEST_SUITE_P(Shares, SparseTest, ::testing::Values("files", "disk"),
                         [](const auto& share) { return std::string(share.param); });

TEST_P(SparseTest, ZeroesExactlyTheRangeAndKeepsTheSize) {
  for (const bool sparse : {false, true}) {
    if (sparse) {
      ASSERT_EQ(SetSparse(), NtStatus::kOk);
    }
    ASSERT_EQ(Write(0, Bytes(kSize, 'x')), NtStatus::kOk);
    EXPECT_EQ(Zero(1000, 3 * kBlock + 5), NtStatus::kOk);
    Bytes wanted(kSize, 'x');
    std::fill(wanted.begin() + 1000, wanted.begin() + 3 * kBlock + 5, 0);
    EXPECT_EQ(Read(0, kSize + 100), wanted) << sparse;
    EXPECT_EQ(Zero(kSize - 3, INT64_MAX), NtStatus::kOk);
    std::fill(wanted.end() - 3, wanted.end(), 0);
    EXPECT_EQ(Read(0, kSize + 100), wanted) << sparse;
    EXPECT_EQ(Zero(kSize, kSize + 1), NtStatus::kOk);
    EXPECT_EQ(Zero(7, 7), NtStatus::kOk);
    EXPECT_EQ(Read(0, kSize + 100), wanted) << sparse;
  }
}

TEST_P(SparseTest, RangesOfASparseFileLeaveHolesOut) {
  Ranges ranges;
  EXPECT_EQ(Zero(kBlock, 2 * kBlock), NtStatus::kOk);
  EXPECT_EQ(Query(5, kSize, &ranges), NtStatus::kOk);
  EXPECT_EQ(ranges, (Ranges{{5, kSize - 5}})) << "a file that is not sparse";
  ASSERT_EQ(SetSparse(), NtStatus::kOk);
  EXPECT_EQ(Zero(kBlock, 2 * kBlock), NtStatus::kOk);
  EXPECT_EQ(Zero(4 * kBlock, 6 * kBlock), NtStatus::kOk);
  EXPECT_EQ(Query(5, kSize + 10, &ranges), NtStatus::kOk);
  EXPECT_EQ(ranges, (Ranges{{5, kBlock - 5}, {2 * kBlock, 2 * kBlock}, {6 * kBlock, 2 * kBlock}}));
  EXPECT_EQ(Query(3 * kBlock, 4, &ranges), NtStatus::kOk);
  EXPECT_EQ(ranges, (Ranges{{3 * kBlock, 4}}));
  for (const auto& [offset, length] : Ranges{{kBlock, kBlock}, {kSize, 100}, {0, 0}}) {
    EXPECT_EQ(Query(offset, length, &ranges), NtStatus::kOk);
    EXPECT_TRUE(ranges.empty()) << offset;
  }
}

TEST_P(SparseTest, MoreRangesThanFitOverflow) {
  ASSERT_EQ(SetSparse(), NtStatus::kOk);
  EXPECT_EQ(Zero(kBlock, 2 * kBlock), NtStatus::kOk);
  Ranges ranges;
  EXPECT_EQ(Query(0, kSize, &ranges, 31), NtStatus::kBufferOverflow);
  EXPECT_EQ(ranges, (Ranges{{0, kBlock}}));
  EXPECT_EQ(Query(0, kSize, &ranges, 15), NtStatus::kBufferTooSmall);
  EXPECT_EQ(Query(0, kSize, &ranges, 32), NtStatus::kOk);
}

TEST_P(SparseTest, RejectsRangesThatAreNone) {
  Ranges ranges;
  EXPECT_EQ(Zero(8, 7), NtStatus::kInvalidParameter);
  EXPECT_EQ(Zero(UINT64_MAX, UINT64_MAX), NtStatus::kInvalidParameter);
  EXPECT_EQ(Zero(0, uint64_t{1} << 63), NtStatus::kInvalidParameter);
  EXPECT_EQ(Query(uint64_t{1} << 63, 1, &ranges), NtStatus::kInvalidParameter);
  EXPECT_EQ(Query(1, INT64_MAX, &ranges), NtStatus::kInvalidParameter);
  for (const uint32_t code : {proto::kFsctlSetZeroData, proto::kFsctlQueryAllocatedRanges}) {
    EXPECT_EQ(Control(*client_, code, Bytes(15), 4096, file_)->status(),
              NtStatus::kInvalidParameter);
  }
  EXPECT_EQ(Read(0, kSize), Bytes(kSize, 'x'));
}

TEST_P(SparseTest, NeedsTheRightsOfReadAndWrite) {
  Ranges ranges;
  ASSERT_EQ(client_->Create("file", &file_, proto::kDispositionOpen, 0, 0x00120089), NtStatus::kOk);
  EXPECT_EQ(Zero(0, 5), NtStatus::kAccessDenied);
  EXPECT_EQ(Query(0, 5, &ranges), NtStatus::kOk);
  ASSERT_EQ(client_->Create("file", &file_, proto::kDispositionOpen, 0, 0x00120116), NtStatus::kOk);
  EXPECT_EQ(Query(0, 5, &ranges), NtStatus::kAccessDenied);
  EXPECT_EQ(Zero(0, 5), NtStatus::kOk);
  ASSERT_EQ(
      client_->Create("", &file_, proto::kDispositionOpen, proto::kOptionDirectoryFile, 0x00120089),
      NtStatus::kOk);
  EXPECT_EQ(Zero(0, 5), NtStatus::kInvalidParameter);
  EXPECT_EQ(Query(0, 5, &ranges), NtStatus::kInvalidParameter);
}

TEST_P(SparseTest, ZeroingStopsAtALockOfAnother) {
  proto::FileId other;
  ASSERT_EQ(client_->Create("file", &other), NtStatus::kOk);
  proto::LockRequest lock;
  lock.file_id = other;
  lock.locks = {{10, 10, proto::kLockFlagExclusive | proto::kLockFlagFailImmediately}};
  ASSERT_EQ(client_->Call(Command::kLock, lock)->status(), NtStatus::kOk);
  EXPECT_EQ(Zero(0, 11), NtStatus::kFileLockConflict);
  EXPECT_EQ(Zero(0, 10), NtStatus::kOk);
}

TEST_F(IoctlTest, RejectsInputOutsideTheMessage) {
  const auto client = Client(proto::Dialect::kSmb311);
  proto::IoctlRequest request;
  request.ctl_code = proto::kFsctlDfsGetReferrals;
  request.file_id = proto::kAnyFileId;
  const Bytes input(8, 0);
  request.input = input;
  for (const uint32_t offset : {64u, 121u, 0xFFFFFFF8u}) {
    Bytes message = client->Request(Command::kIoctl, request);
    const uint64_t id = client->next_message_id - 1;
    for (int i = 0; i < 4; ++i) message[88 + i] = static_cast<uint8_t>(offset >> (8 * i));
    client->SendChain({message});
    EXPECT_EQ(client->WaitFor(id)->status(), NtStatus::kInvalidParameter) << offset;
  }
}

}  // namespace
}  // namespace sluice::smb
