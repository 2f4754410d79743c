#include "proto/smb2/output_buffer.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kOffsetField = 66;
constexpr size_t kLengthField = 68;
constexpr char kResponse[] = "0900 4800 03000000 AABBCC";

TEST(OutputBufferResponse, WritesInPlaceWhatItWouldCopy) {
  Bytes buffer(128);
  Writer w(absl::MakeSpan(buffer));
  w.Zeros(kHeaderBytes);
  OutputBufferResponse::Begin(w);
  EXPECT_EQ(w.size(), OutputBufferResponse::kOutputOffset);
  w.U8(0xAA);
  w.U16(0xCCBB);
  OutputBufferResponse::End(w);
  ASSERT_TRUE(w.ok());
  EXPECT_EQ(ToHex(w.written().subspan(kHeaderBytes)), Hex(kResponse));
}

TEST(OutputBufferResponse, OverflowIsKept) {
  Bytes buffer(OutputBufferResponse::kOutputOffset + 1);
  Writer w(absl::MakeSpan(buffer));
  w.Zeros(kHeaderBytes);
  OutputBufferResponse::Begin(w);
  w.U32(1);
  OutputBufferResponse::End(w);
  EXPECT_FALSE(w.ok());
}

TEST(OutputBufferResponse, RejectsABufferOutOfBounds) {
  for (const uint16_t offset : {0, 64, 71, 73, 0xFFFF}) {
    Bytes message = MessageFromHex(kResponse);
    Put16(kOffsetField, offset, &message);
    EXPECT_FALSE(Decodes<OutputBufferResponse>(message)) << offset;
  }
  for (const uint32_t length : {4u, 0xFFFFFFB8u, 0xFFFFFFFFu}) {
    Bytes message = MessageFromHex(kResponse);
    Put32(kLengthField, length, &message);
    EXPECT_FALSE(Decodes<OutputBufferResponse>(message)) << length;
  }
}

TEST(OutputBufferResponse, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kResponse);
  Put16(kHeaderBytes, 8, &message);
  EXPECT_FALSE(Decodes<OutputBufferResponse>(message));
}

}  // namespace
}  // namespace sluice::proto
