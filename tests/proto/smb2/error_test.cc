#include "proto/smb2/error.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kContextCount = 66;
constexpr size_t kByteCount = 68;

constexpr char kEmpty[] = "0900 00 00 00000000 00";
constexpr char kWithData[] = "0900 00 00 04000000 00200000";
constexpr char kWithContexts[] =
    "0900 02 00 1C000000"
    "04000000 00000000 00200000 00000000"
    "04000000 53526472 AABBCCDD";
// A relative link to "b" met with one component left.
constexpr char kSymlink[] =
    "1C000000 53594D4C 0C0000A0 1000 0400 0000 0200 0200 0200 01000000 6200 6300";

TEST(ErrorResponse, WithoutDataIsNineBytes) {
  EXPECT_EQ(BodyHex(ErrorResponse()), Hex(kEmpty));
  const Bytes message = MessageFromHex(kEmpty);
  ErrorResponse error;
  ASSERT_TRUE(ErrorResponse::Decode(message, &error));
  EXPECT_TRUE(error.error_data.empty());
  EXPECT_TRUE(error.contexts.empty());
}

TEST(ErrorResponse, DataAsSpecified) {
  const Bytes message = MessageFromHex(kWithData);
  ErrorResponse error;
  ASSERT_TRUE(ErrorResponse::Decode(message, &error));
  BufferTooSmallError too_small;
  ASSERT_TRUE(BufferTooSmallError::Decode(error.error_data, &too_small));
  EXPECT_EQ(too_small.required_buffer_length, 8192u);
  EXPECT_EQ(BodyHex(error), Hex(kWithData));
}

TEST(ErrorResponse, ContextsAsSpecified) {
  const Bytes message = MessageFromHex(kWithContexts);
  ErrorResponse error;
  ASSERT_TRUE(ErrorResponse::Decode(message, &error));
  ASSERT_EQ(error.contexts.size(), 2u);
  EXPECT_EQ(error.contexts[0].error_id, ErrorId::kDefault);
  EXPECT_EQ(ToHex(error.contexts[0].error_data), "00200000");
  EXPECT_EQ(error.contexts[1].error_id, ErrorId::kShareRedirect);
  EXPECT_EQ(ToHex(error.contexts[1].error_data), "aabbccdd");
  EXPECT_EQ(BodyHex(error), Hex(kWithContexts));
}

TEST(ErrorResponse, RejectsDataBeyondTheEnd) {
  for (const uint32_t count : {5u, 0xFFFFFFFFu}) {
    Bytes message = MessageFromHex(kWithData);
    Put32(kByteCount, count, &message);
    EXPECT_FALSE(Decodes<ErrorResponse>(message)) << count;
  }
}

TEST(ErrorResponse, RejectsMoreContextsThanTheDataHolds) {
  for (const uint8_t count : {3, 255}) {
    Bytes message = MessageFromHex(kWithContexts);
    Put8(kContextCount, count, &message);
    EXPECT_FALSE(Decodes<ErrorResponse>(message)) << int{count};
  }
}

TEST(ErrorResponse, RejectsAContextLongerThanTheData) {
  Bytes message = MessageFromHex(kWithContexts);
  Put32(kHeaderBytes + 8, 0xFFFFFFFF, &message);
  EXPECT_FALSE(Decodes<ErrorResponse>(message));
}

TEST(ErrorResponse, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kEmpty);
  Put16(kHeaderBytes, 8, &message);
  EXPECT_FALSE(Decodes<ErrorResponse>(message));
}

TEST(SymlinkError, LaysOutAsSpecified) {
  const Bytes data = FromHex(kSymlink);
  SymlinkError error;
  ASSERT_TRUE(SymlinkError::Decode(data, &error));
  EXPECT_EQ(error.unparsed_path_length, 4u);
  EXPECT_EQ(ToHex(error.substitute_name), "6200");
  EXPECT_EQ(ToHex(error.print_name), "6300");
  EXPECT_EQ(error.flags, SymlinkError::kFlagRelative);
  EXPECT_EQ(error.EncodedBytes(), data.size());
  Bytes again(64);
  Writer w(absl::MakeSpan(again));
  error.Encode(w);
  EXPECT_EQ(ToHex(w.written()), Hex(kSymlink));
}

TEST(SymlinkError, RejectsOtherTagsLengthsAndNamesOutOfBounds) {
  struct Change {
    size_t offset;
    uint16_t value;
  };
  for (const Change change : {Change{0, 29}, Change{4, 0}, Change{8, 0}, Change{12, 17},
                              Change{16, 4}, Change{18, 6}, Change{20, 0xFFFF}, Change{22, 4}}) {
    Bytes data = FromHex(kSymlink);
    Put16(change.offset, change.value, &data);
    EXPECT_FALSE(Decodes<SymlinkError>(data)) << change.offset;
  }
}

TEST(SymlinkError, RejectsEveryTruncation) {
  const Bytes data = FromHex(kSymlink);
  for (size_t length = 0; length < data.size(); ++length) {
    EXPECT_FALSE(Decodes<SymlinkError>(absl::MakeConstSpan(data).subspan(0, length))) << length;
  }
}

}  // namespace
}  // namespace sluice::proto
