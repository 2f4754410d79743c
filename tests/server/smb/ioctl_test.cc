#include "proto/smb2/ioctl.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/smb2/echo.h"
#include "proto/smb2/fsctl.h"
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
