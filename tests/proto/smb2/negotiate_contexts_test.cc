#include "proto/smb2/negotiate_contexts.h"

#include <array>

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr char kPreauth[] = "0100 0A00 00000000 0100 0400 0100 DEADBEEF 000000000000";
constexpr char kCiphers[] = "0200 0600 00000000 0200 0200 0100 0000";
constexpr char kCompression[] = "0300 0C00 00000000 0200 0000 01000000 0100 0400 00000000";
constexpr char kNetname[] = "0500 0400 00000000 6100 6200 00000000";
constexpr char kTransport[] = "0600 0400 00000000 01000000 00000000";
constexpr char kRdma[] = "0700 0C00 00000000 0200 0000 00000000 0100 0200 00000000";
constexpr char kSigning[] = "0800 0800 00000000 0300 0200 0100 0000";
constexpr char kPosix[] = "0001 1000 00000000 93AD25509CB411E7B42383DE968BCD7C";
constexpr char kUnknown[] = "7777 0300 00000000 AABBCC";

bool Decode(const Bytes& list, size_t count, NegotiateContexts* out) {
  return NegotiateContexts::Decode(list, 0, count, out);
}

bool Accepts(absl::string_view hex, size_t count = 1) {
  NegotiateContexts contexts;
  const Bytes list = FromHex(hex);
  return Decode(list, count, &contexts);
}

TEST(NegotiateContexts, EveryKindAsSpecified) {
  const std::string hex = std::string(kPreauth) + kCiphers + kCompression + kNetname + kTransport +
                          kRdma + kSigning + kPosix + kUnknown;
  const Bytes list = FromHex(hex);
  NegotiateContexts contexts;
  ASSERT_TRUE(Decode(list, 9, &contexts));
  EXPECT_EQ(contexts.count(), 9u);
  ASSERT_TRUE(contexts.preauth_integrity.has_value());
  EXPECT_EQ(contexts.preauth_integrity->hash_algorithms, AlgorithmIds({kHashSha512}));
  EXPECT_EQ(ToHex(contexts.preauth_integrity->salt), "deadbeef");
  EXPECT_EQ(contexts.ciphers, AlgorithmIds({2, 1}));
  ASSERT_TRUE(contexts.compression.has_value());
  EXPECT_EQ(contexts.compression->algorithms, AlgorithmIds({1, 4}));
  EXPECT_EQ(contexts.compression->flags, kCompressionFlagChained);
  EXPECT_EQ(ToHex(*contexts.netname), "61006200");
  EXPECT_EQ(contexts.transport_flags, kTransportAcceptsTransportSecurity);
  EXPECT_EQ(contexts.rdma_transforms, AlgorithmIds({1, 2}));
  EXPECT_EQ(contexts.signing_algorithms, AlgorithmIds({2, 1, 0}));
  EXPECT_EQ(contexts.posix->size(), kPosixContextBytes);
  ASSERT_EQ(contexts.unknown.size(), 1u);
  EXPECT_EQ(contexts.unknown[0].type, 0x7777u);
  EXPECT_EQ(ToHex(contexts.unknown[0].data), "aabbcc");

  Bytes again(1024);
  Writer w(absl::MakeSpan(again));
  contexts.Encode(w);
  ASSERT_TRUE(w.ok());
  EXPECT_EQ(ToHex(w.written()), ToHex(list));
}

// SIGNING and ENCRYPTION are one structure: a count and that many ids.
class IdListContext : public testing::TestWithParam<const char*> {
 protected:
  Bytes Valid() const { return FromHex(GetParam()); }
  static bool Takes(const Bytes& list) {
    NegotiateContexts contexts;
    return Decode(list, 1, &contexts);
  }
};

TEST_P(IdListContext, RejectsCountZero) {
  Bytes list = Valid();
  ASSERT_TRUE(Takes(list));
  Put16(8, 0, &list);
  EXPECT_FALSE(Takes(list));
}

TEST_P(IdListContext, RejectsMoreIdsThanTheContextHolds) {
  Bytes list = Valid();
  for (const uint16_t count : {4, 0x7FFF, 0x8000, 0xFFFF}) {
    Put16(8, count, &list);
    EXPECT_FALSE(Takes(list)) << count;
  }
}

TEST_P(IdListContext, RejectsAListCutByItsDataLength) {
  const Bytes valid = Valid();
  const uint16_t needed = static_cast<uint16_t>(2 + valid[8] * 2);
  for (uint16_t length = 0; length < needed; ++length) {
    Bytes list = valid;
    Put16(2, length, &list);
    EXPECT_FALSE(Takes(list)) << length;
  }
}

