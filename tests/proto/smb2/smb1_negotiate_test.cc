#include "proto/smb2/smb1_negotiate.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kByteCount = 33;  // behind the 32-byte header and the word count
constexpr size_t kFirstMark = 35;

Bytes Message(const std::vector<absl::string_view>& dialects) {
  Bytes bytes(1024);
  Writer w(absl::MakeSpan(bytes));
  EncodeSmb1Negotiate(dialects, w);
  EXPECT_TRUE(w.ok());
  bytes.resize(w.size());
  return bytes;
}

Bytes Usual() { return Message({"NT LM 0.12", "SMB 2.002", "SMB 2.???"}); }

// What Windows 7 sends.
constexpr char kWindows[] =
    "FF534D42 72 00000000 18 53C8 0000 0000000000000000 0000 FFFF FFFE 0000 0000 00 6D00"
    "025043204E4554574F524B2050524F4752414D20312E3000"
    "024C414E4D414E312E3000"
    "0257696E646F777320666F7220576F726B67726F75707320332E316100"
    "024C4D312E325830303200"
    "024C414E4D414E322E3100"
    "024E54204C4D20302E313200"
    "02534D4220322E30303200";

TEST(Smb1Negotiate, DecodesWhatWindowsSends) {
  const Bytes message = FromHex(kWindows);
  Smb1Negotiate negotiate;
  ASSERT_TRUE(Smb1Negotiate::Decode(message, &negotiate));
  EXPECT_TRUE(negotiate.smb_2_002);
  EXPECT_FALSE(negotiate.smb_2_wildcard);
  EXPECT_EQ(negotiate.dialect_count, 7u);
}

TEST(Smb1Negotiate, FindsBothSmb2Dialects) {
  Smb1Negotiate negotiate;
  ASSERT_TRUE(Smb1Negotiate::Decode(Usual(), &negotiate));
  EXPECT_TRUE(negotiate.smb_2_002);
  EXPECT_TRUE(negotiate.smb_2_wildcard);
  EXPECT_EQ(negotiate.dialect_count, 3u);
}

TEST(Smb1Negotiate, SaysWhenThereIsNone) {
  Smb1Negotiate negotiate;
  ASSERT_TRUE(Smb1Negotiate::Decode(Message({"NT LM 0.12", "SMB 2.0"}), &negotiate));
  EXPECT_FALSE(negotiate.smb_2_002);
  EXPECT_FALSE(negotiate.smb_2_wildcard);
}

TEST(Smb1Negotiate, RejectsAnotherCommand) {
  Bytes message = Usual();
  Put8(4, 0x73, &message);
  EXPECT_FALSE(Decodes<Smb1Negotiate>(message));
}

TEST(Smb1Negotiate, RejectsAResponse) {
  Bytes message = Usual();
  Put8(9, 0x98, &message);
  EXPECT_FALSE(Decodes<Smb1Negotiate>(message));
}

TEST(Smb1Negotiate, RejectsAByteCountBeyondTheEnd) {
  Bytes message = Usual();
  Put16(kByteCount, 0xFFFF, &message);
  EXPECT_FALSE(Decodes<Smb1Negotiate>(message));
}

TEST(Smb1Negotiate, RejectsWordsBeyondTheEnd) {
  Bytes message = Usual();
  Put8(32, 0xFF, &message);
  EXPECT_FALSE(Decodes<Smb1Negotiate>(message));
}

TEST(Smb1Negotiate, RejectsADialectWithoutItsMark) {
  Bytes message = Usual();
  Put8(kFirstMark, 0x03, &message);
  EXPECT_FALSE(Decodes<Smb1Negotiate>(message));
}

TEST(Smb1Negotiate, RejectsADialectWithoutItsEnd) {
  Bytes message = Usual();
  message.back() = 'x';
  EXPECT_FALSE(Decodes<Smb1Negotiate>(message));
}

TEST(Smb1Negotiate, RejectsAnEmptyList) { EXPECT_FALSE(Decodes<Smb1Negotiate>(Message({}))); }

TEST(Smb1Negotiate, RejectsEveryTruncation) {
  const Bytes message = Usual();
  for (size_t length = 0; length < message.size(); ++length) {
    EXPECT_FALSE(Decodes<Smb1Negotiate>(absl::MakeConstSpan(message).subspan(0, length)));
  }
}

}  // namespace
}  // namespace sluice::proto
