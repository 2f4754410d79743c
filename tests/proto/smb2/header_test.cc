#include "proto/smb2/header.h"

#include <array>
#include <cstdint>

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

// A READ request as Windows writes it.
constexpr char kReadRequest[] =
    "FE534D42 4000 0000 00000000 0800 0100 00000000 00000000 0F00000000000000"
    "FFFE0000 01000000 0100000000040000 00000000000000000000000000000000";

Bytes HeaderBytes(const Header& header) {
  Bytes bytes(kHeaderBytes);
  Writer w(absl::MakeSpan(bytes));
  header.Encode(w);
  EXPECT_TRUE(w.ok());
  EXPECT_EQ(w.size(), kHeaderBytes);
  return bytes;
}

TEST(Header, DecodesAReadRequest) {
  const Bytes bytes = FromHex(kReadRequest);
  Header header;
  ASSERT_TRUE(Header::Decode(bytes, &header));
  EXPECT_EQ(header.command, Command::kRead);
  EXPECT_EQ(header.credits, 1u);
  EXPECT_EQ(header.message_id, 15u);
  EXPECT_EQ(header.process_id, 0x0000FEFFu);
  EXPECT_EQ(header.tree_id, 1u);
  EXPECT_EQ(header.session_id, 0x0000040000000001u);
  EXPECT_FALSE(header.response());
  EXPECT_EQ(ToHex(HeaderBytes(header)), Hex(kReadRequest));
}

TEST(Header, SynchronousLayout) {
  Header header;
  header.credit_charge = 0x0201;
  header.status = 0xC0000022;
  header.command = Command::kIoctl;
  header.credits = 0x0403;
  header.flags = kFlagResponse | kFlagSigned | kFlagRelated;
  header.next_command = 0x88;
  header.message_id = 0x1122334455667788;
  header.process_id = 0x0A0B0C0D;
  header.tree_id = 0x01020304;
  header.session_id = 0x8877665544332211;
  header.signature.fill(0xAB);
  EXPECT_EQ(ToHex(HeaderBytes(header)),
            Hex("FE534D42 4000 0102 220000C0 0B00 0304 0D000000 88000000 8877665544332211"
                "0D0C0B0A 04030201 1122334455667788 ABABABABABABABABABABABABABABABAB"));
}

TEST(Header, AsyncIdTakesThePlaceOfProcessAndTree) {
  Header header;
  header.flags = kFlagResponse | kFlagAsync;
  header.async_id = 0x0807060504030201;
  header.tree_id = 77;
  const Bytes bytes = HeaderBytes(header);
  EXPECT_EQ(ToHex(absl::MakeConstSpan(bytes).subspan(32, 8)), Hex("0102030405060708"));
  Header decoded;
  ASSERT_TRUE(Header::Decode(bytes, &decoded));
  EXPECT_TRUE(decoded.async());
  EXPECT_EQ(decoded.async_id, header.async_id);
  EXPECT_EQ(decoded.tree_id, 0u);
}

TEST(Header, ChannelSequenceIsTheLowHalfOfStatus) {
  Header header;
  header.status = 0x00010005;
  EXPECT_EQ(header.channel_sequence(), 5u);
}

TEST(Header, KeepsUnknownCommands) {
  Bytes bytes = FromHex(kReadRequest);
  Put16(12, 0x7777, &bytes);
  Header header;
  ASSERT_TRUE(Header::Decode(bytes, &header));
  EXPECT_EQ(static_cast<uint16_t>(header.command), 0x7777u);
}

TEST(Header, RejectsAnotherProtocolId) {
  for (const uint8_t first : {0xFC, 0xFD, 0xFF, 0x00}) {
    Bytes bytes = FromHex(kReadRequest);
    Put8(0, first, &bytes);
    EXPECT_FALSE(Decodes<Header>(bytes));
  }
}

TEST(Header, RejectsWrongStructureSize) {
  Bytes bytes = FromHex(kReadRequest);
  Put16(4, 65, &bytes);
  EXPECT_FALSE(Decodes<Header>(bytes));
}

TEST(Header, RejectsEveryTruncation) {
  const Bytes bytes = FromHex(kReadRequest);
  for (size_t length = 0; length < kHeaderBytes; ++length) {
    EXPECT_FALSE(Decodes<Header>(absl::MakeConstSpan(bytes).subspan(0, length))) << length;
  }
}

TEST(Header, SignatureLiesWhereTheConstantsSay) {
  Header header;
  header.signature.fill(0x5A);
  const Bytes bytes = HeaderBytes(header);
  EXPECT_EQ(bytes[kSignatureOffset - 1], 0);
  EXPECT_EQ(bytes[kSignatureOffset], 0x5A);
  EXPECT_EQ(kSignatureOffset + kHeaderSignatureBytes, kHeaderBytes);
}

}  // namespace
}  // namespace sluice::proto
