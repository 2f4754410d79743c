#include "proto/smb2/transform_header.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr char kTransform[] =
    "FD534D42 101112131415161718191A1B1C1D1E1F 202122232425262728292A0000000000"
    "68000000 0000 0100 0102030405060708";

TEST(TransformHeader, LaysOutAsSpecified) {
  const Bytes bytes = FromHex(kTransform);
  ASSERT_EQ(bytes.size(), kTransformHeaderBytes);
  TransformHeader header;
  ASSERT_TRUE(TransformHeader::Decode(bytes, &header));
  EXPECT_EQ(header.signature[0], 0x10);
  EXPECT_EQ(header.signature[15], 0x1F);
  EXPECT_EQ(header.nonce[0], 0x20);
  EXPECT_EQ(header.original_message_size, 0x68u);
  EXPECT_EQ(header.session_id, 0x0807060504030201u);
  Bytes again(kTransformHeaderBytes);
  Writer w(absl::MakeSpan(again));
  header.Encode(w);
  EXPECT_TRUE(w.ok());
  EXPECT_EQ(again, bytes);
}

TEST(TransformHeader, AssociatedDataIsTheHeaderFromTheNonceOn) {
  EXPECT_EQ(kTransformAssociatedDataOffset + kTransformAssociatedDataBytes, kTransformHeaderBytes);
  EXPECT_EQ(FromHex(kTransform)[kTransformAssociatedDataOffset], 0x20);
}

TEST(TransformHeader, RejectsFlagsOtherThanEncrypted) {
  for (const uint16_t flags : {0, 2, 3, 0x0101}) {
    Bytes bytes = FromHex(kTransform);
    Put16(42, flags, &bytes);
    EXPECT_FALSE(Decodes<TransformHeader>(bytes)) << flags;
  }
}

TEST(TransformHeader, RejectsEveryTruncation) {
  const Bytes bytes = FromHex(kTransform);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(Decodes<TransformHeader>(absl::MakeConstSpan(bytes).subspan(0, length)));
  }
}

TEST(TransformHeader, RejectsAPlainMessage) {
  EXPECT_FALSE(Decodes<TransformHeader>(MessageOf(Bytes(64))));
}

TEST(CompressionTransformHeader, LaysOutAsSpecified) {
  const Bytes bytes = FromHex("FC534D42 00100000 0200 0100 50000000");
  CompressionTransformHeader header;
  ASSERT_TRUE(CompressionTransformHeader::Decode(bytes, &header));
  EXPECT_EQ(header.original_compressed_segment_size, 0x1000u);
  EXPECT_EQ(header.compression_algorithm, 2u);
  EXPECT_EQ(header.flags, 1u);
  EXPECT_EQ(header.offset, 0x50u);
  Bytes again(kCompressionTransformHeaderBytes);
  Writer w(absl::MakeSpan(again));
  header.Encode(w);
  EXPECT_EQ(again, bytes);
  EXPECT_FALSE(Decodes<CompressionTransformHeader>(absl::MakeConstSpan(bytes).subspan(0, 15)));
}

TEST(ClassifyFrame, ByTheFirstFourBytes) {
  EXPECT_EQ(ClassifyFrame(FromHex("FF534D42")), FrameKind::kSmb1);
  EXPECT_EQ(ClassifyFrame(FromHex("FE534D42")), FrameKind::kSmb2);
  EXPECT_EQ(ClassifyFrame(FromHex("FD534D42")), FrameKind::kTransform);
  EXPECT_EQ(ClassifyFrame(FromHex("FC534D42")), FrameKind::kCompressed);
  EXPECT_EQ(ClassifyFrame(FromHex("FB534D42")), FrameKind::kUnknown);
  EXPECT_EQ(ClassifyFrame(FromHex("FE534D")), FrameKind::kUnknown);
  EXPECT_EQ(ClassifyFrame({}), FrameKind::kUnknown);
}

}  // namespace
}  // namespace sluice::proto