TEST_P(IdListContext, RejectsADataLengthBeyondTheEnd) {
  Bytes list = Valid();
  Put16(2, 0xFFFF, &list);
  EXPECT_FALSE(Takes(list));
}

TEST_P(IdListContext, KeepsUnknownIdsInOrder) {
  Bytes list = Valid();
  Put16(10, 0x7777, &list);
  NegotiateContexts contexts;
  ASSERT_TRUE(Decode(list, 1, &contexts));
  const AlgorithmIds& ids =
      contexts.ciphers.has_value() ? *contexts.ciphers : *contexts.signing_algorithms;
  EXPECT_EQ(ids[0], 0x7777u);
  EXPECT_EQ(ids[1], 1u);
}

INSTANTIATE_TEST_SUITE_P(SigningAndEncryption, IdListContext, testing::Values(kCiphers, kSigning));

TEST(NegotiateContexts, RejectsASecondOfAKindThatMayBeThereOnce) {
  for (const char* hex : {kPreauth, kCiphers, kCompression, kRdma, kSigning}) {
    EXPECT_TRUE(Accepts(hex)) << hex;
    EXPECT_FALSE(Accepts(std::string(hex) + hex, 2)) << hex;
  }
  for (const char* hex : {kNetname, kTransport, kPosix}) {
    EXPECT_TRUE(Accepts(std::string(hex) + hex, 2)) << hex;
  }
}

TEST(NegotiateContexts, RejectsPreauthWithoutAnAlgorithm) {
  EXPECT_FALSE(Accepts("0100 0400 00000000 0000 0000"));
  EXPECT_FALSE(Accepts("0100 0400 00000000 0100 0000"));
}

TEST(NegotiateContexts, RejectsPreauthSaltBeyondItsContext) {
  EXPECT_TRUE(Accepts("0100 0800 00000000 0100 0200 0100 AAAA"));
  EXPECT_FALSE(Accepts("0100 0800 00000000 0100 0300 0100 AAAA BBBB"));
}

TEST(NegotiateContexts, RejectsCompressionWithoutAnAlgorithm) {
  EXPECT_FALSE(Accepts("0300 0800 00000000 0000 0000 01000000"));
}

TEST(NegotiateContexts, RejectsATransportContextThatIsTooShort) {
  EXPECT_FALSE(Accepts("0600 0300 00000000 010000 00"));
}

TEST(NegotiateContexts, RejectsMoreContextsThanThereAre) {
  EXPECT_FALSE(Accepts(kSigning, 2));
  EXPECT_FALSE(Accepts(std::string(kSigning) + "0200 0400", 2));
}

TEST(NegotiateContexts, RejectsAnOffsetThatIsNotAligned) {
  const Bytes list = FromHex(std::string("00000000") + kCiphers);
  NegotiateContexts contexts;
  EXPECT_FALSE(NegotiateContexts::Decode(list, 4, 1, &contexts));
}

TEST(NegotiateContexts, RejectsAnOffsetBeyondTheEnd) {
  const Bytes list = FromHex(kCiphers);
  NegotiateContexts contexts;
  EXPECT_FALSE(NegotiateContexts::Decode(list, 0xFFFFFFF8, 1, &contexts));
}

TEST(NegotiateContexts, RejectsEveryTruncation) {
  const Bytes list = FromHex(std::string(kPreauth) + kCiphers + kUnknown);
  for (size_t length = 0; length < list.size(); ++length) {
    const Bytes cut(list.begin(), list.begin() + static_cast<ptrdiff_t>(length));
    NegotiateContexts contexts;
    EXPECT_FALSE(Decode(cut, 3, &contexts)) << length;
  }
}

TEST(NegotiateContexts, ReusedOutputForgetsWhatItHeld) {
  NegotiateContexts contexts;
  const Bytes ciphers = FromHex(kCiphers);
  const Bytes signing = FromHex(kSigning);
  ASSERT_TRUE(Decode(ciphers, 1, &contexts));
  ASSERT_TRUE(Decode(signing, 1, &contexts));
  EXPECT_FALSE(contexts.ciphers.has_value());
  EXPECT_EQ(contexts.count(), 1u);
}

TEST(NegotiateContexts, ContextTooLongForItsLengthIsAnOverflow) {
  const Bytes large(0x10000);
  NegotiateContexts contexts;
  contexts.netname = large;
  Bytes buffer(0x20000);
  Writer w(absl::MakeSpan(buffer));
  contexts.Encode(w);
  EXPECT_FALSE(w.ok());
}

}  // namespace
}  // namespace sluice::proto
