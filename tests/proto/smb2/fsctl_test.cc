#include "proto/smb2/fsctl.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr char kValidate[] = "7F000000 101112131415161718191A1B1C1D1E1F 0100 0300 0202 1002 0003";
constexpr char kValidated[] = "2F000000 101112131415161718191A1B1C1D1E1F 0300 0003";

TEST(ValidateNegotiateInfoRequest, LaysOutAsSpecified) {
  const Bytes input = FromHex(kValidate);
  ValidateNegotiateInfoRequest request;
  ASSERT_TRUE(ValidateNegotiateInfoRequest::Decode(input, &request));
  EXPECT_EQ(request.capabilities, 0x7Fu);
  EXPECT_EQ(request.guid[15], 0x1F);
  EXPECT_EQ(request.security_mode, 1u);
  ASSERT_EQ(request.dialects.size(), 3u);
  EXPECT_EQ(request.dialects[2], 0x0300u);
  Bytes again(64);
  Writer w(absl::MakeSpan(again));
  request.Encode(w);
  EXPECT_EQ(ToHex(w.written()), Hex(kValidate));
}

TEST(ValidateNegotiateInfoRequest, RejectsMoreDialectsThanTheInputHolds) {
  for (const uint16_t count : {4, 0x8000, 0xFFFF}) {
    Bytes input = FromHex(kValidate);
    Put16(22, count, &input);
    EXPECT_FALSE(Decodes<ValidateNegotiateInfoRequest>(input)) << count;
  }
}

TEST(ValidateNegotiateInfoRequest, RejectsEveryTruncation) {
  const Bytes input = FromHex(kValidate);
  for (size_t length = 0; length < input.size(); ++length) {
    EXPECT_FALSE(
        Decodes<ValidateNegotiateInfoRequest>(absl::MakeConstSpan(input).subspan(0, length)))
        << length;
  }
}

TEST(ValidateNegotiateInfoResponse, LaysOutAsSpecified) {
  const Bytes output = FromHex(kValidated);
  ASSERT_EQ(output.size(), ValidateNegotiateInfoResponse::kBytes);
  ValidateNegotiateInfoResponse response;
  ASSERT_TRUE(ValidateNegotiateInfoResponse::Decode(output, &response));
  EXPECT_EQ(response.capabilities, 0x2Fu);
  EXPECT_EQ(response.security_mode, 3u);
  EXPECT_EQ(response.dialect, 0x0300u);
  Bytes again(64);
  Writer w(absl::MakeSpan(again));
  response.Encode(w);
  EXPECT_EQ(ToHex(w.written()), Hex(kValidated));
  EXPECT_FALSE(Decodes<ValidateNegotiateInfoResponse>(absl::MakeConstSpan(output).subspan(0, 23)));
}

NetworkInterfaceList Interfaces() {
  NetworkInterfaceInfo ipv4;
  ipv4.if_index = 2;
  ipv4.capability = kInterfaceRssCapable;
  ipv4.link_speed = 1'000'000'000;
  ipv4.address = {192, 0, 2, 1};
  NetworkInterfaceInfo ipv6;
  ipv6.if_index = 3;
  ipv6.link_speed = 10'000'000'000;
  ipv6.ipv6 = true;
  ipv6.address = {0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return {ipv4, ipv6};
}

Bytes InterfaceBytes() {
  Bytes buffer(1024);
  Writer w(absl::MakeSpan(buffer));
  EncodeNetworkInterfaces(Interfaces(), w);
  EXPECT_TRUE(w.ok());
  buffer.resize(w.size());
  return buffer;
}

TEST(NetworkInterfaces, LayOutAsSpecified) {
  const Bytes bytes = InterfaceBytes();
  ASSERT_EQ(bytes.size(), 2 * NetworkInterfaceInfo::kBytes);
  EXPECT_EQ(
      ToHex(absl::MakeConstSpan(bytes).subspan(0, 36)),
      Hex("98000000 02000000 01000000 00000000 00CA9A3B00000000 0200 0000 C0000201 00000000"));
  EXPECT_EQ(ToHex(absl::MakeConstSpan(bytes).subspan(152, 56)),
            Hex("00000000 03000000 00000000 00000000 00E40B5402000000 1700 0000 00000000"
                "20010DB8000000000000000000000001 00000000 00000000"));
}

TEST(NetworkInterfaces, ComeBack) {
  const Bytes bytes = InterfaceBytes();
  NetworkInterfaceList interfaces;
  ASSERT_TRUE(DecodeNetworkInterfaces(bytes, &interfaces));
  ASSERT_EQ(interfaces.size(), 2u);
  EXPECT_EQ(interfaces[0].if_index, 2u);
  EXPECT_FALSE(interfaces[0].ipv6);
  EXPECT_EQ(interfaces[0].address, Interfaces()[0].address);
  EXPECT_EQ(interfaces[1].link_speed, 10'000'000'000u);
  EXPECT_TRUE(interfaces[1].ipv6);
  EXPECT_EQ(interfaces[1].address, Interfaces()[1].address);
}

TEST(NetworkInterfaces, RejectsANextThatDoesNotClearTheEntryOrLeavesTheBuffer) {
  for (const uint32_t next : {1u, 151u, 153u, 0x1000u, 0xFFFFFFFFu}) {
    Bytes bytes = InterfaceBytes();
    Put32(0, next, &bytes);
    NetworkInterfaceList interfaces;
    EXPECT_FALSE(DecodeNetworkInterfaces(bytes, &interfaces)) << next;
  }
}

TEST(NetworkInterfaces, RejectsAnUnknownAddressFamily) {
  Bytes bytes = InterfaceBytes();
  Put16(24, 0x1234, &bytes);
  NetworkInterfaceList interfaces;
  EXPECT_FALSE(DecodeNetworkInterfaces(bytes, &interfaces));
}

TEST(NetworkInterfaces, RejectsEveryTruncation) {
  const Bytes bytes = InterfaceBytes();
  for (size_t length = 0; length < bytes.size(); ++length) {
    const Bytes cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
    NetworkInterfaceList interfaces;
    EXPECT_FALSE(DecodeNetworkInterfaces(cut, &interfaces)) << length;
  }
}

}  // namespace
}  // namespace sluice::proto
